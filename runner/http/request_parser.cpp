// SPDX-License-Identifier: Apache-2.0
#include "runner/http/request_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace latchkey::http {

namespace {

namespace beast_http = boost::beast::http;
using boost::system::error_code;

}  // namespace

struct request_parser::impl {
    explicit impl(const limits& l) : most(l), body_most(l.body) {
        // Beast counts only what it has not consumed yet, so the head is counted here.
        parser.header_limit(static_cast<std::uint32_t>(l.head));
        parser.body_limit(boost::none);
    }

    limits most;
    std::size_t body_most;
    beast_http::request_parser<beast_http::string_body> parser;
    std::size_t head_bytes = 0;
    request made;
    bool begun = false;
    bool head_ready = false;
    int status = 0;
    std::string_view reason;

    void refuse(int with, std::string_view because) {
        status = with;
        reason = because;
    }

    void finish_head() {
        head_ready = true;
        const auto& message = parser.get();
        made.method = message.method_string();
        made.target = message.target();
        made.version = static_cast<int>(message.version());
        made.keep_alive = parser.keep_alive();
        std::size_t hosts = 0;
        for (const auto& field : message) {
            made.headers.emplace_back(field.name_string(), field.value());
            hosts += field.name() == beast_http::field::host ? 1 : 0;
        }
        if (made.target.size() > most.target) return refuse(414, "the address is too long");
        if (made.version >= 11 && hosts != 1) return refuse(400, "a request has one Host header");
        if (!split_target(made)) return refuse(400, "the address can't be read");
        // Two lengths are how one request is smuggled into another.
        if (parser.chunked() && find_header(made.headers, "Content-Length") != nullptr)
            return refuse(400, "the request has two lengths");
    }

    void check_length() {
        const auto length = parser.content_length();
        if (length && *length > body_most) refuse(413, "the body is too large");
    }
};

request_parser::request_parser(const limits& l) : impl_(std::make_unique<impl>(l)) {}
request_parser::~request_parser() = default;

std::size_t request_parser::feed(std::string_view bytes) {
    impl& i = *impl_;
    if (i.status != 0 || done()) return 0;
    std::size_t used = 0;
    // Empty lines before a request are skipped (RFC 9112 §2.2): counted, so that they do not go on for ever.
    while (!i.begun && used < bytes.size() && (bytes[used] == '\r' || bytes[used] == '\n')) {
        ++used;
        ++i.head_bytes;
    }
    if (i.head_bytes > i.most.head) {
        i.refuse(400, "this is no request");
        return used;
    }
    while (used < bytes.size()) {
        i.begun = true;
        error_code ec;
        const bool was_ready = i.head_ready;
        const std::size_t n = i.parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
        used += n;
        if (!was_ready) i.head_bytes += n;
        if (ec && ec != beast_http::error::need_more) {
            const bool long_head = ec == beast_http::error::header_limit;
            i.refuse(long_head ? 431 : 400, long_head ? "the headers are too large" : "this is no HTTP request");
            break;
        }
        if (i.head_bytes + (i.parser.is_header_done() ? 0 : bytes.size() - used) > i.most.head) {
            i.refuse(431, "the headers are too large");
            break;
        }
        if (!was_ready && i.parser.is_header_done()) {
            i.finish_head();
            // Its length is judged by what allow_body() says.
            break;
        }
        if (i.parser.get().body().size() > i.body_most) {
            i.refuse(413, "the body is too large");
            break;
        }
        if (i.parser.is_done() || ec == beast_http::error::need_more) break;
    }
    return used;
}

bool request_parser::begun() const {
    return impl_->begun;
}
bool request_parser::head_done() const {
    return impl_->head_ready && impl_->status == 0;
}
bool request_parser::done() const {
    return head_done() && impl_->parser.is_done();
}
int request_parser::refused() const {
    return impl_->status;
}
std::string_view request_parser::why() const {
    return impl_->reason;
}

void request_parser::allow_body(std::size_t most) {
    impl_->body_most = most;
    impl_->check_length();
    impl_->parser.eager(true);
}

bool request_parser::expects_continue() const {
    const std::string* expect = impl_->made.header("Expect");
    return expect != nullptr && *expect == "100-continue" && !impl_->parser.is_done();
}

const request& request_parser::head() const {
    return impl_->made;
}

request request_parser::take() {
    impl_->made.body = std::move(impl_->parser.get().body());
    return std::move(impl_->made);
}

}  // namespace latchkey::http
