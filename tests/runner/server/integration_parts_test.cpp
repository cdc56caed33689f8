// SPDX-License-Identifier: Apache-2.0
// What is to be known of an integration besides itself, each for the level that it needs, and definitions as text.
#include "tests/runner/server/run_world.hpp"
#include "tests/runner/store/either_store.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

constexpr const char* acme = "/latchkey/v1/workspaces/acme";
const std::string uses = "    - {action: Use, type: GIT_HUB_CLI, integration: gh_prod, execute_commands: ['true']}\n";

struct parts_world : run_world {
    std::string hash, integration, pipeline, number;

    parts_world() {
        const auto made = ask("POST", "/workspaces/acme/integrations", admin,
                              {{"name", "Forge"},
                               {"identifier", "gh_prod"},
                               {"type", "GIT_HUB"},
                               {"token", "planted"},
                               {"all_pipelines_allowed", true}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        hash = made.body["hash_id"];
        integration = acme + ("/integrations/" + hash);
        pipeline = run_world::pipeline("deploy2", uses);
        number = pipeline.substr(pipeline.rfind('/') + 1);
    }
    json get(const std::string& at, const std::string& token) {
        const auto reply = ask("GET", at, token);
        REQUIRE_MESSAGE(reply.status == 200, reply.text);
        return reply.body;
    }
};

}  // namespace

TEST_SUITE("server.integration_parts") {
    TEST_CASE_FIXTURE(parts_world, "everybody's level, and the row that it comes by") {
        REQUIRE_EQ(ask("PATCH", "/workspaces/acme/integrations/" + hash, admin,
                       {{"permissions",
                         {{"admins", "MANAGE"},
                          {"others", "DENIED"},
                          {"users", {{{"id", team.developer.value()}, {"access_level", "USE_ONLY"}}}},
                          {"groups", {{{"id", team.viewers.value()}, {"access_level", "USE_ONLY"}}}}}}})
                       .status,
                   200);
        std::map<std::int64_t, json> by;
        const json levels = get(integration + "/effective?per_page=100", admin);
        for (const json& row : levels["users"]) by[row["user"]["id"].get<std::int64_t>()] = row;
        CHECK_EQ(by[team.admin.value()]["through"]["row"], "admins");
        CHECK_EQ(by[team.admin.value()]["level"], "MANAGE");
        CHECK_EQ(by[team.developer.value()]["through"]["row"], "user");
        CHECK_EQ(by[team.viewer.value()]["through"]["row"], "group");
        CHECK_EQ(by[team.viewer.value()]["through"]["group"]["id"], team.viewers.value());
        CHECK_EQ(by[team.outsider.value()]["level"], "DENIED");
        CHECK_EQ(by[team.outsider.value()]["through"]["row"], "others");
        for (const char* part : {"/effective", "/audit", "/grants/preview"}) {
            CHECK_EQ(ask("GET", integration + part, developer).status, 403);
            CHECK_EQ(ask("GET", integration + part, token(team.outsider)).status, 404);
        }
    }

    TEST_CASE_FIXTURE(parts_world, "which runs used it, which pipelines name it, and those alone may from now on") {
        const auto other = run_world::pipeline("other", "    - {action: S, type: SLEEP, sleep_in_sec: 1}\n");
        ended(start(pipeline, developer), admin);
        const json usage = get(integration + "/usage", developer)["usage"];
        REQUIRE(usage.size() >= 2);
        CHECK_EQ(usage[0]["pipeline"]["name"], "deploy2");
        CHECK_EQ(usage[0]["allowed"], true);
        // That it was used is no secret to who may use it; by what, is.
        const json hidden = get(integration + "/usage", token(team.outsider))["usage"];
        REQUIRE_EQ(hidden.size(), usage.size());
        CHECK(hidden[0]["pipeline"].is_null());
        CHECK(hidden[0]["subject"].is_null());
        const json named = get(integration + "/used_by", developer);
        REQUIRE_EQ(named["pipelines"].size(), 1);
        CHECK_EQ(named["pipelines"][0]["actions"], json{"Use"});
        CHECK_EQ(get(integration + "/used_by", token(team.outsider))["hidden"], 1);

        const auto preview = ask("GET", integration + "/grants/preview?used_within=1d", admin);
        REQUIRE_EQ(preview.status, 200);
        REQUIRE_EQ(preview.body["pipelines"].size(), 1);
        CHECK_EQ(preview.body["pipelines"][0]["uses"], 1);
        CHECK_EQ(ask("GET", integration + "/grants/preview?used_within=ever", admin).status, 400);
        const std::string etag = preview.headers.at("etag");
        const json these = {{"pipelines", json::array({preview.body["pipelines"][0]["pipeline"]["id"]})}};
        CHECK_EQ(ask("POST", integration + "/grants/replace", admin, these).status, 428);
        CHECK_EQ(ask("POST", integration + "/grants/replace", admin, these, {{"If-Match", "\"1\""}}).status, 412);
        CHECK_EQ(ask("POST", integration + "/grants/replace", developer, these, {{"If-Match", etag}}).status, 403);
        const auto replaced = ask("POST", integration + "/grants/replace", admin, these, {{"If-Match", etag}});
        REQUIRE_MESSAGE(replaced.status == 200, replaced.text);
        CHECK_EQ(replaced.body["grants"].size(), 1);
        CHECK_EQ(replaced.body["grants"][0]["granted_by"]["id"], team.admin.value());
        CHECK_EQ(ask("POST", integration + "/grants/replace", admin, these, {{"If-Match", etag}}).status, 412);
        CHECK_EQ(get("/workspaces/acme/integrations/" + hash, admin)["all_pipelines_allowed"], false);
        // In the log of what was done to it.
        const json entries = get(integration + "/audit?limit=3", admin);
        CHECK_EQ(entries["entries"].size(), 3);
        CHECK(entries["next"].is_number());
        CHECK_EQ(entries["entries"][0]["kind"], "grant");
    }

    TEST_CASE_FIXTURE(parts_world, "grants are replaced as they were seen, and a pipeline of the list may go on") {
        ended(start(pipeline, developer), admin);
        store::store& s = *stores().runs;
        policy::grant over;
        over.integration = s.find_integration_by_hash(team.acme, hash).value().rights.id;
        over.pipeline = policy::pipeline_id(std::stoll(number));
        over.granted_at = at(1);
        over.expires = at(2);
        REQUIRE(s.add_grant(over, team.admin).has_value());
        const auto preview = ask("GET", integration + "/grants/preview", admin);
        REQUIRE_EQ(preview.status, 200);
        const json these = {{"pipelines", json::array({preview.body["pipelines"][0]["pipeline"]["id"]})}};
        // Somebody grants something between the look and the click.
        policy::grant between = over;
        between.pipeline = team.deploy;
        between.expires.reset();
        REQUIRE(s.add_grant(between, team.admin).has_value());
        const auto late =
            ask("POST", integration + "/grants/replace", admin, these, {{"If-Match", preview.headers.at("etag")}});
        CHECK_EQ(late.status, 412);
        CHECK_EQ(s.grants(over.integration).value().size(), 2);
        CHECK_EQ(get("/workspaces/acme/integrations/" + hash, admin)["all_pipelines_allowed"], true);

        const auto again = ask("GET", integration + "/grants/preview", admin);
        const auto done =
            ask("POST", integration + "/grants/replace", admin, these, {{"If-Match", again.headers.at("etag")}});
        REQUIRE_MESSAGE(done.status == 200, done.text);
        CHECK_EQ(get("/workspaces/acme/integrations/" + hash, admin)["all_pipelines_allowed"], false);
        CHECK_EQ(ended(start(pipeline, developer), admin)["status"], "SUCCESSFUL");
    }

    TEST_CASE_FIXTURE(parts_world, "of a time that the log says nothing about nobody claims to know all") {
        CHECK_EQ(get(integration + "/grants/preview", admin)["complete"], true);
        CHECK_EQ(get(integration + "/usage", admin)["complete"], true);
        CHECK(get(integration + "/audit", admin)["complete_since"].is_null());
        const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        const auto until = [&](std::chrono::milliseconds ago) {
            run_sql(folder() / "data",
                    "UPDATE counters SET value = " + std::to_string((now - ago).time_since_epoch().count()) +
                        " WHERE name = 'integrations audited after'");
        };
        until(std::chrono::hours(-1));
        CHECK_EQ(get(integration + "/grants/preview", admin)["complete"], false);
        for (const char* list : {"/usage", "/audit"}) {
            const json told = get(integration + list, admin);
            CHECK_EQ(told["complete"], false);
            CHECK(told["complete_since"].is_string());
        }
        // It was made after that: nothing of it is missing.
        until(std::chrono::hours(24));
        CHECK_EQ(get(integration + "/grants/preview", admin)["complete"], true);
        CHECK_EQ(get(integration + "/audit", admin)["complete"], true);
    }

    TEST_CASE_FIXTURE(parts_world, "the catalogue says what a form has to ask for") {
        const json types = get("/latchkey/v1/integration_types", viewer)["integration_types"];
        CHECK(types.size() > 20);
        const auto slack = std::ranges::find_if(types, [](const json& t) { return t["type"] == "SLACK"; });
        REQUIRE(slack != types.end());
        CHECK_EQ((*slack)["title"], "Slack");
        CHECK_EQ((*slack)["fields"][0]["secret"], true);
        CHECK_EQ((*slack)["alternatives"].size(), 2);
    }

    TEST_CASE_FIXTURE(parts_world, "why, of somebody else, is for who manages it") {
        const std::string why = own(pipeline) + "/why/gh_prod";
        const json own_answer = get(why, developer)["user"];
        CHECK_EQ(own_answer["level"], "USE_ONLY");
        CHECK_EQ(own_answer["may_grant"], true);
        const std::string other = why + "?user=" + std::to_string(team.viewer.value());
        CHECK_EQ(ask("GET", other, developer).status, 403);
        const json of_viewer = get(other, admin)["user"];
        CHECK_EQ(of_viewer["may_grant"], false);
        CHECK_EQ(of_viewer["why_not"], "may not run the pipeline");
        CHECK_EQ(of_viewer["person"]["id"], team.viewer.value());
        CHECK_EQ(ask("GET", why + "?user=99999", admin).status, 404);
    }

    TEST_CASE_FIXTURE(parts_world,
                      "a text is checked with the places of its problems, and a pipeline shows its own") {
        const std::string check = std::string(acme) + "/projects/web/pipelines/validate";
        const auto bad =
            ask_text("POST", check, developer,
                     "- pipeline: p\n  actions:\n    - action: A\n      type: BUILD\n      execut: [x]\n");
        REQUIRE_MESSAGE(bad.status == 200, bad.text);
        REQUIRE(bad.body["problems"].size() >= 1);
        // That it has no commands stands at its type, before the key that nobody knows.
        bool misspelt = false;
        for (const json& p : bad.body["problems"]) misspelt = misspelt || (p["line"] == 5 && p["column"] == 7);
        CHECK(misspelt);
        CHECK_EQ(bad.body["pipelines"], json{"p"});
        const auto broken = ask_text("POST", check, developer, "- pipeline: [\n");
        CHECK_EQ(broken.body["valid"], false);
        CHECK_EQ(ask_text("POST", check, token(team.outsider), "x").status, 404);
        const json shown = get(own(pipeline) + "/definition", viewer);
        CHECK_EQ(shown["kept"], "here");
        CHECK_NE(shown["yaml"].get<std::string>().find("gh_prod"), std::string::npos);
        REQUIRE_EQ(ask("PATCH", "/workspaces/acme/integrations/" + hash, admin,
                       {{"permissions", {{"others", "DENIED"}, {"admins", "MANAGE"}}}})
                       .status,
                   200);
        const json hidden = get(own(pipeline) + "/definition", viewer);
        CHECK_EQ(hidden["hidden"], true);
        CHECK(hidden["yaml"].is_null());
    }

    TEST_CASE_FIXTURE(parts_world, "how one can sign in is said to anybody") {
        CHECK_EQ(get("/latchkey/v1/login", ""), json{{"password", true}, {"openid", false}});
    }
}
