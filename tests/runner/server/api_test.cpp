// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

TEST_SUITE("server.api") {
    TEST_CASE("addresses: with and without /api, with a last slash, with a token in the query") {
        api_world world;
        const std::string token = world.token(world.team.owner);
        for (const char* target : {"/workspaces/acme", "/api/workspaces/acme", "/workspaces/acme/",
                                   "/workspaces/acme?unknown=1&", "/workspaces/%61cme"})
            CHECK_EQ(world.ask("GET", target, token).body["domain"], "acme");
        CHECK_EQ(world.ask("GET", "/workspaces?access_token=" + token, "").status, 200);
        const auto below = world.ask("GET", "/api/workspaces/acme", token).body["url"].get<std::string>();
        CHECK_EQ(below, "http://127.0.0.1:" + std::to_string(world.port()) + "/api/workspaces/acme");
        CHECK_EQ(world.ask("GET", "/nothing", token).message(), "there is nothing at this address");
        const auto wrong = world.ask("PUT", "/workspaces/acme", token);
        CHECK_EQ(wrong.status, 405);
        CHECK_EQ(wrong.headers.at("allow"), "GET, PATCH, DELETE");
    }

    TEST_CASE("headers: limits, scopes and a request's id") {
        api_world world(3);
        const std::string token = world.token(world.team.owner, {"WORKSPACE"});
        const auto first = world.ask("GET", "/workspaces", token);
        CHECK_EQ(first.headers.at("x-rate-limit-limit"), "3");
        CHECK_EQ(first.headers.at("x-rate-limit-remaining"), "2");
        CHECK_GT(std::stoll(first.headers.at("x-rate-limit-reset")), 1'700'000'000);
        CHECK_EQ(first.headers.at("x-0auth-scopes"), "WORKSPACE");
        CHECK_EQ(first.headers.at("x-accepted-0auth-scopes"), "WORKSPACE");
        CHECK_EQ(first.headers.at("cache-control"), "no-store");
        CHECK_FALSE(first.headers.at("x-request-id").empty());
        world.ask("GET", "/workspaces", token);
        world.ask("GET", "/workspaces", token);
        const auto over = world.ask("GET", "/workspaces", token);
        CHECK_EQ(over.status, 429);
        CHECK_EQ(over.message(), "Rate limit exceeded.");
        // Of one user, not of all.
        CHECK_EQ(world.ask("GET", "/workspaces", world.token(world.team.admin)).status, 200);
    }

    TEST_CASE("bodies that are no JSON, too deep, or say a thing twice are refused") {
        api_world world;
        const std::string token = world.token(world.team.owner);
        const std::string at = "/workspaces/acme/groups";
        for (const auto& [body, message] : std::vector<std::pair<std::string, std::string>>{
                 {"{", "the body is no JSON"},
                 {"[]", "the body must be an object"},
                 {"\"x\"", "the body must be an object"},
                 {"{\"name\":1}", "`name` must be a text"},
                 {"{\"name\":null}", "a group needs a name"},
                 {"{\"name\":\"a\",\"name\":\"b\"}", "the body has `name` twice in one object"},
                 {"{\"x\":" + std::string(100'000, '[') + "}", "the body is nested too deeply"},
                 {"{\"name\":\"\xff\"}", "the body is no JSON"}}) {
            const auto reply = world.ask_text("POST", at, token, body);
            CAPTURE(body.substr(0, 40));
            CHECK_EQ(reply.status, 400);
            CHECK_EQ(reply.message(), message);
        }
        CHECK_EQ(world.ask_text("POST", at, token, std::string(2'000'000, ' ')).status, 413);
    }

    TEST_CASE("tokens: shown once, good until removed or expired, from their addresses, in their workspaces") {
        api_world world;
        const std::string token = world.token(world.team.developer);
        const auto made = world.ask("POST", "/user/tokens", token,
                                    {{"name", "ci"},
                                     {"expires_in", 30},
                                     {"scopes", {"WORKSPACE", "TOKEN_READ"}},
                                     {"ip_restrictions", {"127.0.0.0/8"}},
                                     {"workspace_restrictions", {"acme"}}});
        REQUIRE_EQ(made.status, 201);
        const auto secret = made.body["token"].get<std::string>();
        const auto id = made.body["id"].get<std::string>();
        CHECK_EQ(made.body["scopes"], json({"WORKSPACE", "TOKEN_INFO"}));
        CHECK_EQ(world.ask("GET", "/workspaces/acme", secret).status, 200);
        CHECK_EQ(world.ask("GET", "/user/token", secret).body["id"], id);
        for (const char* target : {"/user/token", "/user/tokens", ("/user/tokens/")})
            CHECK_EQ(world.ask("GET", target, secret).text.find(secret), std::string::npos);
        CHECK_EQ(world.ask("DELETE", "/user/tokens/" + id, token).status, 204);
        CHECK_EQ(world.ask("GET", "/workspaces/acme", secret).status, 401);
        CHECK_EQ(world.ask("GET", "/workspaces/acme", "lk_wrong").message(),
                 "the token is not valid here: it is unknown, has expired, or is for other addresses");

        store::access_token_record elsewhere;
        elsewhere.user = elsewhere.created_by = world.team.developer;
        elsewhere.scopes = {"WORKSPACE"};
        elsewhere.hash = std::string(64, 'e');
        elsewhere.addresses = {"10.0.0.0/8"};
        const auto record = world.stores().tokens->add(elsewhere).value();
        CHECK_EQ(record.addresses.size(), 1);
    }

    TEST_CASE("a token makes none that can do more than it") {
        api_world world;
        const std::string narrow = world.token(world.team.admin, {"TOKEN_MANAGE"});
        const auto wider = world.ask("POST", "/user/tokens", narrow, {{"name", "x"}, {"scopes", {"WORKSPACE"}}});
        CHECK_EQ(wider.status, 403);
        CHECK_EQ(wider.message(), "the token that makes this one lacks the scope WORKSPACE itself");
        const auto same = world.ask("POST", "/user/tokens", narrow, {{"name", "x"}, {"scopes", {"TOKEN_INFO"}}});
        CHECK_EQ(same.status, 201);
        // An administrator makes one for a machine's account, and none for the owner.
        const std::string full = world.token(world.team.admin);
        const std::string base = "/latchkey/v1/workspaces/acme/members/";
        const json wanted = {{"name", "bot"}, {"scopes", {"WORKSPACE"}}};
        const auto for_dev =
            world.ask("POST", base + std::to_string(world.team.developer.value()) + "/tokens", full, wanted);
        REQUIRE_EQ(for_dev.status, 201);
        CHECK_EQ(for_dev.body["workspace_restrictions"], json({"acme"}));
        CHECK_EQ(world.ask("GET", "/user", world.token(world.team.developer)).body["id"],
                 world.team.developer.value());
        CHECK_EQ(world.ask("POST", base + std::to_string(world.team.owner.value()) + "/tokens", full, wanted).status,
                 403);
        CHECK_EQ(
            world.ask("POST", base + std::to_string(world.team.stranger.value()) + "/tokens", full, wanted).status,
            404);
        const std::string developer = world.token(world.team.developer);
        CHECK_EQ(
            world.ask("POST", base + std::to_string(world.team.viewer.value()) + "/tokens", developer, wanted).status,
            403);
    }

    TEST_CASE("members, groups, permission sets, projects and roles as the API's clients write them") {
        api_world world;
        const std::string token = world.token(world.team.owner);
        const auto added = world.ask("POST", "/workspaces/acme/members", token, {{"email", "new@acme.test"}});
        REQUIRE_EQ(added.status, 201);
        CHECK_EQ(added.body["email"], "new@acme.test");
        CHECK_EQ(added.body["admin"], false);
        CHECK_EQ(added.body["workspace_owner"], false);
        const std::string member = "/workspaces/acme/members/" + std::to_string(added.body["id"].get<int>());
        CHECK_EQ(world.ask("PATCH", member, token, {{"admin", true}}).body["admin"], true);
        CHECK_EQ(world.ask("POST", "/workspaces/acme/members", token, {{"email", "new@acme.test"}}).status, 409);

        const auto set = world.ask("POST", "/workspaces/acme/permissions", token,
                                   {{"name", "Runner"},
                                    {"pipeline_access_level", "RUN_ONLY"},
                                    {"repository_access_level", "READ_ONLY"},
                                    {"project_team_access_level", nullptr}});
        REQUIRE_EQ(set.status, 201);
        CHECK_EQ(set.body["type"], "CUSTOM");
        CHECK_EQ(set.body["pipeline_access_level"], "RUN_ONLY");
        CHECK_EQ(
            world.ask("POST", "/workspaces/acme/permissions", token, {{"name", "x"}, {"sandbox_access_level", "ALL"}})
                .message(),
            "`sandbox_access_level` must be one of DENIED, READ_ONLY, READ_WRITE");
        CHECK_EQ(world.ask("GET", "/workspaces/acme/permissions", token).body["permission_sets"].size(), 4);

        const auto group = world.ask("POST", "/workspaces/acme/groups", token, {{"name", "ops"}});
        REQUIRE_EQ(group.status, 201);
        CHECK_EQ(group.body["description"], nullptr);
        const std::string ops = "/workspaces/acme/groups/" + std::to_string(group.body["id"].get<int>());
        const auto in = world.ask("POST", ops + "/members", token, {{"id", added.body["id"]}});
        REQUIRE_EQ(in.status, 201);
        CHECK_EQ(in.body["status"], "MEMBER");
        const std::string inside = ops + "/members/" + std::to_string(added.body["id"].get<int>());
        CHECK_EQ(world.ask("PATCH", inside, token, {{"status", "MANAGER"}}).body["status"], "MANAGER");
        CHECK_EQ(world.ask("DELETE", inside, token).status, 204);
        CHECK_EQ(world.ask("GET", inside, token).status, 404);

        const auto project =
            world.ask("POST", "/workspaces/acme/projects", token, {{"display_name", "Company Website!"}});
        REQUIRE_EQ(project.status, 201);
        CHECK_EQ(project.body["name"], "company-website");
        CHECK_EQ(project.body["access"], "PRIVATE");
        CHECK_EQ(project.body["created_by"]["workspace_owner"], true);
        const std::string site = "/workspaces/acme/projects/company-website";
        const auto role =
            world.ask("POST", site + "/members", token,
                      {{"id", world.team.viewer.value()}, {"permission_set", {{"id", set.body["id"]}}}});
        REQUIRE_EQ(role.status, 201);
        CHECK_EQ(role.body["permission_set"]["name"], "Runner");
        CHECK_EQ(world.ask("GET", site + "/members", token).body["members"].size(), 2);
        CHECK_EQ(world.ask("GET", site, world.token(world.team.viewer)).status, 200);
        CHECK_EQ(world.ask("GET", site, world.token(world.team.developer)).status, 404);
        CHECK_EQ(world.ask("PATCH", site, token, {{"display_name", "Site"}}).body["display_name"], "Site");
        CHECK_EQ(world.ask("DELETE", site, token).status, 204);
        CHECK_EQ(world.ask("GET", site, token).status, 404);
    }

    TEST_CASE("lists end with an empty page, and odd page numbers are refused") {
        api_world world;
        const std::string token = world.token(world.team.owner);
        CHECK_EQ(world.ask("GET", "/workspaces/acme/members?per_page=2", token).body["members"].size(), 2);
        CHECK_EQ(world.ask("GET", "/workspaces/acme/members?per_page=2&page=3", token).body["members"].size(), 1);
        CHECK_EQ(world.ask("GET", "/workspaces/acme/members?per_page=2&page=9", token).body["members"].size(), 0);
        const auto by_email =
            world.ask("GET", "/workspaces/acme/members?sort_by=email&sort_direction=DESC", token).body["members"];
        CHECK_EQ(by_email[0]["email"], "vi@acme.test");
        for (const char* odd : {"0", "-1", "x", "99999999999999999999", "1e3", ""})
            CHECK_EQ(world.ask("GET", std::string("/workspaces/acme/members?page=") + odd, token).status, 400);
    }

    TEST_CASE("a new workspace has its owner and three permission sets, and is nobody else's") {
        api_world world;
        const std::string token = world.token(world.team.stranger);
        const auto made = world.ask("POST", "/workspaces", token, {{"domain", "fresh"}, {"encryption_salt", "x"}});
        REQUIRE_EQ(made.status, 201);
        CHECK_EQ(made.body["name"], "fresh");
        CHECK_EQ(made.body["owner_id"], world.team.stranger.value());
        CHECK_EQ(world.ask("GET", "/workspaces/fresh/permissions", token).body["permission_sets"].size(), 3);
        CHECK_EQ(world.ask("GET", "/workspaces/fresh", world.token(world.team.owner)).status, 404);
        CHECK_EQ(world.ask("DELETE", "/workspaces/fresh", token).status, 204);
        CHECK_EQ(world.ask("GET", "/workspaces/fresh", token).status, 404);
    }
}
