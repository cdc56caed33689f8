// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string integrations = "/workspaces/acme/integrations";

std::string everything_below(const std::filesystem::path& folder) {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path(), std::ios::binary);
        std::stringstream bytes;
        bytes << in.rdbuf();
        all += bytes.str();
    }
    return all;
}

}  // namespace

TEST_SUITE("server.integrations") {
    TEST_CASE("added with Buddy's defaults, shown without its secret, found by what a file calls it") {
        api_world world;
        const std::string token = world.token(world.team.developer);
        const auto made = world.ask("POST", integrations, token,
                                    {{"name", "Buddy AWS"},
                                     {"type", "AMAZON"},
                                     {"scope", "WORKSPACE"},
                                     {"access_key", "AKIA_PLANTED_KEY"},
                                     {"secret_key", "planted/secret/value"}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["identifier"], "buddy_aws");
        CHECK_EQ(made.body["hash_id"].get<std::string>().size(), 24);
        CHECK_EQ(made.body["auth_type"], "DEFAULT");
        CHECK_EQ(made.body["all_pipelines_allowed"], true);
        CHECK_EQ(made.body["allowed_pipelines"], json::array());
        CHECK_EQ(made.body["project_name"], nullptr);
        CHECK_EQ(made.body["permissions"]["admins"], "MANAGE");
        CHECK_EQ(made.body["permissions"]["others"], "USE_ONLY");
        // Who made it can manage it.
        CHECK_EQ(made.body["permissions"]["users"],
                 json::array({{{"id", world.team.developer.value()}, {"access_level", "MANAGE"}}}));
        const std::string at = integrations + "/" + made.body["hash_id"].get<std::string>();
        for (const auto& reply : {made, world.ask("GET", at, token), world.ask("GET", integrations + "?", token)})
            CHECK_EQ(reply.text.find("planted"), std::string::npos);
        // Nor in any file: database, write-ahead log, key.
        const std::string stored = everything_below(world.folder());
        CHECK_EQ(stored.find("planted/secret/value"), std::string::npos);
        CHECK_EQ(stored.find("AKIA_PLANTED_KEY"), std::string::npos);
        const auto second =
            world.ask("POST", integrations, token, {{"name", "Buddy AWS"}, {"type", "GIT_HUB"}, {"token", "t"}});
        CHECK_EQ(second.body["identifier"], "buddy_aws_2");
    }

    TEST_CASE("what a type needs, and scopes that are no more, are said") {
        api_world world;
        const std::string token = world.token(world.team.admin);
        const auto message = [&](json body) { return world.ask("POST", integrations, token, body).message(); };
        CHECK_EQ(message({{"type", "AMAZON"}}), "`name` is missing");
        CHECK_EQ(message({{"name", "x"}, {"type", "AMAZN"}}),
                 "there is no integration type \"AMAZN\": did you mean AMAZON?");
        CHECK_EQ(message({{"name", "x"}, {"type", "AMAZON"}, {"access_key", "k"}}),
                 "`secret_key` is missing: an integration of the type AMAZON needs it");
        CHECK_EQ(message({{"name", "x"}, {"type", "GIT_HUB"}, {"token", 7}}), "`token` must be a text");
        for (const char* gone : {"PRIVATE", "ADMIN", "GROUP", "ADMIN_IN_PROJECT", "GROUP_IN_PROJECT"})
            CHECK_EQ(message({{"name", "x"}, {"type", "GIT_HUB"}, {"token", "t"}, {"scope", gone}}),
                     std::string("the scope ") + gone +
                         " was removed in July 2024: there are WORKSPACE and PROJECT, and permissions say who may do "
                         "what");
        CHECK_EQ(message({{"name", "x"}, {"type", "GIT_HUB"}, {"token", "t"}, {"scope", "PROJECT"}}),
                 "`project_name` is missing: the scope PROJECT is of one project");
        CHECK_EQ(message({{"name", "x"}, {"type", "GIT_HUB"}, {"token", "t"}, {"permissions", {{"others", "SOME"}}}}),
                 "`others` must be MANAGE, USE_ONLY or DENIED");
        // Roles stand in for keys.
        CHECK_EQ(world
                     .ask("POST", integrations, token,
                          {{"name", "a"},
                           {"type", "AMAZON"},
                           {"audience", "aud"},
                           {"auth_type", "OIDC"},
                           {"role_assumptions", json::array({{{"arn", "arn"}}})}})
                     .status,
                 201);
    }

    TEST_CASE("a change is partial, its permissions are whole, and admins denied reads as Delete-only") {
        api_world world;
        const std::string token = world.token(world.team.admin);
        const json deploy = {{"id", world.team.deploy.value()}};
        auto made = world.ask("POST", integrations, token,
                              {{"name", "gh"},
                               {"type", "GIT_HUB"},
                               {"token", "t"},
                               {"all_pipelines_allowed", false},
                               {"allowed_pipelines", json::array({deploy})}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["allowed_pipelines"][0]["name"], "deploy");
        const std::string at = integrations + "/" + made.body["hash_id"].get<std::string>();
        const auto renamed = world.ask("PATCH", at, token, {{"name", "gh2"}});
        CHECK_EQ(renamed.body["name"], "gh2");
        CHECK_EQ(renamed.body["identifier"], "gh");
        CHECK_EQ(renamed.body["allowed_pipelines"].size(), 1);
        const auto closed =
            world.ask("PATCH", at, token,
                      {{"permissions",
                        {{"admins", "DENIED"},
                         {"others", "DENIED"},
                         {"users", json::array({{{"id", world.team.admin.value()}, {"access_level", "MANAGE"}}})},
                         {"groups", nullptr}}}});
        CHECK_EQ(closed.body["permissions"]["admins"], "DELETE_ONLY");
        CHECK_EQ(closed.body["permissions"]["users"].size(), 1);
        const auto emptied = world.ask("PATCH", at, token, {{"allowed_pipelines", json::array()}});
        CHECK_EQ(emptied.body["allowed_pipelines"].size(), 0);
        CHECK_EQ(emptied.body["all_pipelines_allowed"], false);
        CHECK_EQ(world.ask("PATCH", at, token, {{"allowed_pipelines", json::array({{{"id", 999}}})}}).status, 400);
        CHECK_EQ(world.ask("PATCH", at, token, {{"scope", "PROJECT"}}).status, 422);
        // The owner is an administrator: Delete-only sees and deletes, and does nothing else.
        const std::string owner = world.token(world.team.owner);
        CHECK_EQ(world.ask("GET", at, owner).status, 200);
        CHECK_EQ(world.ask("PATCH", at, owner, {{"name", "x"}}).status, 403);
        CHECK_EQ(world.ask("DELETE", at, owner).status, 204);
        CHECK_EQ(world.ask("GET", at, token).status, 404);
    }

    TEST_CASE("who may not know of it gets the answer of one that is not there") {
        api_world world;
        const std::string admin = world.token(world.team.admin);
        const std::string at = integrations + "/" + world.team.slack.hash_id;
        REQUIRE_EQ(world.ask("PATCH", at, admin, {{"permissions", {{"others", "DENIED"}}}}).status, 200);
        const std::string token = world.token(world.team.developer);
        const auto absent = integrations + "/000000000000000000000000";
        for (const char* method : {"GET", "PATCH", "DELETE"}) {
            const auto hidden = world.ask(method, at, token, {{"name", "x"}});
            const auto nothing = world.ask(method, absent, token, {{"name", "x"}});
            CHECK_EQ(hidden.status, 404);
            CHECK_EQ(hidden.text, nothing.text);
        }
        CHECK_EQ(world.ask("GET", integrations, token).body["integrations"].size(), 0);
        CHECK_EQ(world.ask("GET", integrations, admin).body["integrations"].size(), 1);
        // One of another workspace is not there either, whatever its hash.
        CHECK_EQ(world
                     .ask("GET", "/workspaces/other/integrations/" + world.team.slack.hash_id,
                          world.token(world.team.stranger))
                     .status,
                 404);
    }

    TEST_CASE("an integration of a project is added by who may change its pipelines, and filtered by it") {
        api_world world;
        const json wanted = {
            {"name", "web"}, {"type", "GIT_HUB"}, {"token", "t"}, {"scope", "PROJECT"}, {"project_name", "web"}};
        CHECK_EQ(world.ask("POST", integrations, world.token(world.team.outsider), wanted).status, 404);
        CHECK_EQ(world.ask("POST", integrations, world.token(world.team.viewer), wanted).status, 403);
        const auto made = world.ask("POST", integrations, world.token(world.team.developer), wanted);
        REQUIRE_EQ(made.status, 201);
        CHECK_EQ(made.body["project_name"], "web");
        const std::string admin = world.token(world.team.admin);
        REQUIRE_EQ(world.ask("POST", "/workspaces/acme/projects", admin, {{"name", "api"}}).status, 201);
        CHECK_EQ(world.ask("GET", integrations + "?project_name=web", admin).body["integrations"].size(), 2);
        CHECK_EQ(world.ask("GET", integrations + "?project_name=api", admin).body["integrations"].size(), 1);
    }

    TEST_CASE("two hundred changes at the same time lose nothing, and If-Match tells who was late") {
        api_world world;
        const std::string token = world.token(world.team.admin);
        const std::string at = integrations + "/" + world.team.slack.hash_id;
        const auto before = world.ask("GET", at, token);
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 8; ++t)
                threads.emplace_back([&, t] {
                    for (int i = 0; i < 25; ++i) {
                        // Each changes a thing of its own: the last name wins, and no row is lost.
                        const auto reply =
                            t % 2 == 0 ? world.ask("PATCH", at, token, {{"name", "n" + std::to_string(i)}})
                                       : world.ask("PATCH", at, token, {{"host_url", "h" + std::to_string(i)}});
                        if (reply.status != 200) std::abort();
                    }
                });
        }
        const auto after = world.ask("GET", at, token);
        CHECK_EQ(after.body["name"], "n24");
        CHECK_EQ(after.body["host_url"], "h24");
        CHECK_EQ(after.body["empty"], "");
        const auto late = world.ask("PATCH", at, token, {{"name", "x"}}, {{"If-Match", before.headers.at("etag")}});
        CHECK_EQ(late.status, 412);
        CHECK_EQ(world.ask("PATCH", at, token, {{"name", "y"}}, {{"If-Match", after.headers.at("etag")}}).status,
                 200);
    }
}
