// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/object_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::objects {

result<object_file> object_file::open(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return failure(errno == ENOENT ? errc::not_found : errc::io,
                       "can't read " + path.string() + ": " + std::system_category().message(errno));
    struct stat facts{};
    if (::fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        ::close(fd);
        return failure(errc::io, path.string() + " is no plain file");
    }
    return object_file(path, fd, static_cast<std::uint64_t>(facts.st_size));
}

object_file::object_file(object_file&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), size_(other.size_), at_(other.at_) {}

object_file::~object_file() {
    if (fd_ >= 0) ::close(fd_);
}

result<std::size_t> object_file::read(char* into, std::size_t most) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(most, size_ - at_));
    for (;;) {
        const ssize_t n = ::pread(fd_, into, wanted, static_cast<off_t>(at_));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0)
            return failure(errc::io, "can't read " + path_.string() + ": " + std::system_category().message(errno));
        at_ += static_cast<std::uint64_t>(n);
        return static_cast<std::size_t>(n);
    }
}

}  // namespace latchkey::objects
