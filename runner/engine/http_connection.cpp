// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/http_connection.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <cstdio>
#include <optional>

namespace latchkey::engine {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t read_size = 16UL * 1024;
constexpr std::uint32_t longest_head = 64U * 1024;

failure lost(const error_code& ec) {
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor)
        return {errc::cancelled, "a request to the container engine was cancelled"};
    return {errc::engine, "the container engine broke the connection: " + ec.message()};
}

std::string head_of(const http_request& r, bool chunked) {
    std::string head = r.method + " " + r.target + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& [name, value] : r.headers) head += name + ": " + value + "\r\n";
    if (!r.content_type.empty()) head += "Content-Type: " + r.content_type + "\r\n";
    if (chunked)
        head += "Transfer-Encoding: chunked\r\n";
    else if (!r.body.empty() || r.method == "POST" || r.method == "PUT")
        head += "Content-Length: " + std::to_string(r.body.size()) + "\r\n";
    return head + "\r\n";
}

}  // namespace

struct http_connection::impl {
    explicit impl(const asio::any_io_executor& executor) : socket(executor) {}

    asio::local::stream_protocol::socket socket;
    boost::beast::flat_buffer buffer;  // read and not yet parsed
    std::optional<http::response_parser<http::buffer_body>> parser;
    bool switched = false;  // the bytes that follow are a stream, no HTTP
    bool broken = false;

    async::task<error_code> fill() {
        if (co_await async::cancelled()) co_return error_code(asio::error::operation_aborted);
        const auto [ec, n] = co_await socket.async_read_some(buffer.prepare(read_size), async::nothrow);
        buffer.commit(n);
        co_return ec;
    }

    async::task<error_code> write(std::string_view bytes) {
        if (co_await async::cancelled()) co_return error_code(asio::error::operation_aborted);
        const auto [ec, n] = co_await asio::async_write(socket, asio::buffer(bytes), async::nothrow);
        co_return ec;
    }

    async::task<result<int>> read_head(bool asked_for_stream) {
        parser.emplace();
        parser->header_limit(longest_head);
        parser->body_limit(boost::none);
        while (!parser->is_header_done()) {
            error_code ec;
            buffer.consume(parser->put(buffer.data(), ec));
            if (parser->is_header_done()) break;
            if (ec && ec != http::error::need_more)
                co_return failure(errc::engine, "the container engine's answer is no HTTP: " + ec.message());
            if (const error_code read = co_await fill(); read) co_return lost(read);
        }
        const int status = parser->get().result_int();
        switched = status == 101 || (asked_for_stream && status == 200 && !parser->content_length());
        co_return status;
    }

    async::task<result<std::size_t>> read_stream(asio::mutable_buffer into) {
        if (buffer.size() > 0) {
            const std::size_t n = asio::buffer_copy(into, buffer.data());
            buffer.consume(n);
            co_return n;
        }
        if (co_await async::cancelled()) co_return lost(asio::error::operation_aborted);
        const auto [ec, n] = co_await socket.async_read_some(into, async::nothrow);
        if (ec == asio::error::eof) co_return std::size_t{0};
        if (ec) co_return lost(ec);
        co_return n;
    }

    async::task<result<std::size_t>> read_body(asio::mutable_buffer into) {
        auto& body = parser->get().body();
        while (!parser->is_done()) {
            body.data = into.data();
            body.size = into.size();
            body.more = true;
            error_code ec;
            const std::size_t used = buffer.size() > 0 ? parser->put(buffer.data(), ec) : 0;
            buffer.consume(used);
            if (ec == http::error::need_buffer || ec == http::error::need_more) ec = {};
            if (ec) co_return failure(errc::engine, "the container engine's answer is no HTTP: " + ec.message());
            if (const std::size_t got = into.size() - body.size; got > 0) co_return got;
            if (parser->is_done()) break;
            if (used > 0 && buffer.size() > 0) continue;  // a chunk's head, and more is at hand
            if (const error_code read = co_await fill(); read == asio::error::eof) {
                error_code end;
                parser->put_eof(end);
                if (end) co_return lost(end);
            } else if (read) {
                co_return lost(read);
            }
        }
        co_return std::size_t{0};
    }
};

http_connection::http_connection(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
http_connection::~http_connection() = default;

async::task<result<std::unique_ptr<http_connection>>> http_connection::connect(asio::any_io_executor executor,
                                                                               std::string socket) {
    if (socket.size() >= sizeof(sockaddr_un::sun_path))
        co_return failure(errc::engine, "the container engine's socket has too long a path: " + socket);
    if (co_await async::cancelled()) co_return lost(asio::error::operation_aborted);
    auto made = std::make_unique<impl>(executor);
    const auto [ec] =
        co_await made->socket.async_connect(asio::local::stream_protocol::endpoint(socket), async::nothrow);
    if (ec == asio::error::operation_aborted) co_return lost(ec);
    if (ec) co_return failure(errc::engine, "no container engine answers at " + socket + ": " + ec.message());
    co_return std::unique_ptr<http_connection>(new http_connection(std::move(made)));
}

async::task<result<int>> http_connection::send(const http_request& r) {
    impl_->broken = true;  // until the whole answer has been read
    if (const auto ec = co_await impl_->write(head_of(r, false) + r.body); ec) co_return lost(ec);
    bool stream = false;
    for (const auto& [name, value] : r.headers) stream = stream || name == "Upgrade";
    auto status = co_await impl_->read_head(stream);
    impl_->broken = !status.has_value();
    co_return status;
}

async::task<result<void>> http_connection::begin(const http_request& r) {
    impl_->broken = true;
    if (const auto ec = co_await impl_->write(head_of(r, true)); ec) co_return lost(ec);
    co_return result<void>();
}

async::task<result<void>> http_connection::write_piece(std::string_view bytes) {
    if (bytes.empty()) co_return result<void>();
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
    std::string piece(size);
    piece.append(bytes).append("\r\n");
    if (const auto ec = co_await impl_->write(piece); ec) co_return lost(ec);
    co_return result<void>();
}

async::task<result<int>> http_connection::finish() {
    if (const auto ec = co_await impl_->write("0\r\n\r\n"); ec) co_return lost(ec);
    auto status = co_await impl_->read_head(false);
    impl_->broken = !status.has_value();
    co_return status;
}

async::task<result<std::size_t>> http_connection::read(asio::mutable_buffer into) {
    auto n = impl_->switched ? co_await impl_->read_stream(into) : co_await impl_->read_body(into);
    if (!n) impl_->broken = true;
    co_return n;
}

async::task<result<std::string>> http_connection::read_all(std::size_t most) {
    std::string whole;
    std::string piece(read_size, '\0');
    for (;;) {
        const auto n = co_await read(asio::buffer(piece));
        if (!n) co_return n.error();
        if (*n == 0) co_return whole;
        if (whole.size() + *n > most) {
            impl_->broken = true;
            co_return failure(errc::engine, "the container engine's answer is longer than it may be");
        }
        whole.append(piece, 0, *n);
    }
}

bool http_connection::reusable() const {
    return !impl_->broken && !impl_->switched && impl_->parser && impl_->parser->is_done() &&
           impl_->parser->keep_alive() && impl_->buffer.size() == 0;
}

void http_connection::close() {
    error_code ignored;
    impl_->socket.close(ignored);
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
    return out;
}

}  // namespace latchkey::engine
