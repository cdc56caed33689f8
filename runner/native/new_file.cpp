// SPDX-License-Identifier: Apache-2.0
#include "runner/native/new_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace latchkey::native {

namespace {

std::string beside(const std::string& name) {
    return "." + name.substr(0, 200) + ".latchkey";
}

// The folder `name` in `folder`, which is closed; -1: it is a link, or no folder.
int step_into(int folder, const std::string& name) {
    const bool made = ::mkdirat(folder, name.c_str(), 0755) == 0 || errno == EEXIST;
    const int next = made ? ::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    ::close(folder);
    return next;
}

}  // namespace

bool is_git_name(std::string_view name) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    while (name.ends_with('.') || name.ends_with(' ')) name.remove_suffix(1);
    return std::ranges::equal(name, std::string_view(".git"), {}, lower);
}

bool is_safe_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.size() <= 255 && !is_git_name(name) &&
           std::ranges::none_of(
               name, [](char c) { return c == '/' || static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

result<new_file> new_file::create(const std::filesystem::path& root, const std::string& path) {
    std::error_code ec;
    std::filesystem::create_directories(root, ec);
    int folder = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) return failure(errc::io, "can't open the folder " + root.filename().string());
    for (std::size_t at = 0;;) {
        const std::size_t slash = path.find('/', at);
        const std::string name = path.substr(at, slash == std::string::npos ? slash : slash - at);
        if (!is_safe_name(name)) {
            ::close(folder);
            return failure(errc::refused, "a file can't have the name \"" + path + "\" in the workspace");
        }
        if (slash == std::string::npos) {
            ::unlinkat(folder, beside(name).c_str(), 0);
            const int file =
                ::openat(folder, beside(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
            if (file >= 0) return new_file(folder, file, name);
            const int error = errno;
            ::close(folder);
            return failure(errc::io, "can't write " + path + ": " + std::strerror(error));
        }
        folder = step_into(folder, name);
        if (folder < 0)
            return failure(errc::refused,
                           "can't write " + path + ": \"" + name + "\" on its way is a link, or no folder");
        at = slash + 1;
    }
}

new_file::new_file(new_file&& o) noexcept
    : folder_(std::exchange(o.folder_, -1)), file_(std::exchange(o.file_, -1)), name_(std::move(o.name_)) {}

new_file::~new_file() {
    if (file_ >= 0) {
        ::close(file_);
        ::unlinkat(folder_, beside(name_).c_str(), 0);
    }
    if (folder_ >= 0) ::close(folder_);
}

bool new_file::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(file_, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool new_file::is_there() const {
    struct stat facts{};
    return ::fstatat(folder_, name_.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0;
}

result<new_file::outcome> new_file::keep(bool replace, unsigned mode) {
    const bool whole = ::fchmod(file_, mode) == 0 && ::close(std::exchange(file_, -1)) == 0;
    const std::string temporary = beside(name_);
    if (whole && ::renameat2(folder_, temporary.c_str(), folder_, name_.c_str(), replace ? 0 : RENAME_NOREPLACE) == 0)
        return outcome::kept;
    const int error = errno;
    ::unlinkat(folder_, temporary.c_str(), 0);
    if (whole && !replace && error == EEXIST) return outcome::was_there;
    return failure(errc::io, "can't write " + name_ + ": " + std::strerror(error));
}

}  // namespace latchkey::native
