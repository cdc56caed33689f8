// SPDX-License-Identifier: Apache-2.0
#include "runner/native/build_context.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t piece_size = 256UL * 1024;
constexpr auto dockerfile_elsewhere = ".latchkey.Dockerfile";

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        if (slash > at && path.substr(at, slash - at) != ".") parts.emplace_back(path.substr(at, slash - at));
        at = slash + 1;
    }
    return parts;
}

// The pattern matches the path or a folder above it. Which beginnings of the path the pattern's parts so far match is
// kept for all at once: many `**` cost their number, not its power.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    std::vector<bool> reached(path.size() + 1, false);
    reached[0] = true;
    for (std::size_t p = 0; p < pattern.size(); ++p) {
        std::vector<bool> next(path.size() + 1, false);
        const bool any = pattern[p] == "**";
        // At the pattern's end it stands for something: `a/**` is not `a`.
        const bool last = p + 1 == pattern.size();
        for (std::size_t at = 0; at <= path.size(); ++at) {
            if (any && ((reached[at] && !last) || (at > 0 && (next[at - 1] || reached[at - 1])))) next[at] = true;
            if (!any && at > 0 && reached[at - 1] && ::fnmatch(pattern[p].c_str(), path[at - 1].c_str(), 0) == 0)
                next[at] = true;
        }
        reached = std::move(next);
    }
    return std::ranges::find(reached, true) != reached.end();
}

std::vector<std::string> lines_of(const fs::path& file) {
    std::vector<std::string> lines;
    std::ifstream in(file, std::ios::binary);
    for (std::string line; std::getline(in, line);) {
        while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.pop_back();
        if (!line.empty() && line.front() != '#') lines.push_back(std::move(line));
    }
    return lines;
}

struct close_file {
    int fd = -1;
    close_file() = default;
    explicit close_file(int f) : fd(f) {}
    close_file(const close_file&) = delete;
    close_file& operator=(const close_file&) = delete;
    ~close_file() {
        if (fd >= 0) ::close(fd);
    }
};

}  // namespace

bool ignored(const std::vector<std::string>& lines, const std::string& path) {
    const auto parts = parts_of(path);
    bool out = false;
    for (const std::string& line : lines) {
        const bool takes_back = line.starts_with("!");
        const auto pattern = parts_of(std::string_view(line).substr(takes_back ? 1 : 0));
        if (!pattern.empty() && matches(pattern, parts)) out = !takes_back;
    }
    return out;
}

struct build_context::impl {
    struct item {
        fs::path file;
        std::string name;
    };
    std::vector<item> items;
    std::size_t at = 0;
    std::string dockerfile;
    std::string bytes;  // written, not yet given out
    std::string given;
    std::string piece = std::string(piece_size, '\0');
    archive* tar = nullptr;
    std::unique_ptr<close_file> open;
    std::uint64_t left = 0;
    bool closed = false;

    impl() = default;
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;
    ~impl() {
        if (tar != nullptr) archive_write_free(tar);
    }

    static la_ssize_t take(archive*, void* self, const void* data, std::size_t size) {
        static_cast<impl*>(self)->bytes.append(static_cast<const char*>(data), size);
        return static_cast<la_ssize_t>(size);
    }

    failure failed(const std::string& name) const {
        const char* why = archive_error_string(tar);
        return failure(errc::io, "can't archive " + name + ": " + (why != nullptr ? why : "it can't be written"));
    }

    result<void> begin(const item& i) {
        struct stat facts{};
        // A link stays a link; a file is opened first, so that its size is that of what is read.
        open = std::make_unique<close_file>(::open(i.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        const bool is_link = open->fd < 0 && ::lstat(i.file.c_str(), &facts) == 0 && S_ISLNK(facts.st_mode);
        if (!is_link && (open->fd < 0 || ::fstat(open->fd, &facts) != 0))
            return failure(errc::io, "can't read " + i.name + " for the image");
        const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
        archive_entry_set_pathname(entry.get(), i.name.c_str());
        archive_entry_copy_stat(entry.get(), &facts);
        // An image does not depend on who built it.
        archive_entry_set_uid(entry.get(), 0);
        archive_entry_set_gid(entry.get(), 0);
        if (is_link) {
            std::error_code ec;
            archive_entry_set_symlink(entry.get(), fs::read_symlink(i.file, ec).c_str());
        }
        left = S_ISREG(facts.st_mode) ? static_cast<std::uint64_t>(facts.st_size) : 0;
        if (archive_write_header(tar, entry.get()) != ARCHIVE_OK) return failed(i.name);
        return {};
    }

    result<void> step() {
        if (left > 0) {
            const ssize_t n = ::read(open->fd, piece.data(), std::min<std::uint64_t>(left, piece.size()));
            if (n <= 0) return failure(errc::io, items[at - 1].name + " became shorter while it was read");
            left -= static_cast<std::uint64_t>(n);
            if (archive_write_data(tar, piece.data(), static_cast<std::size_t>(n)) != n)
                return failed(items[at - 1].name);
            return {};
        }
        if (at < items.size()) return begin(items[at++]);
        closed = true;
        if (archive_write_close(tar) != ARCHIVE_OK) return failed("the image's files");
        return {};
    }
};

build_context::build_context(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
build_context::build_context(build_context&&) noexcept = default;
build_context::~build_context() = default;

result<build_context> build_context::open(const fs::path& folder, const fs::path& dockerfile) {
    std::error_code ec;
    if (!fs::is_regular_file(dockerfile, ec))
        return failure(errc::invalid, "there is no Dockerfile at " + dockerfile.string());
    if (!fs::is_directory(folder, ec)) return failure(errc::invalid, "there is no folder " + folder.string());
    auto i = std::make_unique<impl>();
    const fs::path from = dockerfile.lexically_relative(folder);
    const bool inside = !from.empty() && *from.begin() != "..";
    i->dockerfile = inside ? from.string() : dockerfile_elsewhere;
    if (!inside) i->items.push_back({dockerfile, dockerfile_elsewhere});
    const auto lines = lines_of(folder / ".dockerignore");
    for (fs::recursive_directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
        const std::string name = it->path().lexically_relative(folder).string();
        const auto type = it->symlink_status(ec).type();
        const bool wanted =
            type == fs::file_type::regular || type == fs::file_type::symlink || type == fs::file_type::directory;
        if (wanted && (name == i->dockerfile || !ignored(lines, name))) i->items.push_back({it->path(), name});
    }
    if (ec) return failure(errc::io, "can't list " + folder.string() + ": " + ec.message());
    std::ranges::sort(i->items, {}, &impl::item::name);
    i->tar = archive_write_new();
    archive_write_set_format_pax_restricted(i->tar);
    archive_write_set_bytes_in_last_block(i->tar, 1);
    if (archive_write_open(i->tar, i.get(), nullptr, impl::take, nullptr) != ARCHIVE_OK)
        return i->failed("the image's files");
    return build_context(std::move(i));
}

const std::string& build_context::dockerfile() const {
    return impl_->dockerfile;
}
std::size_t build_context::files() const {
    return impl_->items.size();
}

result<std::string_view> build_context::next() {
    impl& i = *impl_;
    while (i.bytes.size() < piece_size && !i.closed)
        if (auto done = i.step(); !done) return done.error();
    i.given = std::exchange(i.bytes, {});
    return std::string_view(i.given);
}

}  // namespace latchkey::native
