// SPDX-License-Identifier: Apache-2.0
//
// A file descriptor with one owner, closed with it; -1 is none.
// One thread at a time, as the owner's.
#pragma once

#include <unistd.h>
#include <utility>

namespace latchkey::exec {

class descriptor {
public:
    explicit descriptor(int fd = -1) : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(other.release()) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~descriptor() { reset(); }

    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }

private:
    int fd_;
};

}  // namespace latchkey::exec
