// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string pipelines_at = "/workspaces/acme/projects/web/pipelines";

std::string notify(const std::string& name, const std::string& integration) {
    return "- pipeline: \"" + name +
           "\"\n  actions:\n    - action: Tell\n      type: SLACK\n      channel: c\n"
           "      content: done\n      integration: " +
           integration + "\n";
}

}  // namespace

TEST_SUITE("server.pipelines") {
    TEST_CASE("made by its name alone it has the API's defaults, and a change is partial") {
        api_world world;
        const std::string token = world.token(world.team.developer);
        const auto made = world.ask(
            "POST", pipelines_at, token,
            {{"name", "Build"},
             {"manage_variables_by_yaml", nullptr},
             {"events",
              json::array(
                  {{{"type", "PUSH"}, {"refs", {"refs/heads/main"}}, {"events", nullptr}, {"branches", nullptr}}})}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        for (const auto& [name, value] :
             std::vector<std::pair<std::string, json>>{{"priority", "NORMAL"},
                                                       {"always_from_scratch", false},
                                                       {"cpu", "X64"},
                                                       {"fail_on_prepare_env_warning", true},
                                                       {"refs", json::array()},
                                                       {"git_config_ref", "NONE"},
                                                       {"git_config", nullptr},
                                                       {"definition_source", "LOCAL"},
                                                       {"target_site_url", nullptr},
                                                       {"last_execution_status", "INITIAL"},
                                                       {"remote_branch", nullptr},
                                                       {"git_changeset_base", "LATEST_RUN"},
                                                       {"clone_depth", 0},
                                                       {"pause_on_repeated_failures", 0},
                                                       {"manage_permissions_by_yaml", false}})
            CHECK_EQ(made.body[name], value);
        CHECK_EQ(made.body["permissions"],
                 json({{"others", "DEFAULT"}, {"users", json::array()}, {"groups", json::array()}}));
        CHECK_EQ(made.body["events"][0]["branches"], json::array());
        CHECK_EQ(made.body["creator"]["id"], world.team.developer.value());
        const std::string at = pipelines_at + "/" + std::to_string(made.body["id"].get<int>());
        const auto changed = world.ask(
            "PATCH", at, token,
            {{"priority", "HIGH"},
             {"permissions",
              {{"others", "DENIED"},
               {"users", json::array({{{"id", world.team.viewer.value()}, {"access_level", "RUN_ONLY"}},
                                      {{"id", world.team.developer.value()}, {"access_level", "READ_WRITE"}}})}}}});
        REQUIRE_MESSAGE(changed.status == 200, changed.text);
        CHECK_EQ(changed.body["priority"], "HIGH");
        CHECK_EQ(changed.body["events"].size(), 1);
        CHECK_EQ(world.ask("PATCH", at, token, {{"priority", "URGENT"}}).message(),
                 "`priority` must be one of LOW, NORMAL, HIGH");
        CHECK_EQ(world.ask("PATCH", at, token, {{"priority", "LOW NORMAL"}}).status, 400);
        // Run-only sees it and changes nothing; who is denied does not see it, in no list either.
        const std::string viewer = world.token(world.team.viewer);
        CHECK_EQ(world.ask("GET", at, viewer).status, 200);
        CHECK_EQ(world.ask("PATCH", at, viewer, {{"priority", "LOW"}}).status, 403);
        REQUIRE_EQ(
            world
                .ask("PATCH", at, token,
                     {{"permissions",
                       {{"others", "DENIED"},
                        {"users",
                         json::array({{{"id", world.team.developer.value()}, {"access_level", "READ_WRITE"}}})}}}})
                .status,
            200);
        CHECK_EQ(world.ask("GET", at, viewer).status, 404);
        CHECK_EQ(world.ask("GET", pipelines_at, viewer).body["pipelines"].size(), 1);
        CHECK_EQ(world.ask("GET", pipelines_at, token).body["pipelines"].size(), 2);
        CHECK_EQ(world.ask("POST", pipelines_at, token, {{"name", "Build"}}).status, 409);
        CHECK_EQ(world.ask("DELETE", at, token).status, 204);
        CHECK_EQ(world.ask("GET", at, token).status, 404);
    }

    TEST_CASE("a definition has to be readable, of this pipeline, and name integrations that its writer may use") {
        api_world world;
        const std::string token = world.token(world.team.developer);
        const auto message = [&](const std::string& yaml) {
            return world.ask("POST", pipelines_at, token, {{"name", "Tell"}, {"yaml", yaml}}).message();
        };
        CHECK_NE(message("- pipeline: Tell\n  actions:\n    - action: x\n").find("definition:3:7: error[P027]"),
                 std::string::npos);
        CHECK_EQ(message(notify("Other", "slack_prod")),
                 "the definition is of a pipeline \"Other\", and this one is \"Tell\"");
        CHECK_EQ(message(notify("Tell", "nobody_knows")),
                 "there is no integration \"nobody_knows\" for this project");
        const auto made =
            world.ask("POST", pipelines_at, token, {{"name", "Tell"}, {"yaml", notify("Tell", "Slack_Prod")}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        const std::string at = pipelines_at + "/" + std::to_string(made.body["id"].get<int>());
        // Denied: it is as if it were not there. What the pipeline named before may stay.
        const std::string admin = world.token(world.team.admin);
        const std::string slack = "/workspaces/acme/integrations/" + world.team.slack.hash_id;
        REQUIRE_EQ(world.ask("PATCH", slack, admin, {{"permissions", {{"others", "DENIED"}}}}).status, 200);
        CHECK_EQ(message(notify("Tell", "slack_prod")), "there is no integration \"slack_prod\" for this project");
        const auto kept = notify("Tell", "Slack_Prod") + "      trigger_time: ON_FAILURE\n";
        CHECK_EQ(world.ask("PATCH", at, token, {{"yaml", kept}}).status, 200);
        CHECK_EQ(world.ask("GET", at, admin).body["yaml"], kept);
        // Nor is it shown to them who uses it.
        CHECK_EQ(world.ask("GET", at, token).body["yaml"], nullptr);
    }
}
