// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/local_objects.hpp"

#include "runner/objects/object_file.hpp"
#include "runner/objects/object_key.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::objects {

namespace {

namespace fs = std::filesystem;

// What is being written; no key names anything in it.
constexpr const char* making = ".making";

failure can_not(const char* do_what, const fs::path& path) {
    return {errc::io,
            std::string("can't ") + do_what + " " + path.string() + ": " + std::system_category().message(errno)};
}

bool make_private_folders(const fs::path& folder) {
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return true;
    return errno == ENOENT && folder.has_parent_path() && make_private_folders(folder.parent_path()) &&
           (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST);
}

bool flush(const fs::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = fd >= 0 && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    return done;
}

bool write_all(int fd, const char* bytes, std::size_t size) {
    while (size > 0) {
        const ssize_t n = ::write(fd, bytes, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

// A file without its name yet: gone unless it was put in its place.
class unfinished_file {
public:
    explicit unfinished_file(const fs::path& folder) : path_((folder / "XXXXXX").string()) {
        fd_ = ::mkostemp(path_.data(), O_CLOEXEC);
    }
    ~unfinished_file() {
        if (fd_ < 0) return;
        ::close(fd_);
        if (!path_.empty()) ::unlink(path_.c_str());
    }
    unfinished_file(const unfinished_file&) = delete;
    unfinished_file& operator=(const unfinished_file&) = delete;

    int fd() const { return fd_; }
    bool put_in_place(const fs::path& target) {
        if (::fsync(fd_) != 0 || ::rename(path_.c_str(), target.c_str()) != 0) return false;
        path_.clear();
        return flush(target.parent_path());
    }

private:
    std::string path_;
    int fd_ = -1;
};

class local_objects final : public object_store {
public:
    explicit local_objects(fs::path folder) : folder_(std::move(folder)), place_("file:" + folder_.string()) {}

    const std::string& place() const override { return place_; }

    result<std::uint64_t> put(const std::string& key, const fs::path& file) override {
        if (!is_object_key(key)) return no_key(key);
        auto from = object_file::open(file);
        if (!from) return from.error();
        const fs::path target = folder_ / key;
        if (!make_private_folders(target.parent_path())) return can_not("make", target.parent_path());
        unfinished_file made(folder_ / making);
        if (made.fd() < 0) return can_not("write into", folder_ / making);
        std::array<char, 64UL * 1024> buffer{};
        for (;;) {
            auto n = from->read(buffer.data(), buffer.size());
            if (!n) return n.error();
            if (*n == 0) break;
            if (!write_all(made.fd(), buffer.data(), *n)) return can_not("write", target);
        }
        if (!made.put_in_place(target)) return can_not("write", target);
        return from->size();
    }

    result<std::string> get(const std::string& key, std::uint64_t from, std::size_t most) override {
        if (!is_object_key(key)) return no_key(key);
        const fs::path path = folder_ / key;
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno == ENOENT) return failure(errc::not_found, "there is no " + key + " in " + place_);
        std::string bytes(most, '\0');
        ssize_t n = -1;
        do {
            n = fd < 0 ? -1 : ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(from));
        } while (n < 0 && errno == EINTR);
        const int error = errno;
        if (fd >= 0) ::close(fd);
        errno = error;
        if (n < 0) return can_not("read", path);
        bytes.resize(static_cast<std::size_t>(n));
        return bytes;
    }

    result<void> remove(const std::string& key) override {
        if (!is_object_key(key)) return no_key(key);
        if (::unlink((folder_ / key).c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
            return can_not("remove", folder_ / key);
        // Folders that hold nothing any more; one that gets something meanwhile stays.
        for (fs::path above = fs::path(key).parent_path(); !above.empty(); above = above.parent_path())
            if (::rmdir((folder_ / above).c_str()) != 0) break;
        return {};
    }

    result<std::vector<object>> list(const std::string& prefix, const std::string& after, std::size_t most) override {
        if (!is_key_prefix(prefix) || !(after.empty() || is_object_key(after))) return no_key_prefix(prefix);
        std::vector<object> found;
        std::error_code ec;
        const fs::path base = folder_ / prefix.substr(0, prefix.rfind('/') + 1);
        for (fs::recursive_directory_iterator at(base, ec), end; !ec && at != end; at.increment(ec)) {
            const std::string key = at->path().lexically_relative(folder_).string();
            std::error_code gone;
            if (!at->is_regular_file(gone) || at->is_symlink(gone)) continue;
            if (!is_object_key(key) || !key.starts_with(prefix) || key <= after) continue;
            const auto size = at->file_size(gone);
            if (!gone) found.push_back({key, size});
        }
        if (ec && ec != std::errc::no_such_file_or_directory)
            return failure(errc::io, "can't read " + base.string() + ": " + ec.message());
        std::ranges::sort(found, {}, &object::key);
        if (found.size() > most) found.resize(most);
        return found;
    }

private:
    fs::path folder_;
    std::string place_;
};

}  // namespace

result<std::unique_ptr<object_store>> open_local_objects(const fs::path& folder) {
    if (!make_private_folders(folder / making)) return can_not("make", folder / making);
    return std::unique_ptr<object_store>(std::make_unique<local_objects>(folder));
}

}  // namespace latchkey::objects
