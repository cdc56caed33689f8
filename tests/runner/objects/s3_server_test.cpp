// SPDX-License-Identifier: Apache-2.0
//
// What only a bucket has: who may, what is not there, long lists, other people's objects.
#include "tests/runner/objects/s3_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace latchkey;

namespace {

std::string endpoint() {
    const std::string url = test::s3_url("x");
    const std::size_t at = url.find("endpoint=") + 9;
    return url.substr(at, url.find('&') - at);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("objects.s3_server") {
    TEST_CASE("a wrong key is refused, and named nowhere") {
        const test::temp_dir folder;
        test::write_file(folder / "log", "1");
        const auto o = objects::make_s3_objects(
            objects::read_s3_url(test::s3_url("denied")).value(),
            objects::read_s3_login("aws_access_key_id=LATCHKEYTEST\naws_secret_access_key=wrong-key-of-somebody\n")
                .value());
        for (const failure& f : {o->put("a", folder / "log").error(), o->get("a", 0, 1).error(),
                                 o->remove("a").error(), o->list("", "", 1).error()}) {
            CHECK(f.code == errc::io);
            CHECK_MESSAGE(has(f.what, "SignatureDoesNotMatch"), f.what);
            CHECK_FALSE(has(f.what, "wrong-key"));
        }
    }

    TEST_CASE("a bucket that is not there is a failure, and no object that is missing") {
        const test::temp_dir folder;
        test::write_file(folder / "log", "1");
        const auto o =
            objects::make_s3_objects(objects::read_s3_url("s3://no-such-bucket?endpoint=" + endpoint()).value(),
                                     objects::read_s3_login_file(test::s3_login_file()).value());
        CHECK(has(o->put("a", folder / "log").error().what, "NoSuchBucket"));
        CHECK(o->get("a", 0, 1).error().code == errc::io);
        CHECK(o->remove("a").error().code == errc::io);
        CHECK(o->list("", "", 1).error().code == errc::io);
    }

    TEST_CASE("nobody listens: it says so, and where") {
        const auto o = objects::make_s3_objects(objects::read_s3_url("s3://logs?endpoint=http://127.0.0.1:1").value(),
                                                objects::read_s3_login_file(test::s3_login_file()).value());
        const auto got = o->get("a", 0, 1);
        CHECK(got.error().code == errc::io);
        CHECK_MESSAGE(has(got.error().what, "no answer from s3://logs at 127.0.0.1:1"), got.error().what);
    }

    TEST_CASE("a list that the server gives in parts is whole, and one prefix doesn't see another's") {
        const test::temp_dir folder;
        test::write_file(folder / "log", "1");
        const auto o = test::s3_bucket("long");
        const auto other = test::s3_bucket("longer");
        REQUIRE(other->put("logs/none-of-ours", folder / "log").has_value());
        std::vector<std::string> put;
        for (int i = 0; i < 1003; ++i) put.push_back("logs/" + std::to_string(i));
        for (const std::string& key : put) REQUIRE(o->put(key, folder / "log").has_value());
        std::ranges::sort(put);
        const auto all = o->list("", "", 5000).value();
        REQUIRE_EQ(all.size(), put.size());
        for (std::size_t i = 0; i < put.size(); ++i) CHECK_EQ(all[i].key, put[i]);
        const auto rest = o->list("logs/", put[1000], 5000).value();
        REQUIRE_EQ(rest.size(), 2);
        CHECK_EQ(rest.front().key, put[1001]);
    }
}
