// SPDX-License-Identifier: Apache-2.0
#include "runner/http/session.hpp"

#include "runner/http/request_parser.hpp"
#include "runner/http/response_head.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <vector>

namespace latchkey::http {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t read_size = 16UL * 1024;
constexpr std::size_t write_size = 64UL * 1024;

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

class session final : body_writer {
public:
    session(connection& c, const session_facts& facts) : connection_(c), facts_(facts) {}

    async::task<> run() {
        connection_.expires_after(facts_.most.head_time);
        if (const error_code ec = co_await connection_.begin(); ec) co_return;
        for (;;) {
            const bool more = co_await one_request();
            if (!more) break;
        }
        connection_.expires_after(facts_.most.head_time);
        co_await connection_.end();
    }

private:
    // False: the connection ends.
    async::task<bool> one_request() {
        request_parser parser(facts_.most);
        const bool arrived = co_await read(parser);
        if (!arrived) co_return false;
        request r = parser.take();
        r.peer = connection_.peer();
        r.secure = connection_.secure();
        const bool head_only = r.method == "HEAD";
        const bool keep = r.keep_alive;
        http_11_ = r.version >= 11;
        // The application takes as long as it takes; what it waits for has limits of its own.
        connection_.expires_after(std::chrono::hours(24));
        response answer = co_await answer_to(std::move(r));
        co_return co_await send(std::move(answer), head_only, keep);
    }

    async::task<response> answer_to(request r) {
        std::exception_ptr bug;
        try {
            co_return co_await facts_.app.handle(std::move(r));
        } catch (...) {
            bug = std::current_exception();
        }
        (void)bug;
        co_return facts_.app.refuse(500, "");
    }

    async::task<bool> read(request_parser& parser) {
        connection_.set_idle(true);
        connection_.expires_after(facts_.most.idle_time);
        std::size_t since = 0;  // bytes of the body since the deadline moved
        bool told_to_continue = false;
        for (;;) {
            const bool had_head = parser.head_done();
            const bool had_begun = parser.begun();
            drop(parser.feed(pending()));
            if (parser.begun() && !had_begun) {
                connection_.set_idle(false);
                connection_.expires_after(facts_.most.head_time);
            }
            if (parser.head_done() && !had_head) {
                parser.allow_body(facts_.app.body_limit(parser.head()));
                connection_.expires_after(facts_.most.body_time);
            }
            if (parser.refused() != 0) {
                response no = facts_.app.refuse(parser.refused(), parser.why());
                no.close = true;
                co_await send(std::move(no), false, false);
                co_return false;
            }
            if (parser.done()) co_return true;
            if (parser.head_done() && !had_head && held_ > 0) continue;
            if (parser.expects_continue() && parser.head_done() && !told_to_continue) {
                told_to_continue = true;
                error_code ec;
                co_await connection_.write({asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n"))}, ec);
                if (ec) co_return false;
            }
            if (facts_.draining && !parser.begun()) co_return false;
            const std::size_t n = co_await fill();
            if (n == 0) co_return false;
            if (parser.head_done() && (since += n) >= write_size) {
                since = 0;
                connection_.expires_after(facts_.most.body_time);
            }
        }
    }

    // Read and not yet parsed.
    std::string_view pending() const { return {buffer_.data(), held_}; }
    void drop(std::size_t n) {
        held_ -= n;
        if (held_ > 0) std::memmove(buffer_.data(), buffer_.data() + n, held_);
    }

    async::task<std::size_t> fill() {
        if (buffer_.size() < held_ + read_size) buffer_.resize(held_ + read_size);
        error_code ec;
        const std::size_t n = co_await connection_.read_some(asio::buffer(buffer_.data() + held_, read_size), ec);
        if (ec) co_return 0;
        held_ += n;
        co_return n;
    }

    async::task<bool> send(response r, bool head_only, bool keep) {
        const bool bodiless = r.status == 204 || r.status == 304;
        const std::string_view body = r.fixed_body.empty() ? std::string_view(r.body) : r.fixed_body;
        const bool streams = static_cast<bool>(r.stream) && !bodiless;
        framing f = framing::length;
        if (bodiless)
            f = framing::none;
        else if (streams)
            f = http_11_ ? framing::chunked : framing::to_end;
        const bool keep_on = keep && !r.close && !facts_.draining && f != framing::to_end;
        const std::string head = head_of(r, f, body.size(), keep_on, now());
        const std::string_view first = bodiless || head_only || streams ? "" : body.substr(0, write_size);
        bool sent = co_await write_pieces(head, first);
        for (std::size_t at = first.size(); sent && !first.empty() && at < body.size(); at += write_size)
            sent = co_await write_pieces(body.substr(at, write_size), "");
        if (!sent) co_return false;
        if (streams && !head_only) {
            chunked_ = f == framing::chunked;
            broken_ = false;
            co_await r.stream(*this);
            if (broken_) co_return false;
            if (chunked_) {
                sent = co_await write_pieces("0\r\n\r\n", "");
                if (!sent) co_return false;
            }
        }
        co_return keep_on;
    }

    async::task<bool> write_pieces(std::string_view a, std::string_view b) {
        connection_.expires_after(facts_.most.body_time);
        error_code ec;
        co_await connection_.write({asio::buffer(a), asio::buffer(b)}, ec);
        co_return !ec;
    }

    // -- body_writer: one piece of a stream
    async::task<bool> write(std::string bytes) override {
        if (broken_ || facts_.draining) {
            broken_ = true;
            co_return false;
        }
        if (bytes.empty()) co_return true;
        std::array<char, 24> size{};
        if (chunked_) {
            std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
            bytes += "\r\n";
        }
        const bool sent = co_await write_pieces(size.data(), bytes);
        // Until the next piece nothing is owed by the peer.
        connection_.expires_after(std::chrono::hours(24));
        broken_ = !sent;
        co_return sent;
    }

    connection& connection_;
    session_facts facts_;
    std::vector<char> buffer_;  // as long as it ever had to be: only `held_` of it are bytes of the peer
    std::size_t held_ = 0;
    bool http_11_ = true;
    bool chunked_ = false;
    bool broken_ = false;
};

}  // namespace

async::task<> serve(connection& c, session_facts facts) {
    session s(c, facts);
    co_await s.run();
}

}  // namespace latchkey::http
