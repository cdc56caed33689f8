// SPDX-License-Identifier: Apache-2.0
// Looking for entries of the audit log, over all of it, and their names.
#include "tests/runner/server/run_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string uses = "    - {action: Use, type: GIT_HUB_CLI, integration: gh_prod, execute_commands: ['true']}\n";

struct audit_world : run_world {
    std::string hash, pipeline, number;

    audit_world() {
        const auto made = ask("POST", "/workspaces/acme/integrations", admin,
                              {{"name", "Our Forge"},
                               {"identifier", "gh_prod"},
                               {"type", "GIT_HUB"},
                               {"token", "planted"},
                               {"all_pipelines_allowed", true}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        hash = made.body["hash_id"];
        pipeline = run_world::pipeline("deploy2", uses);
        number = pipeline.substr(pipeline.rfind('/') + 1);
        ended(start(pipeline, developer), admin);
    }
    json look(const std::string& query) {
        const auto reply = ask("GET", "/latchkey/v1/workspaces/acme/audit?" + query, admin);
        REQUIRE_MESSAGE(reply.status == 200, reply.text);
        return reply.body;
    }
    int status(const std::string& query) {
        return ask("GET", "/latchkey/v1/workspaces/acme/audit?" + query, admin).status;
    }
};

std::vector<std::int64_t> sequences(const json& answer) {
    std::vector<std::int64_t> all;
    for (const json& e : answer["entries"]) all.push_back(e["sequence"]);
    return all;
}

}  // namespace

TEST_SUITE("server.audit_search") {
    TEST_CASE_FIXTURE(audit_world, "by kind, person, object and words, each alone and all together") {
        const json everything = look("limit=1000");
        CHECK(everything["next"].is_null());
        const auto only = [&](const std::string& query, const auto& fits) {
            std::vector<std::int64_t> expected;
            for (const json& e : everything["entries"])
                if (fits(e)) expected.push_back(e["sequence"]);
            CAPTURE(query);
            CHECK_FALSE(expected.empty());
            CHECK_LT(expected.size(), everything["entries"].size());
            CHECK_EQ(sequences(look("limit=1000&" + query)), expected);
        };
        only("kind=run_started", [](const json& e) { return e["kind"] == "run_started"; });
        const std::string dev = std::to_string(team.developer.value());
        only("actor=" + dev, [&](const json& e) { return e["actor"]["id"] == team.developer.value(); });
        only("integration=" + hash, [](const json& e) {
            return e["about"].contains("integration") && e["about"]["integration"]["name"] == "Our Forge";
        });
        only("pipeline=" + number, [&](const json& e) { return e["facts"].value("pipeline", "") == number; });
        only("project=web",
             [](const json& e) { return e["about"].contains("project") && e["about"]["project"]["name"] == "web"; });
        only("q=forge+ALLOWED", [](const json& e) {
            return e["kind"] == "decision" && e["about"].contains("integration") &&
                   e["about"]["integration"]["name"] == "Our Forge";
        });
        only("kind=decision&actor=" + dev + "&integration=" + hash + "&pipeline=" + number + "&project=web&q=deploy2",
             [](const json& e) { return e["kind"] == "decision"; });
        CHECK(look("q=nothing+at+all")["entries"].empty());
        CHECK(look("actor=999999")["entries"].empty());
        const json decision = look("kind=decision&limit=1")["entries"][0];
        CHECK_EQ(decision["about"]["pipeline"]["name"], "deploy2");
        CHECK_EQ(decision["about"]["execution"], 1);
    }

    TEST_CASE_FIXTURE(audit_world, "by time: from then on, and before then") {
        const json started = look("kind=run_started")["entries"][0];
        const std::string when = started["date"];
        const json after = look("limit=1000&since=" + when);
        for (const json& e : after["entries"]) CHECK_GE(e["date"].get<std::string>(), when);
        const json before = look("limit=1000&until=" + when);
        for (const json& e : before["entries"]) CHECK_LT(e["date"].get<std::string>(), when);
        const auto all = sequences(look("limit=1000")).size();
        CHECK_EQ(
            sequences(look("limit=1000&since=" + when)).size() + sequences(look("limit=1000&until=" + when)).size(),
            all);
        CHECK(look("since=2999-01-01T00:00:00Z")["entries"].empty());
    }

    TEST_CASE_FIXTURE(audit_world, "page by page it is what it is at once, however it is looked for") {
        for (const std::string& query :
             {std::string(), std::string("kind=decision&"), "integration=" + hash + "&", std::string("q=deploy2&")}) {
            CAPTURE(query);
            std::vector<std::int64_t> all;
            json next = 0;
            for (int calls = 0; !next.is_null() && calls < 1000; ++calls) {
                const json part = look(query + "limit=1" + (next == 0 ? "" : "&before=" + next.dump()));
                for (const std::int64_t s : sequences(part)) all.push_back(s);
                next = part["next"];
            }
            CHECK(next.is_null());
            CHECK_EQ(all, sequences(look(query + "limit=1000")));
        }
    }

    TEST_CASE_FIXTURE(audit_world, "refused: what can't be looked for") {
        CHECK_EQ(status("kind=nothing"), 400);
        CHECK_EQ(status("since=yesterday"), 400);
        CHECK_EQ(status("actor=me"), 400);
        CHECK_EQ(status("q=a+b+c+d+e+f+g+h+i"), 400);
        CHECK_EQ(status("integration=000000000000000000000000"), 404);
        CHECK_EQ(status("project=none"), 404);
        CHECK_EQ(ask("GET", "/latchkey/v1/workspaces/acme/audit?kind=decision", developer).status, 403);
        CHECK_EQ(ask("GET", "/latchkey/v1/workspaces/acme/audit", token(team.stranger)).status, 404);
    }

    TEST_CASE_FIXTURE(audit_world, "what was removed keeps its entries, without a name") {
        REQUIRE_EQ(ask("DELETE", "/workspaces/acme/integrations/" + hash, admin).status, 204);
        const json removed = look("kind=integration_deleted")["entries"][0];
        CHECK_FALSE(removed["about"].contains("integration"));
        CHECK_FALSE(removed["facts"]["integration"].get<std::string>().empty());
    }
}
