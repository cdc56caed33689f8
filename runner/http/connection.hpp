// SPDX-License-Identifier: Apache-2.0
//
// One peer's connection, over TCP or TLS, behind one small interface: only the files that make one see the heavy
// headers of its stream. Lives on one loop. Owner: its session in server.cpp.
#pragma once

#include "runner/async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace latchkey::http {

class connection {
public:
    using clock = std::chrono::steady_clock;

    virtual ~connection() = default;
    // Before anything else: what TLS does first.
    virtual async::task<boost::system::error_code> begin() = 0;
    virtual async::task<std::size_t> read_some(boost::asio::mutable_buffer, boost::system::error_code&) = 0;
    virtual async::task<> write(std::array<boost::asio::const_buffer, 2>, boost::system::error_code&) = 0;
    // Says goodbye where there is time for it, then closes.
    virtual async::task<> end() = 0;
    // Ends whatever waits on it. Harmless twice.
    virtual void abort() = 0;
    virtual bool secure() const = 0;
    virtual std::string peer() const = 0;

    // When the server is to abort it, unless it is moved on.
    void expires_after(clock::duration d) { deadline_ = clock::now() + d; }
    clock::time_point deadline() const { return deadline_; }
    // Between two requests nobody misses it.
    void set_idle(bool idle) { idle_ = idle; }
    bool idle() const { return idle_; }

private:
    clock::time_point deadline_ = clock::time_point::max();
    bool idle_ = false;
};

std::unique_ptr<connection> plain_connection(boost::asio::ip::tcp::socket);

}  // namespace latchkey::http
