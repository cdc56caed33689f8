// SPDX-License-Identifier: Apache-2.0
#include "runner/http/request_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

namespace http = latchkey::http;

struct outcome {
    int refused = 0;
    bool done = false;
    std::size_t used = 0;
    http::request request;
};

// Feeds the bytes in pieces of that size, as a connection does.
outcome parse(const std::string& bytes, std::size_t piece, http::limits most = {}) {
    http::request_parser parser(most);
    outcome o;
    std::string pending;
    bool allowed = false;
    for (std::size_t at = 0; at < bytes.size() && !parser.done() && parser.refused() == 0; at += piece) {
        pending += bytes.substr(at, piece);
        for (std::size_t n = 1; n > 0 && !pending.empty();) {
            n = parser.feed(pending);
            pending.erase(0, n);
            o.used += n;
            if (parser.head_done() && !allowed) {
                allowed = true;
                parser.allow_body(most.body);
            }
            if (parser.done() || parser.refused() != 0) break;
        }
    }
    o.refused = parser.refused();
    o.done = parser.done();
    if (o.done) o.request = parser.take();
    return o;
}

}  // namespace

TEST_SUITE("http.request_parser") {
    TEST_CASE("a request is read whole, however its bytes arrive") {
        const std::string plain =
            "POST /a%20b/c?x=1&y=a+b%26 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nContent-Length: 5\r\n\r\nhello";
        const std::string chunked =
            "\r\nPOST /a%20b/c/?x=1&y=a+b%26 HTTP/1.1\r\nHost: h\r\nx-a: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
            "2\r\nhe\r\n3;ext=1\r\nllo\r\n0\r\n\r\n";
        for (const std::string& bytes : {plain, chunked})
            for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
                const auto o = parse(bytes, piece);
                CAPTURE(piece);
                REQUIRE_EQ(o.refused, 0);
                REQUIRE(o.done);
                CHECK_EQ(o.used, bytes.size());
                CHECK_EQ(o.request.method, "POST");
                CHECK_EQ(o.request.path, std::vector<std::string>{"a b", "c"});
                REQUIRE(o.request.parameter("y") != nullptr);
                CHECK_EQ(*o.request.parameter("y"), "a b&");
                REQUIRE(o.request.header("X-a") != nullptr);
                CHECK_EQ(*o.request.header("X-a"), "1");
                CHECK_EQ(o.request.body, "hello");
                CHECK(o.request.keep_alive);
            }
    }

    TEST_CASE("what follows a request is left for the next") {
        const std::string one = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        const auto o = parse(one + one, 1000);
        CHECK(o.done);
        CHECK_EQ(o.used, one.size());
    }

    TEST_CASE("HTTP/1.0 ends its connection and needs no Host") {
        const auto o = parse("GET / HTTP/1.0\r\n\r\n", 7);
        REQUIRE(o.done);
        CHECK_FALSE(o.request.keep_alive);
        CHECK_EQ(o.request.version, 10);
    }

    TEST_CASE("what is no request, or two requests in one, is refused with its status") {
        const std::string h = " HTTP/1.1\r\nHost: h\r\n";
        const std::vector<std::pair<std::string, int>> cases = {
            {"EHLO mail\r\n\r\n", 400},
            {std::string("\x16\x03\x01\x02\x00\x01", 6) + "\r\n\r\n", 400},
            {"GET /" + h.substr(0, 11) + "\r\n", 400},                                 // no Host
            {"GET /" + h + "Host: i\r\n\r\n", 400},                                    // two
            {"GET /%zz" + h + "\r\n", 400},                                            // a broken escape
            {"GET /%00" + h + "\r\n", 400},                                            // NUL
            {"GET http://other/" + h + "\r\n", 400},                                   // no proxy
            {"POST /" + h + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400},  // two lengths
            {"POST /" + h + "Content-Length: -1\r\n\r\n", 400},
            {"POST /" + h + "Content-Length: 99999999999999999999\r\n\r\n", 400},
            {"POST /" + h + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
            {"POST /" + h + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
            {"GET /" + h + "bad header\r\n\r\n", 400},
            {"GET /" + std::string(9'000, 'a') + h + "\r\n", 414},
            {"GET /" + h + "X: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
            {"POST /" + h + "Content-Length: 2000000\r\n\r\n", 413},
            {"POST /" + h + "Transfer-Encoding: chunked\r\n\r\n110000\r\n" + std::string(0x110000, 'x') + "\r\n",
             413},
        };
        for (const auto& [bytes, status] : cases)
            for (const std::size_t piece : {std::size_t{1000}, bytes.size()}) {
                const auto o = parse(bytes, piece);
                CAPTURE(bytes.substr(0, 80));
                CAPTURE(piece);
                CHECK_EQ(o.refused, status);
                CHECK_FALSE(o.done);
            }
    }

    TEST_CASE("headers that trickle in are counted, not only those at hand") {
        std::string bytes = "GET / HTTP/1.1\r\nHost: h\r\n";
        for (int i = 0; i < 2000; ++i) bytes += "X-" + std::to_string(i) + ": y\r\n";
        const auto o = parse(bytes + "\r\n", 10);
        CHECK_EQ(o.refused, 431);
        CHECK_LT(o.used, 20'000);
    }

    TEST_CASE("empty lines without end are no request") {
        std::string bytes;
        for (int i = 0; i < 20'000; ++i) bytes += "\r\n";
        CHECK_EQ(parse(bytes, 64).refused, 400);
    }
}
