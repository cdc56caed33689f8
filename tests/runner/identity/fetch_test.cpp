// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/fetch.hpp"

#include <doctest/doctest.h>

using namespace latchkey::identity;

TEST_SUITE("identity.fetch") {
    TEST_CASE("only https is fetched, and http of this machine") {
        for (const char* url : {"https://issuer.test", "https://issuer.test:8443/a?b=c", "http://127.0.0.1:1/a",
                                "http://localhost", "http://[::1]:80/"})
            CHECK(is_safe_url(url));
        for (const char* url :
             {"", "https://", "http://issuer.test", "http://127.0.0.1@evil.test/", "http://127.0.0.1.evil.test/",
              "http://127.0.0.1\\@evil.test", "http://localhost.evil.test", "http://[::1].evil.test",
              "file:///etc/passwd", "ftp://127.0.0.1/", "https://user:pass@issuer.test", "HTTPS://issuer.test",
              "https://a b", "https://a\nb", "//issuer.test", "gopher://127.0.0.1"}) {
            CAPTURE(url);
            CHECK_FALSE(is_safe_url(url));
            fetch_request r;
            r.url = url;
            CHECK_EQ(fetch(r).error().code, latchkey::errc::refused);
        }
        CHECK_EQ(url_encoded("a b&c=d/\xc3\xa4~"), "a%20b%26c%3Dd%2F%C3%A4~");
    }
}
