// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/openid_client.hpp"

#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace latchkey;
using namespace latchkey::identity;

TEST_SUITE("identity.openid_client") {
    TEST_CASE("the client's secret is a file that nobody else reads") {
        const test::temp_dir folder;
        const auto file = folder / "secret";
        CHECK_EQ(read_client_secret(file).error().code, errc::io);
        std::ofstream(file) << "the secret\n";
        std::filesystem::permissions(file, std::filesystem::perms(0640));
        CHECK_EQ(read_client_secret(file).error().what,
                 "others can read the client's secret in " + file.string() + ": chmod 600 it");
        std::filesystem::permissions(file, std::filesystem::perms(0600));
        CHECK_EQ(read_client_secret(file).value().reveal(), "the secret");
        std::filesystem::create_symlink(file, folder / "link");
        CHECK_EQ(read_client_secret(folder / "link").error().code, errc::io);
        std::ofstream(file) << "\n";
        CHECK_EQ(read_client_secret(file).error().code, errc::usage);
    }

    TEST_CASE("settings that can't be are said at the start") {
        openid_settings s;
        s.issuer = "http://issuer.test";
        s.client_id = "latchkey";
        CHECK_EQ(openid_client::check(s).error().what,
                 "the issuer \"http://issuer.test\" is no https address (http is for this machine)");
        s.issuer = "https://issuer.test";
        CHECK(openid_client::check(s).has_value());
        s.client_id.clear();
        CHECK(openid_client::check(s).has_error());
    }
}
