// SPDX-License-Identifier: Apache-2.0
#include "runner/client/endpoint.hpp"

#include <doctest/doctest.h>

using latchkey::errc;
using latchkey::client::endpoint_from;
using latchkey::client::in_path;
using latchkey::client::plain_http;

TEST_SUITE("client.endpoint") {
    TEST_CASE("the base of a server, without what is not part of it") {
        const auto e = endpoint_from("https://CI.example.test:8443/latchkey/", plain_http::to_this_machine);
        REQUIRE(e.has_value());
        CHECK_EQ(e->host, "CI.example.test:8443");
        CHECK_EQ(e->base, "https://CI.example.test:8443/latchkey");
        CHECK(e->encrypted);
        CHECK_FALSE(e->this_machine);
        CHECK_EQ(endpoint_from("https://ci.example.test", plain_http::to_this_machine)->base,
                 "https://ci.example.test");
    }

    TEST_CASE("http is for this machine, and elsewhere only where somebody has said so") {
        for (const char* here :
             {"http://127.0.0.1:8080", "http://127.8.9.1", "http://localhost:1", "http://[::1]:1"}) {
            CAPTURE(here);
            const auto e = endpoint_from(here, plain_http::to_this_machine);
            REQUIRE(e.has_value());
            CHECK(e->this_machine);
        }
        for (const char* there : {"http://ci.example.test", "http://10.0.0.1", "http://128.0.0.1", "http://[::2]",
                                  "http://localhost.evil.test", "http://127.0.0.1.evil.test"}) {
            CAPTURE(there);
            const auto e = endpoint_from(there, plain_http::to_this_machine);
            REQUIRE_FALSE(e.has_value());
            CHECK_EQ(e.error().code, errc::refused);
            CHECK(endpoint_from(there, plain_http::anywhere).has_value());
        }
    }

    TEST_CASE("what is no address of a server is refused, a user and a password in it too") {
        for (const char* wrong :
             {"", "ci.example.test", "ftp://ci.example.test", "file:///etc/passwd", "https://", "https://a b",
              "https://ci.example.test?x=1", "https://ci.example.test/#x", "https://me:secret@ci.example.test",
              "https://me@127.0.0.1", "javascript://x", "https://ci.example.test:99999"}) {
            CAPTURE(wrong);
            const auto e = endpoint_from(wrong, plain_http::anywhere);
            REQUIRE_FALSE(e.has_value());
            CHECK_EQ(e.error().code, errc::usage);
            CHECK_EQ(e.error().what.find("secret"), std::string::npos);
        }
    }

    TEST_CASE("a part of a path stays one part") {
        CHECK_EQ(in_path("web-1_a.b~"), "web-1_a.b~");
        CHECK_EQ(in_path("a/../b?c#d e%"), "a%2F..%2Fb%3Fc%23d%20e%25");
        CHECK_EQ(in_path(".."), "%2E%2E");
        CHECK_EQ(in_path("é\n"), "%C3%A9%0A");
    }
}
