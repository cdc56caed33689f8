// SPDX-License-Identifier: Apache-2.0
// Links that set a password, over HTTP: who may make one, and that it works once; and the first owner's password.
#include "runner/vault/token.hpp"
#include "tests/runner/server/api_world.hpp"
#include "tests/runner/server/browser.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

std::string link_of(policy::user_id user) {
    return "/latchkey/v1/workspaces/acme/members/" + std::to_string(user.value()) + "/password-link";
}

int log_in(const api_world& api, const std::string& email, const std::string& password) {
    return api.ask("POST", "/latchkey/v1/session", "", {{"email", email}, {"password", password}}).status;
}

}  // namespace

TEST_SUITE("server.passwords") {
    TEST_CASE("an administrator's link sets a password once, and another takes its place") {
        std::atomic<std::int64_t> clock{1'800'000'000'000};
        api_world api(1'000'000, [&](server::state& s) {
            s.clock = [&] { return policy::time_point(std::chrono::milliseconds(clock.load())); };
        });
        const std::string admin = api.token(api.team.admin);
        const auto made = api.ask("POST", link_of(api.team.developer), admin);
        REQUIRE_EQ(made.status, 201);
        const auto first = made.body["code"].get<std::string>();
        const auto second = api.ask("POST", link_of(api.team.developer), admin).body["code"].get<std::string>();
        const auto use = [&](const std::string& code, const std::string& password) {
            return api.ask("POST", "/latchkey/v1/password", "", {{"code", code}, {"password", password}});
        };
        CHECK_EQ(use(first, "a good password").message(),
                 "this link is not valid: it was used, has expired, or another took its place");
        CHECK_EQ(use(second, "short").status, 400);  // does not use it up
        CHECK_EQ(use(second, "a good password").body["email"], "dev@acme.test");
        CHECK_EQ(use(second, "another password").status, 403);
        CHECK_EQ(log_in(api, "dev@acme.test", "a good password"), 201);

        const auto old = api.ask("POST", link_of(api.team.viewer), admin).body["code"].get<std::string>();
        clock += 24LL * 60 * 60 * 1000;
        CHECK_EQ(use(old, "a good password").status, 403);

        // A lost password: the link also ends what sessions there are.
        browser b;
        const std::string base = "http://127.0.0.1:" + std::to_string(api.port());
        REQUIRE_EQ(b.send("POST", base + "/latchkey/v1/session",
                          {{"email", "dev@acme.test"}, {"password", "a good password"}})
                       .status,
                   201);
        const auto reset = api.ask("POST", link_of(api.team.developer), admin).body["code"].get<std::string>();
        CHECK_EQ(b.get(base + "/workspaces").status, 200);
        CHECK_EQ(use(reset, "a new password").status, 201);
        CHECK_EQ(b.get(base + "/workspaces").status, 401);
        CHECK_EQ(log_in(api, "dev@acme.test", "a good password"), 401);
    }

    TEST_CASE("nobody becomes somebody else by a link: not the owner, not who is in other workspaces too") {
        api_world api;
        auto& people = *api.stores().people;
        const std::string admin = api.token(api.team.admin);
        CHECK_EQ(api.ask("POST", link_of(api.team.developer), api.token(api.team.developer)).status, 403);
        CHECK_EQ(api.ask("POST", link_of(api.team.owner), admin).message(),
                 "only the owner can let the owner set a password");
        CHECK_EQ(api.ask("POST", link_of(api.team.stranger), admin).status, 404);
        // Whoever is added as a member does not give themselves away by it.
        REQUIRE(people.add_member(api.team.acme, "eve@other.test", api.team.admin, at(99)).has_value());
        CHECK_EQ(api.ask("POST", link_of(api.team.stranger), admin).message(),
                 "only somebody who administers every workspace that they are in can let them set a password");
        // Nor by joining another workspace while a link is under way.
        const auto code = api.ask("POST", link_of(api.team.viewer), admin).body["code"].get<std::string>();
        REQUIRE(people.add_member(api.team.other, "vi@acme.test", api.team.stranger, at(99)).has_value());
        CHECK_EQ(
            api.ask("POST", "/latchkey/v1/password", "", {{"code", code}, {"password", "a good password"}}).status,
            403);
        CHECK_EQ(log_in(api, "vi@acme.test", "a good password"), 401);
        // Or when its maker is no administrator any more.
        const auto other = api.ask("POST", link_of(api.team.developer), admin).body["code"].get<std::string>();
        REQUIRE(
            people.edit_member(api.team.acme, api.team.admin, {false, {}, {}}, api.team.owner, at(99)).has_value());
        CHECK_EQ(
            api.ask("POST", "/latchkey/v1/password", "", {{"code", other}, {"password", "a good password"}}).status,
            403);
    }

    TEST_CASE("the first owner may choose a password, and signs in with it") {
        api_world api(1'000'000, [](server::state& s) { s.setup_hash = vault::hash_of_token("the code"); }, true);
        const auto set_up = [&](const std::string& code, const std::string& password) {
            return api.ask(
                "POST", "/latchkey/v1/setup", "",
                {{"code", code}, {"email", "own@acme.test"}, {"workspace", "acme"}, {"password", password}});
        };
        CHECK_EQ(set_up("another", "a good password").status, 403);
        CHECK_EQ(set_up("the code", "short").message(), "a password has 12 characters or more");
        REQUIRE_EQ(set_up("the code", "a good password").status, 201);
        CHECK_EQ(log_in(api, "own@acme.test", "a good password"), 201);
        CHECK_EQ(set_up("the code", "another password").status, 403);
        CHECK_EQ(log_in(api, "own@acme.test", "another password"), 401);
    }

    TEST_CASE("attempts to sign in are counted, by how they are made and what came of them") {
        api_world api;
        const std::string admin = api.token(api.team.admin);
        const auto link = api.ask("POST", link_of(api.team.developer), admin).body["code"].get<std::string>();
        const json set = {{"code", link}, {"password", "a good password"}};
        REQUIRE_EQ(api.ask("POST", "/latchkey/v1/password", "", set).status, 201);
        // The registry is one for all tests of the program.
        const auto counted = [&](const std::string& result) {
            const std::string line = "latchkey_logins_total{how=\"password\",result=\"" + result + "\"} ";
            const std::string text = api.ask("GET", "/metrics", "").text;
            const auto at = text.find(line);
            return at == std::string::npos ? 0 : std::stoi(text.substr(at + line.size()));
        };
        const int good = counted("good");
        const int refused = counted("refused");
        CHECK_EQ(log_in(api, "dev@acme.test", "a good password"), 201);
        CHECK_EQ(log_in(api, "dev@acme.test", "another password"), 401);
        CHECK_EQ(log_in(api, "nobody@acme.test", "a good password"), 401);
        CHECK_EQ(counted("good"), good + 1);
        CHECK_EQ(counted("refused"), refused + 2);
        // Nothing of who it was.
        CHECK_EQ(api.ask("GET", "/metrics", "").text.find("acme"), std::string::npos);
    }

    TEST_CASE("the database holds no cookie, code or password") {
        api_world api;
        const std::string admin = api.token(api.team.admin);
        const auto code = api.ask("POST", link_of(api.team.developer), admin).body["code"].get<std::string>();
        browser b;
        const std::string base = "http://127.0.0.1:" + std::to_string(api.port());
        REQUIRE_EQ(
            b.send("POST", base + "/latchkey/v1/password", {{"code", code}, {"password", "plainly visible"}}).status,
            201);
        REQUIRE_EQ(b.send("POST", base + "/latchkey/v1/session",
                          {{"email", "dev@acme.test"}, {"password", "plainly visible"}})
                       .status,
                   201);
        const std::string cookie = b.cookies[api.port()]["latchkey_session"];
        REQUIRE_EQ(cookie.size(), code.size());
        for (const auto& file : std::filesystem::directory_iterator(api.folder() / "data")) {
            CAPTURE(file.path().string());
            const std::string bytes = read_file(file.path());
            for (const std::string& secret : {code, cookie, std::string("plainly visible")})
                CHECK_EQ(bytes.find(secret), std::string::npos);
        }
    }
}
