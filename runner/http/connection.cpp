// SPDX-License-Identifier: Apache-2.0
#include "runner/http/connection.hpp"

#include <boost/asio/write.hpp>

namespace latchkey::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class tcp_connection final : public connection {
public:
    explicit tcp_connection(tcp::socket socket) : socket_(std::move(socket)) {
        error_code ignored;
        const auto from = socket_.remote_endpoint(ignored);
        peer_ = from.address().to_string();
        socket_.set_option(tcp::no_delay(true), ignored);
    }

    async::task<error_code> begin() override { co_return error_code(); }

    async::task<std::size_t> read_some(asio::mutable_buffer into, error_code& ec) override {
        const auto [error, n] = co_await socket_.async_read_some(into, async::nothrow);
        ec = error;
        co_return n;
    }

    async::task<> write(std::array<asio::const_buffer, 2> bytes, error_code& ec) override {
        const auto [error, n] = co_await asio::async_write(socket_, bytes, async::nothrow);
        ec = error;
    }

    async::task<> end() override {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        socket_.close(ignored);
        co_return;
    }

    void abort() override {
        error_code ignored;
        socket_.close(ignored);
    }
    bool secure() const override { return false; }
    std::string peer() const override { return peer_; }

private:
    tcp::socket socket_;
    std::string peer_;
};

}  // namespace

std::unique_ptr<connection> plain_connection(tcp::socket socket) {
    return std::make_unique<tcp_connection>(std::move(socket));
}

}  // namespace latchkey::http
