// SPDX-License-Identifier: Apache-2.0
//
// Tells whether any process still holds it open, without looking for processes. Scripts hold it by `exec 9>alive`.
// Owner: a test case; one thread.
#pragma once

#include "runner/async/task.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::test {

class lifeline {
public:
    explicit lifeline(const std::filesystem::path& folder) : path_(folder / "alive") {
        REQUIRE_EQ(::mkfifo(path_.c_str(), 0600), 0);
        fd_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        REQUIRE_GE(fd_, 0);
    }
    lifeline(const lifeline&) = delete;
    lifeline& operator=(const lifeline&) = delete;
    ~lifeline() {
        ::close(fd_);
        std::filesystem::remove(path_);
    }
    bool held() const {
        char byte = 0;
        return ::read(fd_, &byte, 1) != 0;
    }
    // Until nobody does. Once somebody has.
    async::task<> gone() const {
        boost::asio::posix::stream_descriptor end(co_await boost::asio::this_coro::executor, ::dup(fd_));
        while (held()) co_await end.async_wait(boost::asio::posix::descriptor_base::wait_read, async::nothrow);
    }

private:
    std::filesystem::path path_;
    int fd_ = -1;
};

}  // namespace latchkey::test
