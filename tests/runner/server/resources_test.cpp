// SPDX-License-Identifier: Apache-2.0
// Webhooks, environments, addresses and keys, sign-on and badges over HTTP.
#include "tests/runner/server/api_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string webhooks = "/workspaces/acme/webhooks";
const std::string environments = "/workspaces/acme/environments";
constexpr const char* public_key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEAyCk0yvVTITqOIeNC0vYABAezNEAPQuzOZX/3tSgO9 a comment";

}  // namespace

TEST_SUITE("server.resources") {
    TEST_CASE("webhooks are for administrators, and their secret never comes back") {
        api_world world;
        const std::string admin = world.token(world.team.admin);
        const std::string developer = world.token(world.team.developer);
        const json body = {{"target_url", "https://hooks.example.test/x"},
                           {"secret_key", "planted-secret"},
                           {"events", {"PUSH", "EXECUTION_FAILED"}},
                           {"projects", {"web"}}};
        CHECK_EQ(world.ask("POST", webhooks, developer, body).status, 403);
        CHECK_EQ(world.ask("GET", webhooks, developer).status, 403);
        const auto made = world.ask("POST", webhooks, admin, body);
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["target_url"], "https://hooks.example.test/x");
        CHECK_EQ(made.body["secret_key"], nullptr);
        CHECK_EQ(made.body["projects"], json::array({"web"}));
        CHECK_EQ(made.body["requests"], json::array());
        const std::string at = webhooks + "/" + std::to_string(made.body["id"].get<int>());
        const auto changed = world.ask("PATCH", at, admin, {{"projects", json::array()}, {"secret_key", nullptr}});
        CHECK_EQ(changed.body["projects"], json::array());
        CHECK_EQ(changed.body["events"].size(), 2);
        const policy::webhook_id id(made.body["id"].get<std::int64_t>());
        auto kept = world.stores().hooks->get(world.team.acme, id).value();
        REQUIRE(kept.secret.has_value());
        CHECK_EQ(kept.secret->bytes.find("planted-secret"), std::string::npos);
        CHECK_EQ(world.ask("PATCH", at, admin, {{"secret_key", ""}}).status, 200);
        CHECK_FALSE(world.stores().hooks->get(world.team.acme, id).value().secret.has_value());
        // What was sent, the newest first.
        auto& hooks = *world.stores().hooks;
        REQUIRE_EQ(hooks.enqueue(world.team.web, "PUSH", "{\"n\":1}", policy::time_point()).value(), 1);
        const auto due = hooks.claim(1, policy::time_point(), std::chrono::milliseconds(1000)).value();
        REQUIRE_EQ(due.size(), 1);
        REQUIRE(hooks.finish(due[0].id, 1, {"200", true, {}}, policy::time_point()).has_value());
        const auto seen = world.ask("GET", at, admin).body["requests"];
        CHECK_EQ(seen,
                 json::array(
                     {{{"post_date", "1970-01-01T00:00:00Z"}, {"response_status", "200"}, {"body", "{\"n\":1}"}}}));
        CHECK_EQ(world.ask("GET", webhooks, admin).body["webhooks"].size(), 1);
        const auto message = [&](json more) {
            json all = body;
            all.update(more);
            return world.ask("POST", webhooks, admin, all).message();
        };
        for (const char* bad :
             {"ftp://x", "https://", "http:// x", "javascript:alert(1)", "https://:80", "https://a\nb"})
            CHECK_EQ(message({{"target_url", bad}}),
                     "`target_url` must be an address that begins with http:// or https://");
        CHECK_EQ(message({{"events", {"PULL"}}}),
                 "there is no event \"PULL\": there are PUSH, EXECUTION_STARTED, EXECUTION_SUCCESSFUL, "
                 "EXECUTION_FAILED and EXECUTION_FINISHED");
        CHECK_EQ(message({{"events", json::array()}}), "`events` is missing: say what the webhook is told of");
        CHECK_EQ(message({{"projects", {"nope"}}}), "there is no project \"nope\"");
        CHECK_EQ(world.ask("DELETE", at, admin).status, 204);
        CHECK_EQ(world.ask("GET", at, admin).status, 404);
    }

    TEST_CASE("environments are made, changed, hidden from whom they deny, and have variables of their own") {
        api_world world;
        const std::string admin = world.token(world.team.admin);
        const std::string developer = world.token(world.team.developer);
        const std::string viewer = world.token(world.team.viewer);
        const auto made =
            world.ask("POST", environments, admin,
                      {{"name", "Live Site"},
                       {"project", {{"name", "web"}}},
                       {"scope", "PROJECT"},
                       {"tags", {"eu"}},
                       {"allowed_pipelines", json::array({{{"project", "web"}, {"pipeline", "deploy"}}})}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["identifier"], "live_site");
        CHECK_EQ(made.body["scope"], "PROJECT");
        CHECK_EQ(made.body["project"]["name"], "web");
        CHECK_EQ(made.body["pipelines_access_level"], "USE_ONLY");
        CHECK_EQ(made.body["permissions"]["others"], "DEFAULT");
        CHECK_EQ(made.body["allowed_pipelines"][0]["access_level"], "USE_ONLY");
        CHECK_EQ(made.body["variables"], json::array());
        CHECK_EQ(made.body["base_only"], false);
        const std::string id = made.body["id"];
        const std::string at = environments + "/" + id;
        CHECK_EQ(world.ask("GET", at, developer).status, 200);
        CHECK_EQ(world.ask("GET", at, viewer).status, 404);
        CHECK_EQ(world.ask("GET", environments, viewer).body["environments"].size(), 0);
        CHECK_EQ(world.ask("PATCH", at, developer, {{"name", "x"}}).status, 403);
        CHECK_EQ(world.ask("POST", environments, developer, {{"name", "x"}, {"project", {{"name", "web"}}}}).status,
                 403);
        CHECK_EQ(world.ask("POST", environments, developer, {{"name", "x"}}).status, 403);
        const auto opened = world.ask(
            "PATCH", at, admin,
            {{"permissions",
              {{"others", "DENIED"},
               {"users", nullptr},
               {"groups", json::array({{{"id", world.team.viewers.value()}, {"access_level", "USE_ONLY"}}})}}}});
        REQUIRE_MESSAGE(opened.status == 200, opened.text);
        CHECK_EQ(opened.body["name"], "Live Site");
        CHECK_EQ(opened.body["tags"], json::array({"eu"}));
        CHECK_EQ(world.ask("GET", at, developer).status, 404);
        CHECK_EQ(world.ask("GET", at, viewer).status, 200);
        // Variables of it.
        const std::string variables = "/workspaces/acme/variables";
        const json variable = {
            {"key", "K"}, {"value", "planted"}, {"encrypted", true}, {"environment", {{"id", id}}}};
        CHECK_EQ(world.ask("POST", variables, developer, variable).status, 404);
        CHECK_EQ(world.ask("POST", variables, viewer, variable).status, 403);
        CHECK_EQ(world.ask("POST", variables, admin, variable).body["environment"]["id"], id);
        CHECK_EQ(world.ask("GET", variables + "?environment_id=" + id, viewer).body["variables"].size(), 1);
        CHECK_EQ(world.ask("GET", variables + "?environment_id=" + id, developer).status, 404);
        const auto full = world.ask("GET", at, viewer);
        CHECK_EQ(full.body["variables"][0]["key"], "K");
        CHECK_EQ(full.text.find("planted"), std::string::npos);
        const std::string without = world.token(world.team.viewer, {"ENVIRONMENT_READ"});
        CHECK_EQ(world.ask("GET", at, without).body["variables"][0]["value"], nullptr);
        // Of the workspace.
        const auto wide = world.ask("POST", environments, admin, {{"name", "All"}, {"scope", "WORKSPACE"}});
        CHECK_EQ(wide.body["project"], nullptr);
        CHECK_EQ(world.ask("GET", environments + "?project_name=web", admin).body["environments"].size(), 1);
        CHECK_EQ(world.ask("GET", environments, admin).body["environments"].size(), 2);
        CHECK_EQ(world.ask("POST", environments, admin, {{"name", "All"}}).status, 409);
        CHECK_EQ(world.ask("PATCH", at, admin, {{"scope", "WORKSPACE"}}).status, 422);
        CHECK_EQ(world.ask("POST", environments, admin, {{"name", "x"}, {"scope", "PROJECT"}}).status, 400);
        CHECK_EQ(world.ask("PATCH", at, admin, {{"pipelines_access_level", "MANAGE"}}).status, 400);
        CHECK_EQ(world.ask("DELETE", at, viewer).status, 403);
        CHECK_EQ(world.ask("DELETE", at, admin).status, 204);
        CHECK_EQ(world.ask("GET", at, admin).status, 404);
    }

    TEST_CASE("addresses and keys are their owner's") {
        api_world world;
        const std::string viewer = world.token(world.team.viewer);
        const std::string other = world.token(world.team.developer);
        const auto added = world.ask("POST", "/user/emails", viewer, {{"email", "second@acme.test"}});
        REQUIRE_MESSAGE(added.status == 201, added.text);
        CHECK_EQ(added.body["confirmed"], false);
        const json all = world.ask("GET", "/user/emails", viewer).body["emails"];
        CHECK_EQ(all, json::array({{{"email", "vi@acme.test"}, {"confirmed", true}},
                                   {{"email", "second@acme.test"}, {"confirmed", false}}}));
        CHECK_EQ(world.ask("POST", "/user/emails", viewer, {{"email", "olga@acme.test"}}).message(),
                 "that address is taken");
        CHECK_EQ(world.ask("POST", "/user/emails", viewer, {{"email", "x"}}).status, 400);
        CHECK_EQ(world.ask("DELETE", "/user/emails/vi%40acme.test", viewer).status, 422);
        CHECK_EQ(world.ask("DELETE", "/user/emails/second@acme.test", other).status, 404);
        CHECK_EQ(world.ask("DELETE", "/user/emails/second%40acme.test", viewer).status, 204);
        const auto key = world.ask("POST", "/user/keys", viewer, {{"content", public_key}});
        REQUIRE_MESSAGE(key.status == 201, key.text);
        CHECK_EQ(key.body["title"], "a comment");
        CHECK_EQ(key.body["content"], public_key);
        CHECK_EQ(key.body["fingerprint"], "SHA256:RPMdq9r0iWUKrpUG8wo8qIMCEuh79BoU2i4mjGlbe8s");
        const std::string at = "/user/keys/" + std::to_string(key.body["id"].get<int>());
        CHECK_EQ(world.ask("GET", at, viewer).status, 200);
        CHECK_EQ(world.ask("GET", "/user/keys", viewer).body["keys"].size(), 1);
        CHECK_EQ(world.ask("GET", at, other).status, 404);
        CHECK_EQ(world.ask("DELETE", at, other).status, 404);
        CHECK_EQ(world.ask("POST", "/user/keys", viewer, {{"content", public_key}}).status, 409);
        CHECK_EQ(world.ask("POST", "/user/keys", viewer, {{"content", "ssh-rsa nonsense"}}).status, 400);
        CHECK_EQ(world.ask("DELETE", at, viewer).status, 204);
        CHECK_EQ(world.ask("GET", at, viewer).status, 404);
    }

    TEST_CASE("sign-on is not there until it is enabled") {
        api_world world;
        const std::string admin = world.token(world.team.admin);
        const std::string sso = "/workspaces/acme/sso";
        CHECK_EQ(world.ask("GET", sso, admin).status, 404);
        CHECK_EQ(world.ask("PATCH", sso, admin, {{"issuer", "x"}}).status, 404);
        CHECK_EQ(world.ask("POST", "/workspaces/acme/enable-sso", world.token(world.team.developer)).status, 403);
        const auto enabled = world.ask("POST", "/workspaces/acme/enable-sso", admin);
        CHECK_EQ(enabled.status, 204);
        CHECK_EQ(enabled.text, "");
        const auto fresh = world.ask("GET", sso, admin);
        CHECK_EQ(fresh.body["signature_method"], "sha256");
        CHECK_EQ(fresh.body["issuer"], nullptr);
        CHECK_EQ(fresh.body["require_sso_for_all_members"], false);
        const auto changed = world.ask("PATCH", sso, admin,
                                       {{"type", "OIDC"},
                                        {"issuer", "https://id.example.test"},
                                        {"client_id", "latchkey"},
                                        {"client_secret", "planted-secret"},
                                        {"sso_url", nullptr},
                                        {"require_sso_for_all_members", true}});
        REQUIRE_MESSAGE(changed.status == 200, changed.text);
        CHECK_EQ(changed.body["client_id"], "latchkey");
        CHECK_EQ(changed.body["client_secret"], nullptr);
        CHECK_EQ(changed.body["require_sso_for_all_members"], true);
        // From now on tokens that members have made for themselves are refused; owners get in, and so do services.
        const auto refused = world.ask("GET", sso, admin);
        CHECK_EQ(refused.status, 403);
        CHECK_NE(refused.message().find("/latchkey/v1/login/oidc"), std::string::npos);
        CHECK_EQ(world.ask("GET", "/workspaces/acme", world.token(world.team.developer)).status, 403);
        const std::string owner = world.token(world.team.owner);
        const auto service = world.ask(
            "POST",
            "/latchkey/v1/workspaces/acme/members/" + std::to_string(world.team.developer.value()) + "/tokens", owner,
            {{"name", "robot"}, {"scopes", {"WORKSPACE"}}});
        REQUIRE_MESSAGE(service.status == 201, service.text);
        CHECK_EQ(world.ask("GET", "/workspaces/acme", service.body["token"]).status, 200);
        CHECK_EQ(world.ask("PATCH", sso, owner, {{"digest_method", "md5"}}).message(),
                 "`digest_method` must be one of sha1 sha256 sha512");
        CHECK_EQ(world.ask("POST", "/workspaces/acme/disable-sso", owner).status, 204);
        CHECK_EQ(world.ask("GET", "/workspaces/acme", world.token(world.team.developer)).status, 200);
        CHECK_EQ(world.ask("GET", sso, admin).status, 404);
        CHECK_EQ(world.ask("POST", "/workspaces/acme/enable-sso", admin).status, 204);
        CHECK_EQ(world.ask("GET", sso, owner).body["issuer"], "https://id.example.test");
    }

    TEST_CASE("a badge is for who has its address, and says one word") {
        api_world world;
        const std::string viewer = world.token(world.team.viewer);
        const std::string at = "/workspaces/acme/projects/web/pipelines/" + std::to_string(world.team.deploy.value());
        CHECK_EQ(world.ask("GET", at + "/badge", world.token(world.team.outsider)).status, 404);
        const auto where = world.ask("GET", at + "/badge", viewer);
        REQUIRE_MESSAGE(where.status == 200, where.text);
        const std::string token = where.body["token"];
        CHECK_EQ(token.size(), 64);
        const auto badge = world.ask("GET", at + "/badge.svg?token=" + token, "");
        CHECK_EQ(badge.status, 200);
        CHECK_EQ(badge.headers.at("content-type"), "image/svg+xml; charset=utf-8");
        CHECK_EQ(badge.headers.at("content-security-policy"), "default-src 'none'");
        CHECK_NE(badge.text.find(">not run yet</text>"), std::string::npos);
        for (const char* name : {"deploy", "acme", "web"}) CHECK_EQ(badge.text.find(name), std::string::npos);
        const std::string wrong(64, 'a');
        const std::vector<std::string> others = {
            at + "/badge.svg",
            at + "/badge.svg?token=",
            at + "/badge.svg?token=" + wrong,
            "/workspaces/other/projects/web/pipelines/1/badge.svg?token=" + token,
            "/workspaces/acme/projects/web/pipelines/99/badge.svg?token=" + token,
            "/workspaces/nope/projects/web/pipelines/x/badge.svg?token=" + token};
        for (const std::string& other : others) {
            const auto no = world.ask("GET", other, "");
            CHECK_EQ(no.status, 404);
            CHECK_EQ(no.message(), "there is no such badge");
        }
    }
}
