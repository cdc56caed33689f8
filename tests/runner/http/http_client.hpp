// SPDX-License-Identifier: Apache-2.0
//
// A peer as the server sees one: bytes in, bytes out, no understanding of HTTP. One coroutine.
#pragma once

#include "runner/async/task.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::test {

class http_client {
public:
    http_client(boost::asio::any_io_executor executor, std::uint16_t port) : socket_(std::move(executor)) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

    async::task<bool> say(std::string bytes) {
        const auto [ec, n] = co_await boost::asio::async_write(socket_, boost::asio::buffer(bytes), async::nothrow);
        co_return !ec;
    }

    // Up to and with `end`; what the peer said if it hangs up before.
    async::task<std::string> hear_until(std::string end) {
        for (;;) {
            const std::size_t at = heard_.find(end);
            if (at != std::string::npos) {
                std::string out = heard_.substr(0, at + end.size());
                heard_.erase(0, out.size());
                co_return out;
            }
            std::array<char, 4096> buffer{};
            const auto [ec, n] = co_await socket_.async_read_some(boost::asio::buffer(buffer), async::nothrow);
            if (ec) co_return std::exchange(heard_, "");
            heard_.append(buffer.data(), n);
        }
    }
    // Until the peer hangs up.
    async::task<std::string> hear_all() { co_return co_await hear_until(std::string("\0never\0", 7)); }

    boost::asio::ip::tcp::socket& socket() { return socket_; }

private:
    boost::asio::ip::tcp::socket socket_;
    std::string heard_;
};

}  // namespace latchkey::test
