// SPDX-License-Identifier: Apache-2.0
#include "runner/log/log_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::log {

namespace {

std::string last_error() {
    return std::system_category().message(errno);
}

// The folder and those above it that are missing, for nobody but us.
bool make_private_folder(const std::filesystem::path& folder) {
    if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return true;
    return errno == ENOENT && folder.has_parent_path() && make_private_folder(folder.parent_path()) &&
           (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST);
}

}  // namespace

result<log_writer> log_writer::create(const std::filesystem::path& file, std::uint64_t most_bytes) {
    const auto refused = [&file] {
        return failure(errc::io, "can't make the log " + file.string() + ": " + last_error());
    };
    const std::filesystem::path folder = file.parent_path();
    // It is there already for all actions of an attempt but the first.
    if (::access(folder.c_str(), W_OK) != 0 && (!make_private_folder(folder) || ::access(folder.c_str(), W_OK) != 0))
        return refused();
    struct stat facts{};
    if (::lstat(file.c_str(), &facts) == 0) errno = EEXIST;
    if (errno != ENOENT) return refused();
    return log_writer(file, most_bytes);
}

log_writer::log_writer(log_writer&& other) noexcept
    : file_(std::move(other.file_)),
      fd_(std::exchange(other.fd_, -1)),
      most_(other.most_),
      size_(other.size_),
      dropped_(other.dropped_) {}

log_writer& log_writer::operator=(log_writer&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(fd_, other.fd_);
    std::swap(most_, other.most_);
    std::swap(size_, other.size_);
    std::swap(dropped_, other.dropped_);
    return *this;
}

log_writer::~log_writer() {
    if (fd_ >= 0) ::close(fd_);
}

result<void> log_writer::write(const masked_bytes& bytes) {
    const std::string_view all = bytes.view();
    if (dropped_ > 0) {
        dropped_ += all.size();
        return {};
    }
    const std::string_view fitting =
        all.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(all.size(), most_ - size_)));
    if (auto written = append(fitting); !written) return written;
    size_ += fitting.size();
    if (fitting.size() == all.size()) return {};
    dropped_ = all.size() - fitting.size();
    return append("\n[latchkey: the log ends here: it has reached its limit of " + std::to_string(most_) +
                  " bytes; the action goes on, what it prints is not kept]\n");
}

result<void> log_writer::append(std::string_view bytes) {
    if (fd_ < 0 && !bytes.empty()) {
        fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd_ < 0) return failure(errc::io, "can't make the log " + file_.string() + ": " + last_error());
    }
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return failure(errc::io, "can't write a log: " + last_error());
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

std::filesystem::path log_path(const std::filesystem::path& runs, std::int64_t run, int attempt, int action) {
    return runs / std::to_string(run) / std::to_string(attempt) / (std::to_string(action) + ".log");
}

}  // namespace latchkey::log
