// SPDX-License-Identifier: Apache-2.0
//
// What is answered again without looking is what looking would have found: nothing that somebody changed, here or in
// another process, is ever answered from memory.
#include "runner/server/remembered_answers.hpp"
#include "runner/store/sqlite_store.hpp"
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string integrations = "/workspaces/acme/integrations";

// A server that counts how often it looks at its store, on a clock that the test moves.
struct counting_world {
    std::atomic<int> looks = 0;
    std::atomic<std::int64_t> milliseconds = 1'800'000'000'000;
    api_world world{1'000'000, [this](server::state& s) {
                        s.stores.one_moment = [this, real = s.stores.one_moment] {
                            ++looks;
                            return real();
                        };
                        s.clock = [this] { return policy::time_point(std::chrono::milliseconds(milliseconds)); };
                    }};
    std::string viewer = world.token(world.team.viewer);
    std::string at = integrations + "/" + world.team.slack.hash_id;

    // The same call until it is answered without a look.
    void settle(const std::string& token) {
        for (int i = 0, before = -1; i < 10 && before != looks; ++i) {
            before = looks;
            REQUIRE_EQ(world.ask("GET", at, token).status, 200);
        }
        const int before = looks;
        REQUIRE_EQ(world.ask("GET", at, token).status, 200);
        REQUIRE_EQ(looks, before);
    }
};

}  // namespace

TEST_SUITE("server.remembered") {
    TEST_CASE("the same answer, and each call counts and has its own id") {
        counting_world w;
        const auto first = w.world.ask("GET", w.at, w.viewer);
        w.settle(w.viewer);
        const auto a = w.world.ask("GET", w.at, w.viewer);
        const auto b = w.world.ask("GET", w.at, w.viewer);
        CHECK_EQ(a.text, first.text);
        CHECK_EQ(a.headers.at("etag"), first.headers.at("etag"));
        CHECK_EQ(a.headers.at("x-0auth-scopes"), first.headers.at("x-0auth-scopes"));
        CHECK_NE(a.headers.at("x-request-id"), b.headers.at("x-request-id"));
        CHECK_EQ(std::stoi(a.headers.at("x-rate-limit-remaining")),
                 std::stoi(b.headers.at("x-rate-limit-remaining")) + 1);
    }

    TEST_CASE("a token that was revoked opens nothing any more, from the next call on") {
        counting_world w;
        w.settle(w.viewer);
        const std::string other = w.world.token(w.world.team.viewer);
        w.settle(w.viewer);
        const auto mine = w.world.stores().tokens->of(w.world.team.viewer).value();
        for (const auto& t : mine)
            if (t.used_at) REQUIRE_EQ(w.world.ask("DELETE", "/user/tokens/" + t.id, other).status, 204);
        CHECK_EQ(w.world.ask("GET", w.at, w.viewer).status, 401);
    }

    TEST_CASE("a level that was lowered hides the integration from the next call on") {
        counting_world w;
        const std::string admin = w.world.token(w.world.team.admin);
        w.settle(w.viewer);
        w.settle(admin);
        REQUIRE_EQ(w.world.ask("PATCH", w.at, admin, {{"permissions", {{"others", "DENIED"}}}}).status, 200);
        CHECK_EQ(w.world.ask("GET", w.at, w.viewer).status, 404);
        CHECK_EQ(w.world.ask("GET", w.at, admin).body["permissions"]["others"], "DENIED");
    }

    TEST_CASE("what is another's, or for another address, is never given") {
        counting_world w;
        w.settle(w.viewer);
        const std::string narrow = w.world.token(w.world.team.viewer, {"WORKSPACE"});
        CHECK_EQ(w.world.ask("GET", w.at, narrow).status, 403);
        CHECK_EQ(w.world.ask("GET", w.at, w.world.token(w.world.team.stranger)).status, 404);
        CHECK_EQ(w.world.ask("GET", w.at, "").status, 401);
        const auto below = w.world.ask("GET", "/api" + w.at, w.viewer);
        CHECK_NE(below.body["url"].get<std::string>().find("/api/"), std::string::npos);
    }

    TEST_CASE("what another connection and another process write is seen by the next call") {
        counting_world w;
        w.settle(w.viewer);
        const auto file = w.world.folder() / "data" / "store.db";
        auto second = store::open_sqlite_stores(file).value();
        auto record = second.runs->integration(w.world.team.slack.rights.id).value();
        record.name = "By another connection";
        REQUIRE(
            second.runs->edit_integration(record, w.world.team.admin, record.changed_at, std::nullopt).has_value());
        CHECK_EQ(w.world.ask("GET", w.at, w.viewer).body["name"], "By another connection");
        w.settle(w.viewer);
        const std::string write =
            "python3 -c 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(\"UPDATE "
            "integrations SET name = ?\", [\"By another process\"]); d.commit()' '" +
            file.string() + "'";
        REQUIRE_EQ(std::system(write.c_str()), 0);
        CHECK_EQ(w.world.ask("GET", w.at, w.viewer).body["name"], "By another process");
    }

    TEST_CASE("a grant and a token that expire take their answers with them") {
        counting_world w;
        policy::grant g;
        g.integration = w.world.team.slack.rights.id;
        g.pipeline = w.world.team.deploy;
        g.granted_at = policy::time_point(std::chrono::milliseconds(w.milliseconds));
        g.expires = g.granted_at + std::chrono::seconds(20);
        REQUIRE(w.world.stores().runs->add_grant(g, w.world.team.admin).has_value());
        w.settle(w.viewer);
        CHECK_EQ(w.world.ask("GET", w.at, w.viewer).body["allowed_pipelines"].size(), 1);
        w.milliseconds += 20'000;
        CHECK_EQ(w.world.ask("GET", w.at, w.viewer).body["allowed_pipelines"].size(), 0);
        // A clock that was set back: what was known of later times is not.
        w.settle(w.viewer);
        w.milliseconds -= 10'000;
        CHECK_EQ(w.world.ask("GET", w.at, w.viewer).body["allowed_pipelines"].size(), 1);
    }

    TEST_CASE("what is kept is bounded") {
        server::remembered_answers all;
        const policy::time_point now{};
        for (int i = 0; i < 10'000; ++i) {
            server::remembered_answer one;
            one.response.body = std::string(1000, 'x');
            one.until = policy::time_point::max();
            all.keep(std::to_string(i), 7, std::move(one));
        }
        int known = 0;
        for (int i = 0; i < 10'000; ++i) known += all.find(std::to_string(i), 7, now) != nullptr ? 1 : 0;
        CHECK_GT(known, 0);
        CHECK_LT(known, 4096);
        CHECK_EQ(all.find("9999", 8, now), nullptr);
        CHECK_EQ(all.find("9999", 7, now), nullptr);
    }
}
