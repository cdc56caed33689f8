// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string pipelines_at = "/workspaces/acme/projects/web/pipelines";

struct actions_world : api_world {
    std::string developer = token(team.developer);
    std::string viewer = token(team.viewer);
    std::string at;

    void make(const std::string& yaml) {
        json body = {{"name", "site"}};
        if (!yaml.empty()) body["yaml"] = yaml;
        const auto made = ask("POST", pipelines_at, developer, body);
        REQUIRE_MESSAGE(made.status == 201, made.text);
        at = pipelines_at + "/" + std::to_string(made.body["id"].get<int>());
    }
    std::string yaml() const { return ask("GET", at, developer).body["yaml"].get<std::string>(); }
};

constexpr const char* commented =
    "# kept\n"
    "- pipeline: site\n"
    "  actions:\n"
    "    # first\n"
    "    - action: Build\n"
    "      type: BUILD\n"
    "      docker_image_name: node\n"
    "      execute_commands:\n"
    "        - npm ci   # with care\n"
    "    # second\n"
    "    - action: \"Tell\"\n"
    "      type: SLEEP\n"
    "      sleep_in_sec: 1\n"
    "      disabled: true\n"
    "  variables:\n"
    "    - key: A\n"
    "      value: \"1\"\n";

}  // namespace

TEST_SUITE("server.actions") {
    TEST_CASE_FIXTURE(actions_world, "an action's change leaves everything around it as it was written") {
        make(commented);
        const auto all = ask("GET", at + "/actions", viewer);
        REQUIRE_MESSAGE(all.status == 200, all.text);
        REQUIRE_EQ(all.body["actions"].size(), 2);
        const json& first = all.body["actions"][0];
        CHECK_EQ(first["id"], 1);
        CHECK_EQ(first["name"], "Build");
        CHECK_EQ(first["type"], "BUILD");
        CHECK_EQ(first["trigger_time"], "ON_EVERY_EXECUTION");
        CHECK_EQ(first["disabled"], false);
        CHECK_EQ(first["execute_commands"], json::array({"npm ci"}));
        CHECK_FALSE(first.contains("action"));
        CHECK_EQ(all.body["actions"][1]["disabled"], true);
        CHECK_EQ(all.body["actions"][1]["sleep_in_sec"], 1);
        const auto changed = ask("PATCH", at + "/actions/2", developer, {{"sleep_in_sec", 2}, {"disabled", false}});
        REQUIRE_MESSAGE(changed.status == 200, changed.text);
        CHECK_EQ(changed.body["sleep_in_sec"], 2);
        CHECK_EQ(changed.body["name"], "Tell");
        std::string expected = commented;
        const auto from = expected.find("    - action: \"Tell\"");
        expected.replace(
            from, expected.find("  variables:") - from,
            "    - action: \"Tell\"\n      type: \"SLEEP\"\n      disabled: false\n      sleep_in_sec: 2\n");
        CHECK_EQ(yaml(), expected);
        const auto added = ask("POST", at + "/actions", developer,
                               {{"name", "Say"},
                                {"type", "BUILD"},
                                {"docker_image_name", "debian"},
                                {"execute_commands", {"echo \"hi\"", "true"}},
                                {"id", 77},
                                {"shell", nullptr}});
        REQUIRE_MESSAGE(added.status == 201, added.text);
        CHECK_EQ(added.body["id"], 3);
        CHECK_EQ(added.body["execute_commands"], json::array({"echo \"hi\"", "true"}));
        CHECK_EQ(ask("DELETE", at + "/actions/1", developer).status, 204);
        const std::string now = yaml();
        CHECK_EQ(now,
                 "# kept\n"
                 "- pipeline: site\n"
                 "  actions:\n"
                 "    # first\n"
                 "    # second\n"
                 "    - action: \"Tell\"\n"
                 "      type: \"SLEEP\"\n"
                 "      disabled: false\n"
                 "      sleep_in_sec: 2\n"
                 "    - action: \"Say\"\n"
                 "      type: \"BUILD\"\n"
                 "      docker_image_name: \"debian\"\n"
                 "      execute_commands:\n"
                 "        - \"echo \\\"hi\\\"\"\n"
                 "        - \"true\"\n"
                 "  variables:\n"
                 "    - key: A\n"
                 "      value: \"1\"\n");
        CHECK_EQ(ask("DELETE", at + "/actions/2", developer).status, 204);
        CHECK_EQ(ask("DELETE", at + "/actions/1", developer).status, 204);
        CHECK_EQ(ask("GET", at + "/actions", developer).body["actions"], json::array());
        CHECK_EQ(ask("GET", at + "/actions/1", developer).status, 404);
        CHECK_NE(yaml().find("  actions: []\n"), std::string::npos);
        CHECK_EQ(
            ask("POST", at + "/actions", developer, {{"name", "S"}, {"type", "SLEEP"}, {"sleep_in_sec", 1}}).status,
            201);
        CHECK_EQ(ask("GET", at + "/actions", developer).body["actions"].size(), 1);
    }

    TEST_CASE_FIXTURE(actions_world, "a pipeline that has none yet gets its first, and what is invalid is refused") {
        make("");
        CHECK_EQ(ask("GET", at + "/actions", developer).body["actions"], json::array());
        CHECK_EQ(ask("POST", at + "/actions", viewer, {{"name", "x"}, {"type", "SLEEP"}}).status, 403);
        CHECK_EQ(ask("POST", at + "/actions", developer, {{"type", "SLEEP"}}).message(), "`name` is missing");
        CHECK_EQ(ask("POST", at + "/actions", developer, {{"name", 1}, {"type", "SLEEP"}}).message(),
                 "`name` must be a text");
        CHECK_EQ(ask("POST", at + "/actions", developer, json::array({1})).status, 400);
        const auto no =
            ask("POST", at + "/actions", developer, {{"name", "x"}, {"type", "BUILD"}, {"run_next", "soon"}});
        CHECK_EQ(no.status, 400);
        const auto made = ask("POST", at + "/actions", developer,
                              {{"name", "caf\u00e9 \"1\""}, {"type", "SLEEP"}, {"sleep_in_sec", 1}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["name"], "caf\u00e9 \"1\"");
        CHECK_EQ(yaml(),
                 "- pipeline: \"site\"\n  actions:\n  - action: \"caf\u00e9 \\\"1\\\"\"\n    type: \"SLEEP\"\n    "
                 "sleep_in_sec: 1\n");
        REQUIRE_EQ(
            ask("PATCH", at, developer, {{"yaml", "- pipeline: site\n  actions: [{action: a, type: SLEEP}]\n"}})
                .status,
            200);
        CHECK_EQ(ask("POST", at + "/actions", developer, {{"name", "x"}, {"type", "SLEEP"}}).status, 400);
        REQUIRE_EQ(ask("PATCH", at, developer, {{"git_config_ref", "DYNAMIC"}}).status, 200);
        CHECK_EQ(ask("GET", at + "/actions", developer).status, 422);
    }

    TEST_CASE_FIXTURE(actions_world,
                      "an action names only integrations that its writer may use, and shows none hidden") {
        make("");
        const std::string admin = token(team.admin);
        const std::string slack = "/workspaces/acme/integrations/" + team.slack.hash_id;
        const json tell = {{"name", "Tell"},
                           {"type", "SLACK"},
                           {"channel", "c"},
                           {"content", "x"},
                           {"integration", {{"hash_id", team.slack.hash_id}}}};
        const auto made = ask("POST", at + "/actions", developer, tell);
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["integration"], team.slack.hash_id);
        REQUIRE_EQ(ask("PATCH", slack, admin, {{"permissions", {{"others", "DENIED"}}}}).status, 200);
        for (const std::string& address : {at + "/actions", at + "/actions/1"}) {
            const auto hidden = ask("GET", address, developer);
            CHECK_EQ(hidden.status, 403);
            CHECK_EQ(hidden.text.find(team.slack.hash_id), std::string::npos);
        }
        CHECK_EQ(ask("GET", at, developer).body["yaml"], nullptr);
        CHECK_EQ(ask("GET", at + "/actions/1", admin).status, 200);
        CHECK_NE(ask("GET", at, admin).body["yaml"], nullptr);
        REQUIRE_EQ(ask("PATCH", at, admin, {{"yaml", "- pipeline: site\n  actions: []\n"}}).status, 200);
        json again = tell;
        CHECK_EQ(ask("POST", at + "/actions", developer, again).message(),
                 "there is no integration \"" + team.slack.hash_id + "\" for this project");
        REQUIRE_EQ(ask("PATCH", slack, admin, {{"permissions", {{"others", "USE_ONLY"}}}}).status, 200);
        CHECK_EQ(ask("POST", at + "/actions", developer, again).status, 201);
    }
}
