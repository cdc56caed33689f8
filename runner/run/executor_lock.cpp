// SPDX-License-Identifier: Apache-2.0
#include "runner/run/executor_lock.hpp"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/file.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::run {

namespace {

std::filesystem::path lock_file(const std::filesystem::path& run_folder) {
    return run_folder / "lock";
}

class opened {
public:
    explicit opened(int fd) : fd(fd) {}
    ~opened() {
        if (fd >= 0) ::close(fd);
    }
    opened(const opened&) = delete;
    opened& operator=(const opened&) = delete;
    const int fd;
};

// Whether some process holds the lock of this open file.
bool is_held(int fd) {
    if (::flock(fd, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
    ::flock(fd, LOCK_UN);
    return false;
}

}  // namespace

result<executor_lock> executor_lock::take(const std::filesystem::path& run_folder, const std::string& mark) {
    std::error_code ec;
    std::filesystem::create_directories(run_folder, ec);
    std::filesystem::permissions(run_folder, std::filesystem::perms::owner_all, ec);
    const std::string file = lock_file(run_folder).string();
    const auto can_not = [&file](const char* what) {
        return failure(errc::io,
                       std::string("can't ") + what + " " + file + ": " + std::system_category().message(errno));
    };
    for (;;) {
        int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno != ENOENT) return can_not("open");
        // A lock that can be seen is held: who finds one free knows that its executor is dead.
        const bool is_new = fd < 0;
        std::string made;
        if (is_new) {
            static std::atomic<unsigned> count{0};
            made = file + "." + std::to_string(::getpid()) + "." + std::to_string(++count);
            fd = ::open(made.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
            if (fd < 0) return can_not("make");
        }
        executor_lock lock(fd);
        if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return failure(errc::conflict, "another process executes this run");
        const std::string pid = std::to_string(::getpid()) + "\n" + mark + "\n";
        const bool written =
            ::ftruncate(fd, 0) == 0 && ::pwrite(fd, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
        if (!is_new) return written ? result<executor_lock>(std::move(lock)) : can_not("write");
        const bool in_place = written && ::link(made.c_str(), file.c_str()) == 0;
        const int error = errno;
        ::unlink(made.c_str());
        if (in_place) return lock;
        errno = error;
        if (error != EEXIST) return can_not("write");
    }
}

std::string executor_lock::mark_in(const std::filesystem::path& run_folder) {
    std::ifstream file(lock_file(run_folder));
    std::string pid;
    std::string mark;
    std::getline(file, pid);
    std::getline(file, mark);
    return mark;
}

bool executor_lock::exists(const std::filesystem::path& run_folder) {
    std::error_code ec;
    return std::filesystem::exists(lock_file(run_folder), ec);
}

executor_lock::executor_lock(executor_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

executor_lock& executor_lock::operator=(executor_lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

executor_lock::~executor_lock() {
    if (fd_ >= 0) ::close(fd_);
}

result<void> ask_executor_to_stop(const std::filesystem::path& run_folder) {
    const auto nobody = [] { return failure(errc::not_found, "no process executes this run"); };
    const opened file(::open(lock_file(run_folder).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    char text[32] = {};
    if (file.fd < 0 || ::pread(file.fd, text, sizeof text - 1, 0) <= 0) return nobody();
    const pid_t pid = std::atoi(text);
    if (pid <= 1) return nobody();
    // First hold the process, then see that it still holds the lock: a number that was used again can't be hit.
    const opened process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (process.fd < 0 || !is_held(file.fd)) return nobody();
    if (::syscall(SYS_pidfd_send_signal, process.fd, SIGTERM, nullptr, 0) != 0)
        return failure(errc::io, "can't signal the process " + std::to_string(pid) +
                                     " that executes this run: " + std::system_category().message(errno));
    return {};
}

}  // namespace latchkey::run
