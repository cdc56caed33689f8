// SPDX-License-Identifier: Apache-2.0
//
// A bare server of Boost.Beast that says hello to everything: what our own is measured against. Prints its port.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <iostream>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

asio::awaitable<void> talk(boost::beast::tcp_stream stream) {
    boost::beast::flat_buffer buffer;
    try {
        for (;;) {
            http::request<http::string_body> request;
            co_await http::async_read(stream, buffer, request, asio::use_awaitable);
            http::response<http::string_body> response(http::status::ok, request.version());
            response.set(http::field::content_type, "text/plain");
            response.keep_alive(request.keep_alive());
            response.body() = "hello";
            response.prepare_payload();
            co_await http::async_write(stream, response, asio::use_awaitable);
            if (!response.keep_alive()) co_return;
        }
    } catch (const boost::system::system_error&) {
        // The peer has gone.
    }
}

asio::awaitable<void> listen(asio::ip::tcp::acceptor& acceptor, asio::io_context& loop) {
    for (;;) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        const auto gone = [](const std::exception_ptr&) {};
        asio::co_spawn(loop, talk(boost::beast::tcp_stream(std::move(socket))), gone);
    }
}

}  // namespace

int main() {
    asio::io_context loop(1);
    asio::ip::tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
    std::cout << acceptor.local_endpoint().port() << std::endl;
    asio::co_spawn(loop, listen(acceptor, loop), [](const std::exception_ptr&) {});
    loop.run();
}
