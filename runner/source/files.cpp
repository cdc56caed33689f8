// SPDX-License-Identifier: Apache-2.0
#include "runner/source/files.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::source {

namespace {

namespace fs = std::filesystem;
using exec::descriptor;

constexpr int deepest_folder = 40;

std::string last_error() {
    return std::system_category().message(errno);
}

class walker {
public:
    walker(std::time_t since, const std::function<bool(std::string_view)>& wanted, const file_limits& limits,
           read_files& into)
        : since_(since), wanted_(wanted), limits_(limits), into_(into) {}

    void look(const descriptor& at, const std::string& path, int depth) {
        struct stat facts{};
        if (::fstat(at.get(), &facts) != 0) return;
        if (S_ISREG(facts.st_mode)) take(at, path, facts);
        if (S_ISDIR(facts.st_mode)) enter(at, path, depth);
    }

private:
    void enter(const descriptor& folder, const std::string& path, int depth) {
        const int own = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const std::unique_ptr<DIR, int (*)(DIR*)> all(own < 0 ? nullptr : ::fdopendir(own), ::closedir);
        if (!all) return;
        std::vector<std::string> names;
        while (const dirent* entry = ::readdir(all.get())) {
            const std::string name = entry->d_name;
            if (name == "." || name == "..") continue;
            if (++entries_ > limits_.entries) {
                into_.whole = false;
                return;
            }
            names.push_back(name);
        }
        std::ranges::sort(names);
        for (const std::string& name : names) {
            const std::string below = path.empty() ? name : path + "/" + name;
            struct stat facts{};
            if (::fstatat(folder.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
            const bool is_folder = S_ISDIR(facts.st_mode);
            if (is_folder && depth == deepest_folder) into_.whole = false;
            if (!(is_folder && depth < deepest_folder) && !(S_ISREG(facts.st_mode) && wanted_(below))) continue;
            const descriptor next(
                ::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
            if (next.get() >= 0) look(next, below, depth + 1);
        }
    }

    void take(const descriptor& file, const std::string& path, const struct stat& facts) {
        if (facts.st_mtime < since_ || !wanted_(path)) return;
        const auto size = static_cast<std::size_t>(facts.st_size);
        if (into_.files.size() == limits_.files || size > limits_.each || bytes_ + size > limits_.all) {
            into_.whole = false;
            return;
        }
        std::string bytes(size, '\0');
        std::size_t got = 0;
        while (got < bytes.size()) {
            const ssize_t n = ::read(file.get(), bytes.data() + got, bytes.size() - got);
            if (n <= 0) break;
            got += static_cast<std::size_t>(n);
        }
        bytes.resize(got);
        bytes_ += got;
        into_.files.emplace_back(path, std::move(bytes));
    }

    std::time_t since_;
    const std::function<bool(std::string_view)>& wanted_;
    const file_limits& limits_;
    read_files& into_;
    std::size_t entries_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace

result<descriptor> open_below(const fs::path& root, const std::string& named) {
    descriptor at(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (at.get() < 0)
        return failure(errc::not_found, "the files of this run are not there any more: " + root.string());
    fs::path shown;
    for (const fs::path& part : fs::path(named).relative_path()) {
        if (part.empty() || part == ".") continue;
        if (part == "..") return failure(errc::usage, "\"" + named + "\" leads out of the run's files");
        shown /= part;
        struct stat facts{};
        if (::fstatat(at.get(), part.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
            return failure(errc::not_found, "there is no " + shown.string() + " among the run's files");
        if (S_ISLNK(facts.st_mode))
            return failure(errc::usage, shown.string() + " is a link, and links are not followed");
        if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
            return failure(errc::usage, shown.string() + " is neither a file nor a folder");
        descriptor next(::openat(at.get(), part.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (next.get() < 0) return failure(errc::io, "can't open " + shown.string() + ": " + last_error());
        at.reset(next.release());
    }
    return at;
}

read_files read_below(const fs::path& root, const std::string& start, std::time_t since,
                      const std::function<bool(std::string_view path)>& wanted, const file_limits& limits) {
    read_files found;
    const auto at = open_below(root, start);
    if (!at) return found;
    std::string path;
    for (const fs::path& part : fs::path(start).relative_path())
        if (!part.empty() && part != ".") path += (path.empty() ? "" : "/") + part.string();
    walker(since, wanted, limits, found).look(*at, path, 0);
    return found;
}

}  // namespace latchkey::source
