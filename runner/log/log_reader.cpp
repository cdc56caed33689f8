// SPDX-License-Identifier: Apache-2.0
#include "runner/log/log_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::log {

namespace {

constexpr std::size_t block = 1U << 18U;

failure unreadable(const std::filesystem::path& file) {
    return {errc::io, "can't read the log " + file.string() + ": " + std::system_category().message(errno)};
}

}  // namespace

result<std::size_t> log_reader::read_at(char* to, std::size_t size, std::uint64_t offset) const {
    if (elsewhere_) return elsewhere_->read(to, size, offset);
    for (;;) {
        const ssize_t n = ::pread(fd_, to, size, static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return unreadable(file_);
        return static_cast<std::size_t>(n);
    }
}

result<log_reader> log_reader::open(const std::filesystem::path& file) {
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        failure f = unreadable(file);
        if (errno == ENOENT) f.code = errc::not_found;
        return f;
    }
    return log_reader(fd, file);
}

log_reader::log_reader(std::unique_ptr<log_source> elsewhere) : elsewhere_(std::move(elsewhere)) {}

log_reader::log_reader(log_reader&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      watch_(std::exchange(other.watch_, -1)),
      file_(std::move(other.file_)),
      elsewhere_(std::move(other.elsewhere_)),
      offset_(other.offset_),
      indexed_to_(other.indexed_to_),
      lines_(other.lines_),
      ends_in_line_(other.ends_in_line_),
      starts_(std::move(other.starts_)) {}

log_reader& log_reader::operator=(log_reader&& other) noexcept {
    log_reader moved(std::move(other));
    std::swap(fd_, moved.fd_);
    std::swap(watch_, moved.watch_);
    std::swap(file_, moved.file_);
    std::swap(elsewhere_, moved.elsewhere_);
    std::swap(offset_, moved.offset_);
    std::swap(indexed_to_, moved.indexed_to_);
    std::swap(lines_, moved.lines_);
    std::swap(ends_in_line_, moved.ends_in_line_);
    std::swap(starts_, moved.starts_);
    return *this;
}

log_reader::~log_reader() {
    if (fd_ >= 0) ::close(fd_);
    if (watch_ >= 0) ::close(watch_);
}

result<std::string> log_reader::next(std::size_t most) {
    std::string bytes(most, '\0');
    const auto n = read_at(bytes.data(), bytes.size(), offset_);
    if (!n) return n.error();
    bytes.resize(*n);
    offset_ += *n;
    return bytes;
}

result<void> log_reader::index() {
    std::vector<char> buffer(block);
    for (;;) {
        const auto n = read_at(buffer.data(), buffer.size(), indexed_to_);
        if (!n) return n.error();
        if (*n == 0) return {};
        const char* at = buffer.data();
        const char* const end = at + *n;
        while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
            at = static_cast<const char*>(found) + 1;
            if (++lines_ % lines_an_entry == 0)
                starts_.push_back(indexed_to_ + static_cast<std::uint64_t>(at - buffer.data()));
        }
        ends_in_line_ = at == end;
        indexed_to_ += *n;
    }
}

result<std::uint64_t> log_reader::count_lines() {
    if (auto done = index(); !done) return done.error();
    return lines_ + (ends_in_line_ ? 0U : 1U);
}

result<std::uint64_t> log_reader::size() const {
    if (elsewhere_) return elsewhere_->size();
    struct stat facts{};
    if (::fstat(fd_, &facts) != 0) return unreadable(file_);
    return static_cast<std::uint64_t>(facts.st_size);
}

result<std::string> log_reader::bytes(std::uint64_t from, std::size_t most) const {
    std::string out(most, '\0');
    const auto n = read_at(out.data(), out.size(), from);
    if (!n) return n.error();
    out.resize(*n);
    return out;
}

bool log_reader::is_at(const std::filesystem::path& file) const {
    struct stat mine{};
    struct stat there{};
    return ::fstat(fd_, &mine) == 0 && ::lstat(file.c_str(), &there) == 0 && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

result<std::string> log_reader::last_lines(std::uint64_t count, std::size_t most) {
    const auto all = size();
    if (!all) return all.error();
    std::string out(static_cast<std::size_t>(std::min<std::uint64_t>(*all, most)), '\0');
    std::size_t got = 0;
    while (got < out.size()) {
        const auto n = read_at(out.data() + got, out.size() - got, *all - out.size() + got);
        if (!n) return n.error();
        if (*n == 0) break;
        got += *n;
    }
    out.resize(got);
    std::size_t begin = out.size();
    for (std::uint64_t found = 0; begin > 0; --begin)
        if (out[begin - 1] == '\n' && begin != out.size() && ++found == count) break;
    return out.substr(begin);
}

result<std::string> log_reader::lines(std::uint64_t first, std::uint64_t count, std::size_t most) {
    if (auto done = index(); !done) return done.error();
    std::string out;
    if (first == 0 || count == 0 || (first - 1) / lines_an_entry >= starts_.size()) return out;
    std::uint64_t offset = starts_[(first - 1) / lines_an_entry];
    std::uint64_t to_skip = (first - 1) % lines_an_entry;
    std::vector<char> buffer(block);
    while (count > 0 && out.size() < most) {
        const auto n = read_at(buffer.data(), buffer.size(), offset);
        if (!n) return n.error();
        if (*n == 0) return out;
        offset += *n;
        std::string_view rest(buffer.data(), *n);
        while (!rest.empty() && count > 0) {
            const std::size_t end = rest.find('\n');
            const std::string_view line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
            rest.remove_prefix(line.size());
            if (to_skip == 0) out += line;
            if (end == std::string_view::npos) continue;
            if (to_skip > 0)
                --to_skip;
            else
                --count;
        }
    }
    if (out.size() > most) out.resize(most);
    return out;
}

bool log_reader::wait(std::chrono::milliseconds time) {
    if (elsewhere_) return false;
    if (watch_ < 0) {
        watch_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (watch_ >= 0) ::inotify_add_watch(watch_, file_.c_str(), IN_MODIFY | IN_CLOSE_WRITE);
        return true;  // it may have grown before we watched
    }
    pollfd p{watch_, POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(time.count())) <= 0) return false;
    char events[4096];
    while (::read(watch_, events, sizeof events) > 0) {
    }
    return true;
}

}  // namespace latchkey::log
