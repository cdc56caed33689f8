// SPDX-License-Identifier: Apache-2.0
#include "runner/http/tls.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <sys/stat.h>

namespace latchkey::http {

namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

class tls_connection final : public connection {
public:
    tls_connection(tcp::socket socket, std::shared_ptr<ssl::context> context)
        : context_(std::move(context)), stream_(std::move(socket), *context_) {
        error_code ignored;
        peer_ = stream_.next_layer().remote_endpoint(ignored).address().to_string();
        stream_.next_layer().set_option(tcp::no_delay(true), ignored);
    }

    async::task<error_code> begin() override {
        const auto [ec] = co_await stream_.async_handshake(ssl::stream_base::server, async::nothrow);
        co_return ec;
    }

    async::task<std::size_t> read_some(asio::mutable_buffer into, error_code& ec) override {
        const auto [error, n] = co_await stream_.async_read_some(into, async::nothrow);
        ec = error;
        co_return n;
    }

    async::task<> write(std::array<asio::const_buffer, 2> bytes, error_code& ec) override {
        const auto [error, n] = co_await asio::async_write(stream_, bytes, async::nothrow);
        ec = error;
    }

    async::task<> end() override {
        (void)co_await stream_.async_shutdown(async::nothrow);
        abort();
    }

    void abort() override {
        error_code ignored;
        stream_.next_layer().close(ignored);
    }
    bool secure() const override { return true; }
    std::string peer() const override { return peer_; }

private:
    std::shared_ptr<ssl::context> context_;
    ssl::stream<tcp::socket> stream_;
    std::string peer_;
};

class loaded_context final : public tls_context {
public:
    explicit loaded_context(std::shared_ptr<ssl::context> context) : context_(std::move(context)) {}
    std::unique_ptr<connection> wrap(tcp::socket socket) const override {
        return std::make_unique<tls_connection>(std::move(socket), context_);
    }

private:
    std::shared_ptr<ssl::context> context_;
};

}  // namespace

result<std::shared_ptr<tls_context>> tls_context::load(const std::filesystem::path& certificate,
                                                       const std::filesystem::path& key) {
    struct stat found{};
    if (::stat(key.c_str(), &found) == 0 && (found.st_mode & 077) != 0)
        return failure(errc::refused,
                       "the TLS key " + key.string() + " is open to other users: run chmod 600 " + key.string());
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    error_code ec;
    context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                             ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 | ssl::context::no_compression,
                         ec);
    if (!ec) context->use_certificate_chain_file(certificate.string(), ec);
    if (ec)
        return failure(errc::invalid, "can't use the TLS certificate " + certificate.string() + ": " + ec.message());
    context->use_private_key_file(key.string(), ssl::context::pem, ec);
    if (ec) return failure(errc::invalid, "can't use the TLS key " + key.string() + ": " + ec.message());
    return std::shared_ptr<tls_context>(std::make_shared<loaded_context>(std::move(context)));
}

}  // namespace latchkey::http
