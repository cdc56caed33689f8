// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/private_files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::cli {

namespace {

std::string os_reason() {
    return std::system_category().message(errno);
}

result<void> make_folders(const std::filesystem::path& folder) {
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
    if (errno == ENOENT && folder.has_parent_path() && folder.parent_path() != folder) {
        if (auto above = make_folders(folder.parent_path()); !above) return above;
        if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
    }
    return failure(errc::io, "can't make the folder " + folder.string() + ": " + os_reason());
}

}  // namespace

result<void> make_private_folder(const std::filesystem::path& folder) {
    if (auto made = make_folders(folder); !made) return made;
    struct stat found{};
    if (::stat(folder.c_str(), &found) != 0)
        return failure(errc::io, "can't look at " + folder.string() + ": " + os_reason());
    if (!S_ISDIR(found.st_mode))
        return failure(errc::refused, folder.string() + " is no folder: move it away or name another");
    if (found.st_uid != ::geteuid())
        return failure(errc::refused, folder.string() + " belongs to another user: name a folder of your own");
    if ((found.st_mode & 077U) != 0)
        return failure(errc::refused, folder.string() + " is open to other users: run chmod 700 " + folder.string());
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        return failure(errc::io, "can't write in the folder " + folder.string() + ": " + os_reason());
    return {};
}

bool flush_folder(const std::filesystem::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool good = fd >= 0 && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    return good;
}

result<new_private_file> new_private_file::make(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) return new_private_file(path, fd);
    if (errno == EEXIST)
        return failure(errc::conflict, path.string() + " is there already: remove it, or name another file");
    return failure(errc::io, "can't make the file " + path.string() + ": " + os_reason());
}

new_private_file::new_private_file(new_private_file&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), kept_(std::exchange(other.kept_, true)) {}

new_private_file::~new_private_file() {
    if (fd_ >= 0) ::close(fd_);
    if (!kept_) ::unlink(path_.c_str());
}

result<void> new_private_file::write(std::string_view text) {
    const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
    const bool written = ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (written && ::fsync(fd_) == 0 && flush_folder(folder)) return {};
    return failure(errc::io, "can't write " + path_.string() + ": " + os_reason());
}

result<process_lock> process_lock::take(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return failure(errc::io, "can't open " + file.string() + ": " + os_reason());
    process_lock lock(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char holder[32] = {};
        const ssize_t n = ::pread(fd, holder, sizeof holder - 1, 0);
        const std::string who(holder, n > 0 ? static_cast<std::size_t>(n) : 0);
        return failure(errc::conflict, "process " + who.substr(0, who.find('\n')));
    }
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return failure(errc::io, "can't write " + file.string() + ": " + os_reason());
    return lock;
}

process_lock::process_lock(process_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

process_lock::~process_lock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace latchkey::cli
