// SPDX-License-Identifier: Apache-2.0
// Denied, granted, retried over HTTP: who may, what it changes, and what those learn who may know nothing.
#include "tests/runner/server/run_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string uses_gh =
    "    - {action: Before, type: BUILD, execute_commands: [echo before]}\n"
    "    - {action: Use, type: GIT_HUB_CLI, integration: gh_prod, execute_commands: ['test -n \"$GITHUB_TOKEN\"']}\n";

// Of the workspace; no pipeline may use it.
std::string add_gh(run_world& w, const std::string& identifier, const json& permissions = nullptr) {
    json body = {{"name", "Hidden gem of " + identifier},
                 {"identifier", identifier},
                 {"type", "GIT_HUB"},
                 {"scope", "WORKSPACE"},
                 {"token", "planted-token-" + identifier},
                 {"all_pipelines_allowed", false}};
    if (!permissions.is_null()) body["permissions"] = permissions;
    const auto made = w.ask("POST", "/workspaces/acme/integrations", w.admin, body);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return "/workspaces/acme/integrations/" + made.body["hash_id"].get<std::string>();
}

json rows(const json& users, const char* others = "USE_ONLY", const char* admins = "MANAGE") {
    return {{"admins", admins}, {"others", others}, {"users", users}, {"groups", json::array()}};
}

json row(policy::user_id user, const char* level) {
    return {{"id", user.value()}, {"access_level", level}};
}

std::size_t attempts(run_world& w, const std::string& at) {
    return w.ask("GET", at, w.admin).body["attempts"].size();
}

}  // namespace

TEST_SUITE("server.grants") {
    TEST_CASE("denied before anything starts, who has Use grants and retries in one call, and it turns green") {
        run_world w;
        const auto gh = add_gh(w, "gh_prod");
        const auto p = w.pipeline("deploy2", uses_gh);
        const auto at = w.start(p, w.admin);
        auto e = w.ended(at, w.admin);
        CHECK_EQ(e["status"], "FAILED");
        CHECK_EQ(e["error_message"],
                 "Missing permissions to the following integration: Hidden gem of gh_prod (gh_prod)\n"
                 "  used by    action \"Use\"  (definition:4:53)\n"
                 "  reason     pipeline \"deploy2\" is not among its allowed pipelines\n"
                 "  can grant  you (Manage), olga@acme.test (Manage), dev@acme.test (Use)\n"
                 "  grant      latchkey retry 1 --grant\n");
        CHECK_EQ(e["action_executions"][0]["status"], "NOT_EXECUTED");
        CHECK_EQ(e["action_executions"][0]["error_message"], nullptr);
        CHECK_EQ(e["action_executions"][1]["error_message"], e["error_message"]);
        CHECK_EQ(w.ask("GET", at + "/action/2", w.admin).body["log"][0],
                 "Missing permissions to the following integration: Hidden gem of gh_prod (gh_prod)");

        const auto missing = w.ask("GET", own(at) + "/missing", w.developer);
        REQUIRE_EQ(missing.status, 200);
        CHECK_EQ(missing.body["may_grant_and_retry"], true);
        CHECK_EQ(missing.body["missing"][0]["integration"], "Hidden gem of gh_prod (gh_prod)");
        CHECK_EQ(missing.body["missing"][0]["verdict"], "not_granted");
        CHECK_EQ(missing.body["missing"][0]["may_grant"], true);

        // A mere retry is denied again.
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "RETRY"}}).status, 200);
        w.events(at, w.developer, "2.0");

        const auto granted =
            w.ask("POST", own(at) + "/grant", w.developer, json::object(), {{"Idempotency-Key", "k"}});
        REQUIRE_MESSAGE(granted.status == 201, granted.text);
        CHECK_EQ(granted.body["attempt"], 3);
        w.events(at, w.developer, "3.0");
        e = w.ask("GET", at, w.developer).body;
        CHECK_EQ(e["status"], "SUCCESSFUL");
        CHECK_EQ(e["error_message"], nullptr);
        CHECK_EQ(w.ask("GET", gh, w.admin).body["allowed_pipelines"][0]["name"], "deploy2");
        // The same click again is the same attempt.
        const auto again = w.ask("POST", own(at) + "/grant", w.developer, json::object(), {{"Idempotency-Key", "k"}});
        CHECK_EQ(again.status, 200);
        CHECK_EQ(again.body["attempt"], 3);
        CHECK_EQ(attempts(w, at), 3);
        CHECK_EQ(w.ask("GET", own(at) + "/missing", w.developer).body["missing"], json::array());
    }

    TEST_CASE("the two calls that other clients know do the same") {
        run_world w;
        const auto gh = add_gh(w, "gh_prod");
        const auto p = w.pipeline("deploy2", uses_gh);
        const auto at = w.start(p, w.developer);
        CHECK_EQ(w.ended(at, w.developer)["status"], "FAILED");
        const auto id = w.ask("GET", p, w.admin).body["id"];
        // The list is Manage's to change: Use is not enough.
        const json body = {{"allowed_pipelines", json::array({{{"id", id}}})}};
        CHECK_EQ(w.ask("PATCH", gh, w.developer, body).status, 403);
        REQUIRE_EQ(w.ask("PATCH", gh, w.admin, body).status, 200);
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "RETRY"}}).status, 200);
        w.events(at, w.developer, "2.0");
        CHECK_EQ(w.ask("GET", at, w.developer).body["status"], "SUCCESSFUL");
    }

    TEST_CASE("who may not see it finds its name, identifier and number nowhere, and may not grant it") {
        run_world w;
        // Who denies a developer by name lets nobody else guess.
        const auto gh =
            add_gh(w, "gh_prod", rows(json::array({row(w.team.viewer, "DENIED"), row(w.team.developer, "DENIED")})));
        const auto hash = gh.substr(gh.rfind('/') + 1);
        const auto p = w.pipeline("deploy2", uses_gh);
        const auto at = w.start(p, w.admin);
        w.ended(at, w.admin);
        for (const std::string& reader : {w.viewer, w.developer}) {
            const auto e = w.ask("GET", at, reader);
            CHECK_EQ(e.body["error_message"],
                     "Missing permissions to the following integration:\n"
                     "  used by    action \"Use\"  (definition:4:53)\n"
                     "  reason     pipeline \"deploy2\" is not among its allowed pipelines\n");
            std::string all = e.text + w.events(at, reader) + w.ask("GET", own(at) + "/missing", reader).text +
                              w.ask("GET", p + "/executions", reader).text +
                              w.ask("GET", own(p) + "/why/gh_prod", reader).text;
            for (int action : {1, 2}) all += w.ask("GET", at + "/action/" + std::to_string(action), reader).text;
            all += w.ask("POST", own(at) + "/grant", reader, json::object()).text;
            all += w.ask("POST", own(at) + "/grant", reader, {{"integrations", json::array({hash})}}).text;
            // What the caller wrote comes back; what it could not know does not.
            for (const std::string& part : {std::string("Hidden gem"), std::string("planted-token")})
                CHECK_MESSAGE(all.find(part) == std::string::npos, all);
            CHECK_EQ(all.find("ana@acme.test (Manage)"), std::string::npos);
        }
        CHECK_EQ(w.ask("POST", own(at) + "/grant", w.developer, json::object()).status, 403);
        CHECK_EQ(attempts(w, at), 1);
        // Those who may see it do.
        CHECK_NE(w.ask("GET", at, w.admin).text.find("Hidden gem"), std::string::npos);
    }

    TEST_CASE("the truth table: level x role, for one's own pipeline and another's") {
        struct line {
            const char* who;
            const char* level;
            int status;
        };
        // The viewer may look at the pipeline and not run it, whatever the integration says.
        const line table[] = {
            {"developer", "DENIED", 403},  {"developer", "USE_ONLY", 201}, {"developer", "MANAGE", 201},
            {"viewer", "DENIED", 403},     {"viewer", "USE_ONLY", 403},    {"viewer", "MANAGE", 403},
            {"outsider", "USE_ONLY", 404}, {"outsider", "MANAGE", 404},    {"stranger", "USE_ONLY", 404},
            {"admin", "USE_ONLY", 201},    {"admin", "MANAGE", 201},       {"owner", "MANAGE", 201},
        };
        run_world w;
        const auto gh = add_gh(w, "gh_prod");
        const std::map<std::string, policy::user_id> people = {
            {"developer", w.team.developer}, {"viewer", w.team.viewer}, {"outsider", w.team.outsider},
            {"admin", w.team.admin},         {"owner", w.team.owner},   {"stranger", w.team.stranger}};
        int n = 0;
        for (const line& l : table) {
            CAPTURE(l.who);
            CAPTURE(l.level);
            const policy::user_id user = people.at(l.who);
            const bool listed = std::string(l.who) != "stranger";
            const auto p = w.pipeline("t" + std::to_string(++n), uses_gh);
            REQUIRE_EQ(w.ask("PATCH", gh, w.token(w.team.owner),
                             {{"allowed_pipelines", json::array()},
                              {"permissions", rows(listed ? json::array({row(user, l.level)}) : json::array())}})
                           .status,
                       200);
            const auto at = w.start(p, w.token(w.team.owner));
            w.ended(at, w.token(w.team.owner));
            const auto reply = w.ask("POST", own(at) + "/grant", w.token(user), json::object());
            CHECK_MESSAGE(reply.status == l.status, reply.text);
            CHECK_EQ(attempts(w, at), l.status == 201 ? 2 : 1);
            if (l.status == 201) w.events(at, w.admin, "2.0");
        }
        const auto p = w.pipeline("last", uses_gh);
        // An administrator below Use: the row `admins` is what counts, and it never locks them out of deleting.
        REQUIRE_EQ(
            w.ask("PATCH", gh, w.token(w.team.owner), {{"permissions", rows(json::array(), "DENIED", "DENIED")}})
                .status,
            200);
        const auto at = w.start(p, w.admin);
        w.ended(at, w.admin);
        CHECK_EQ(w.ask("POST", own(at) + "/grant", w.admin, json::object()).status, 403);
        CHECK_EQ(w.ask("DELETE", gh, w.admin).status, 204);
    }

    TEST_CASE("a level that changes between the failure and the click is the one that counts") {
        run_world w;
        const auto gh = add_gh(w, "gh_prod");
        const auto p = w.pipeline("deploy2", uses_gh);
        const auto at = w.start(p, w.developer);
        w.ended(at, w.developer);
        CHECK_EQ(w.ask("GET", own(at) + "/missing", w.developer).body["may_grant_and_retry"], true);
        REQUIRE_EQ(w.ask("PATCH", gh, w.admin, {{"permissions", rows(json::array(), "DENIED")}}).status, 200);
        const auto no = w.ask("POST", own(at) + "/grant", w.developer, json::object());
        CHECK_EQ(no.status, 403);
        CHECK_EQ(no.text.find("Hidden gem"), std::string::npos);
        CHECK_EQ(w.ask("GET", gh, w.admin).body["allowed_pipelines"], json::array());
        REQUIRE_EQ(w.ask("PATCH", gh, w.admin, {{"permissions", rows(json::array(), "USE_ONLY")}}).status, 200);
        CHECK_EQ(w.ask("POST", own(at) + "/grant", w.developer, json::object()).status, 201);
    }

    TEST_CASE("several are granted all or not at all") {
        run_world w;
        const auto gh = add_gh(w, "gh_prod");
        const auto other = add_gh(w, "gh_other", rows(json::array(), "DENIED"));
        const auto p = w.pipeline(
            "both",
            uses_gh +
                "    - {action: Other, type: GIT_HUB_CLI, integration: gh_other, execute_commands: ['true']}\n");
        const auto at = w.start(p, w.admin);
        w.ended(at, w.admin);
        const auto no = w.ask("POST", own(at) + "/grant", w.developer, json::object());
        CHECK_EQ(no.status, 403);
        CHECK_EQ(no.text.find("gem of gh_other"), std::string::npos);
        CHECK_EQ(w.ask("GET", gh, w.admin).body["allowed_pipelines"], json::array());
        const auto part = w.ask("POST", own(at) + "/grant", w.admin, {{"integrations", json::array({"gh_prod"})}});
        CHECK_EQ(part.status, 409);
        CHECK_EQ(part.message(),
                 "the execution lacks more than these: Hidden gem of gh_other (gh_other); nothing was granted");
        CHECK_EQ(w.ask("GET", gh, w.admin).body["allowed_pipelines"], json::array());
        const auto all =
            w.ask("POST", own(at) + "/grant", w.admin, {{"integrations", json::array({"gh_prod", "gh_other"})}});
        CHECK_EQ(all.status, 201);
        CHECK_EQ(w.ask("GET", other, w.admin).body["allowed_pipelines"].size(), 1);
    }

    TEST_CASE("fifty clicks at once make one attempt") {
        for (const bool one_key : {true, false}) {
            run_world w;
            add_gh(w, "gh_prod");
            const auto p = w.pipeline("deploy2", uses_gh);
            const auto at = w.start(p, w.developer);
            w.ended(at, w.developer);
            std::vector<std::jthread> clicks;
            std::atomic<int> made{0};
            std::atomic<int> refused{0};
            for (int i = 0; i < 50; ++i)
                clicks.emplace_back([&, i] {
                    const std::string key = one_key ? "click" : "click " + std::to_string(i);
                    const auto reply =
                        w.ask("POST", own(at) + "/grant", w.developer, json::object(), {{"Idempotency-Key", key}});
                    made += reply.status == 201 ? 1 : 0;
                    if (reply.status == 409 || reply.status == 200 || reply.status == 201) return;
                    ++refused;
                    MESSAGE(reply.text);
                });
            clicks.clear();
            CHECK_EQ(refused, 0);
            w.events(at, w.developer, "2.0");
            if (one_key) CHECK_EQ(attempts(w, at), 2);
            CHECK_GE(made, 1);
            // A key of its own that comes after the first has ended is a retry of its own: never two at once.
            const auto e = w.ask("GET", at, w.developer).body;
            CHECK_EQ(e["status"], "SUCCESSFUL");
        }
    }

    TEST_CASE("a pull request's run gets nothing until somebody with Manage vouches for its code") {
        run_world w;
        add_gh(w, "gh_prod");
        const auto p = w.pipeline("deploy2", uses_gh);
        const auto at = w.start(p, w.developer, {{"pull_request", {{"name", "pull/7"}}}});
        const auto e = w.ended(at, w.developer);
        CHECK_EQ(e["from_fork"], true);
        CHECK_EQ(e["fork_approved_by"], nullptr);
        CHECK_NE(e["error_message"].get<std::string>().find("comes from a fork, and nobody with Manage approved it"),
                 std::string::npos);
        // A grant alone does not make strangers' code trusted.
        CHECK_EQ(w.ask("POST", own(at) + "/grant", w.developer, json::object()).status, 403);
        // Neither does Use.
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "APPROVE_FORK"}}).status, 200);
        CHECK_EQ(w.ask("POST", own(at) + "/grant", w.developer, json::object()).status, 403);
        CHECK_EQ(w.ask("PATCH", at, w.viewer, {{"operation", "APPROVE_FORK"}}).status, 403);
        REQUIRE_EQ(w.ask("PATCH", at, w.admin, {{"operation", "APPROVE_FORK"}}).body["fork_approved_by"]["id"],
                   w.team.admin.value());
        const auto granted = w.ask("POST", own(at) + "/grant", w.developer, json::object());
        REQUIRE_MESSAGE(granted.status == 201, granted.text);
        w.events(at, w.developer, "2.0");
        CHECK_EQ(w.ask("GET", at, w.developer).body["status"], "SUCCESSFUL");
        const auto own_run = w.start(p, w.developer);
        CHECK_EQ(w.ask("PATCH", own_run, w.admin, {{"operation", "APPROVE_FORK"}}).status, 409);
    }

    TEST_CASE("where the project says so a run waits for its permission, and the grant lets it go on") {
        run_world w;
        add_gh(w, "gh_prod");
        CHECK_EQ(
            w.ask("PATCH", "/workspaces/acme/projects/web", w.admin, {{"on_missing_permissions", "never"}}).status,
            400);
        REQUIRE_EQ(
            w.ask("PATCH", "/workspaces/acme/projects/web", w.admin, {{"on_missing_permissions", "wait"}}).status,
            200);
        const auto p = w.pipeline("deploy2", uses_gh);
        const auto at = w.start(p, w.admin);
        auto e = w.when(at, w.admin, "WAITING_FOR_PERMISSION");
        CHECK_NE(e["error_message"].get<std::string>().find("Hidden gem of gh_prod (gh_prod)"), std::string::npos);
        const auto granted = w.ask("POST", own(at) + "/grant", w.developer, json::object());
        REQUIRE_MESSAGE(granted.status == 201, granted.text);
        CHECK_EQ(granted.body["attempt"], 1);
        e = w.ended(at, w.admin);
        CHECK_EQ(e["status"], "SUCCESSFUL");
        CHECK_EQ(e["attempts"].size(), 1);
        CHECK_EQ(e["error_message"], nullptr);
        // Another waits until somebody has had enough.
        const auto q = w.pipeline("deploy3", uses_gh);
        const auto tired = w.start(q, w.admin);
        w.when(tired, w.admin, "WAITING_FOR_PERMISSION");
        REQUIRE_EQ(w.ask("PATCH", tired, w.developer, {{"operation", "CANCEL"}}).status, 200);
        CHECK_EQ(w.ended(tired, w.admin)["status"], "TERMINATED");
    }

    TEST_CASE("the audit log has who granted what, for administrators of that workspace and nobody else") {
        run_world w;
        add_gh(w, "gh_prod");
        const auto p = w.pipeline("deploy2", uses_gh);
        const auto at = w.start(p, w.admin);
        w.ended(at, w.admin);
        REQUIRE_EQ(w.ask("POST", own(at) + "/grant", w.developer, json::object()).status, 201);
        w.events(at, w.developer, "2.0");
        const std::string log = "/latchkey/v1/workspaces/acme/audit";
        const auto all = w.ask("GET", log + "?limit=1000", w.admin);
        REQUIRE_EQ(all.status, 200);
        std::map<std::string, json> last;
        for (const json& entry : all.body["entries"]) last.try_emplace(entry["kind"], entry);
        CHECK_EQ(last["grant"]["actor"]["email"], "dev@acme.test");
        CHECK_EQ(last["run_retried"]["facts"]["reason"], "grant and retry");
        CHECK(last.contains("secret_opened"));
        CHECK(last.contains("decision"));
        const auto next = w.ask("GET", log + "?limit=1&before=" + all.body["entries"][1]["sequence"].dump(), w.admin);
        CHECK_EQ(next.body["entries"][0], all.body["entries"][2]);
        CHECK_EQ(w.ask("GET", log + "?limit=0", w.admin).status, 400);
        const auto whole = w.ask("GET", log + "/verify", w.admin);
        CHECK_EQ(whole.body["whole"], true);
        CHECK_EQ(whole.body["first_broken"], nullptr);
        CHECK_EQ(w.ask("GET", log, w.developer).status, 403);
        CHECK_EQ(w.ask("GET", log, w.token(w.team.stranger)).status, 404);
        // Nothing of one workspace is in the log of another.
        const auto other = w.ask("GET", "/latchkey/v1/workspaces/other/audit", w.token(w.team.stranger));
        REQUIRE_EQ(other.status, 200);
        for (const json& entry : other.body["entries"]) CHECK_EQ(entry["kind"], "workspace_changed");
    }

    TEST_CASE("a grant can be for a ref, for this run only, and for a time") {
        run_world w;
        add_gh(w, "gh_prod");
        const auto p = w.pipeline("deploy2", uses_gh);
        const auto at = w.start(p, w.developer, {{"branch", {{"name", "main"}}}});
        w.ended(at, w.developer);
        CHECK_EQ(w.ask("POST", own(at) + "/grant", w.developer, {{"expires_in", 0}}).status, 400);
        CHECK_EQ(w.ask("POST", own(at) + "/grant", w.developer, {{"expires_at", "2001-01-01T00:00:00Z"}}).status,
                 400);
        REQUIRE_EQ(w.ask("POST", own(at) + "/grant", w.developer,
                         {{"ref", "refs/heads/main"}, {"once", true}, {"expires_in", 3600}})
                       .status,
                   201);
        w.events(at, w.developer, "2.0");
        CHECK_EQ(w.ask("GET", at, w.developer).body["status"], "SUCCESSFUL");
        const auto next = w.start(p, w.developer, {{"branch", {{"name", "main"}}}});
        CHECK_NE(w.ended(next, w.developer)["error_message"].get<std::string>().find("was for another run only"),
                 std::string::npos);
        const auto why = w.ask("GET", own(p) + "/why/gh_prod?ref=main", w.developer);
        REQUIRE_EQ(why.status, 200);
        CHECK_EQ(why.body["allowed"], false);
        CHECK_EQ(why.body["verdict"], "grant_other_run");
        CHECK_GE(why.body["rules"].size(), 3);
    }
}
