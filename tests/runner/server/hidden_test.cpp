// SPDX-License-Identifier: Apache-2.0
// Existence is a secret: who has None (Deny) on an integration reads every route there is, and finds its name,
// identifier and hash nowhere; what they write is answered as if it were not there.
#include "runner/server/route.hpp"
#include "tests/runner/server/run_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

constexpr const char* web = "/workspaces/acme/projects/web";

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

// What the client itself has written may come back: the same text with the other word.
std::string said_again(std::string text, const std::string& word, const std::string& other) {
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; at += other.size())
        text.replace(at, word.size(), other);
    return text;
}

// A pipeline that uses it, two runs that lacked it, and everything else that a route can name.
struct hidden_world : run_world {
    std::string hash, pipeline, execution, variable, environment, hook, key, group, set, token_id;
    std::string action_execution;
    std::vector<std::string> secrets = {"quokka vault", "quokka_id"};

    test::server told{"runner/native/servers/http_sink.py"};  // a webhook's receiver

    hidden_world() {
        const auto hears = ask("POST", "/workspaces/acme/webhooks", admin,
                               {{"target_url", "http://127.0.0.1:" + told.port() + "/hook"},
                                {"events", {"EXECUTION_STARTED", "EXECUTION_FAILED", "EXECUTION_FINISHED"}}});
        REQUIRE_EQ(hears.status, 201);
        const auto made = ask("POST", "/workspaces/acme/integrations", admin,
                              {{"name", "Quokka Vault"},
                               {"identifier", "quokka_id"},
                               {"type", "SLACK"},
                               {"webhook_address", "https://hooks.example.test/quokka"},
                               {"token", "t"},
                               {"all_pipelines_allowed", false}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        hash = made.body["hash_id"];
        secrets.push_back(hash);
        pipeline = run_world::pipeline("uses",
                                       "    - action: Tell\n      type: SLACK\n      integration: Quokka_ID\n"
                                       "      channel: c\n      content: hello\n");
        execution = start(pipeline, admin);
        const json run = ended(execution, admin);
        REQUIRE_EQ(run["status"], "FAILED");
        action_execution = run["action_executions"][0]["action_execution_id"];
        const auto id = [&](const std::string& at, const json& body) {
            const auto one = ask("POST", at, admin, body);
            REQUIRE_MESSAGE(one.status == 201, one.text);
            return one.body["id"].is_string() ? one.body["id"].get<std::string>()
                                              : std::to_string(one.body["id"].get<int>());
        };
        variable = id("/workspaces/acme/variables", {{"key", "A"}, {"value", "1"}});
        environment = id("/workspaces/acme/environments", {{"name", "Live"}});
        hook = id("/workspaces/acme/webhooks", {{"target_url", "https://x.example.test"}, {"events", {"PUSH"}}});
        REQUIRE_EQ(ask("POST", "/workspaces/acme/enable-sso", admin).status, 204);
        group = std::to_string(team.viewers.value());
        set = std::to_string(team.viewer_set.value());
        // From now on nobody but administrators may know of it.
        REQUIRE_EQ(ask("PATCH", "/workspaces/acme/integrations/" + hash, admin,
                       {{"permissions", {{"others", "DENIED"}, {"admins", "MANAGE"}}}})
                       .status,
                   200);
    }

    // Of a route's address, each place filled with what is there.
    std::string target_of(const latchkey::server::route& r, const std::string& integration,
                          policy::user_id user) const {
        const std::string last_of = pipeline.substr(pipeline.rfind('/') + 1);
        const std::map<std::string, std::string, std::less<>> places = {
            {":workspace", "acme"},
            {":project", "web"},
            {":pipeline", last_of},
            {":execution", execution.substr(execution.rfind('/') + 1)},
            {":integration", integration},
            {":variable", variable},
            {":environment", environment},
            {":webhook", hook},
            {":group", group},
            {":set", set},
            {":member", std::to_string(user.value())},
            {":domain", "acme"},
            {":handle", "web"},
            {":number", last_of}};
        std::string target;
        const std::string path(r.path);
        for (std::size_t at = 0; at < path.size();) {
            const std::size_t end = std::min(path.find('/', at + 1), path.size());
            const std::string part = path.substr(at + 1, end - at - 1);
            const auto place = places.find(part);
            if (place != places.end())
                target += "/" + place->second;
            else if (part == ":action")
                target += path.find("action_executions") != std::string::npos ? "/" + action_execution : "/1";
            else
                target += "/" + (part.starts_with(':') ? "1" : part);
            at = end;
        }
        // A view that goes on is asked for what there is.
        return r.gives == latchkey::server::gives::events ? target + "?follow=0&after=0" : target;
    }

    void check_silent(const api_reply& reply) const {
        const std::string text = lower(reply.text);
        CAPTURE(reply.text);
        for (const std::string& secret : secrets) CHECK_EQ(text.find(secret), std::string::npos);
        for (const auto& [name, value] : reply.headers)
            for (const std::string& secret : secrets) CHECK_EQ(lower(value).find(secret), std::string::npos);
    }
};

}  // namespace

TEST_SUITE("server.hidden") {
    TEST_CASE_FIXTURE(hidden_world, "no route that reads says anything of it to who is denied") {
        // The test can fail: who may see it finds it.
        CHECK_NE(lower(ask("GET", "/workspaces/acme/integrations", admin).text).find("quokka vault"),
                 std::string::npos);
        CHECK_NE(lower(ask("GET", pipeline, admin).text).find("quokka_id"), std::string::npos);
        CHECK_NE(lower(ask("GET", execution, admin).text).find("quokka_id"), std::string::npos);
        int read = 0;
        int answered = 0;
        for (const auto user : {team.developer, team.viewer, team.outsider}) {
            const std::string asker = token(user);
            for (const latchkey::server::route& r : latchkey::server::routes()) {
                if (r.method != "GET") continue;
                CAPTURE(r.path);
                ++read;
                if (r.path.find(":integration") == std::string_view::npos) {
                    const auto reply = ask("GET", target_of(r, "", user), asker);
                    check_silent(reply);
                    answered += reply.status == 200 ? 1 : 0;
                    continue;
                }
                // Asked for by what it is called, it is one that is not there.
                for (const auto& [secret, nothing] :
                     {std::pair(hash, std::string("aaaaaaaaaaaaaaaaaaaaaaaa")),
                      std::pair(std::string("quokka_id"), std::string("nobody_id"))}) {
                    const auto of_hidden = ask("GET", target_of(r, secret, user), asker);
                    const auto of_nothing = ask("GET", target_of(r, nothing, user), asker);
                    CHECK_EQ(of_hidden.status, of_nothing.status);
                    CHECK_EQ(said_again(of_hidden.text, secret, nothing), of_nothing.text);
                }
            }
        }
        MESSAGE(read, " addresses read, ", answered, " of them answered");
        CHECK(answered > 40);
        // What was retried by somebody else, too.
        for (const std::string& at : {pipeline + "?x=1", std::string(web) + "/pipelines", execution})
            check_silent(ask("GET", at, developer));
    }

    TEST_CASE_FIXTURE(hidden_world, "no webhook is told anything of it, whoever receives it") {
        const auto came = [&] {
            const auto file = told.folder() / "requests";
            return std::filesystem::exists(file) ? read_file(file) : std::string();
        };
        while (std::ranges::count(came(), '\n') < 2) std::this_thread::yield();
        const std::string all = lower(came());
        CAPTURE(all);
        // That it was denied is told.
        CHECK_NE(all.find("missing permissions"), std::string::npos);
        for (const std::string& secret : secrets) CHECK_EQ(all.find(secret), std::string::npos);
    }

    TEST_CASE_FIXTURE(hidden_world, "what is written with it is answered as with one that is not there") {
        const auto same = [&](const std::string& method, const std::string& target,
                              const std::function<json(const std::string&)>& body) {
            CAPTURE(method);
            CAPTURE(target);
            for (const std::string& secret : {hash, std::string("quokka_id")}) {
                const std::string nothing = secret == hash ? "aaaaaaaaaaaaaaaaaaaaaaaa" : "nobody_id";
                const auto of_hidden = ask(method, target, developer, body(secret));
                const auto of_nothing = ask(method, target, developer, body(nothing));
                CHECK_EQ(of_hidden.status, of_nothing.status);
                CHECK(of_hidden.status >= 400);
                CHECK_EQ(said_again(of_hidden.text, secret, nothing), of_nothing.text);
            }
        };
        const auto notify = [](const std::string& name, const std::string& integration) {
            return "- pipeline: " + name +
                   "\n  actions:\n    - action: Tell\n      type: SLACK\n      integration: " + integration +
                   "\n      channel: c\n      content: x\n";
        };
        const std::string own_pipeline =
            run_world::pipeline("plain", "    - action: A\n      type: SLEEP\n      sleep_in_sec: 1\n");
        same("POST", std::string(web) + "/pipelines",
             [&](const std::string& i) { return json{{"name", "new"}, {"yaml", notify("new", i)}}; });
        same("PATCH", own_pipeline, [&](const std::string& i) { return json{{"yaml", notify("plain", i)}}; });
        same("POST", own_pipeline + "/actions", [&](const std::string& i) {
            return json{{"name", "T"},
                        {"type", "SLACK"},
                        {"integration", {{"identifier", i}}},
                        {"channel", "c"},
                        {"content", "x"}};
        });
        same("PATCH", own_pipeline + "/actions/1", [&](const std::string& i) {
            return json{
                {"type", "SLACK"}, {"integration", i}, {"channel", "c"}, {"content", "x"}, {"sleep_in_sec", nullptr}};
        });
        same("POST", own(execution) + "/grant",
             [&](const std::string& i) { return json{{"integrations", json::array({i})}}; });
        for (const char* method : {"PATCH", "DELETE"}) {
            const auto reply = ask(method, "/workspaces/acme/integrations/" + hash, developer, {{"name", "x"}});
            CHECK_EQ(reply.status, 404);
            check_silent(reply);
        }
        // That an identifier is taken can't be hidden from who asks for it; by what is.
        const auto taken = ask("POST", "/workspaces/acme/integrations", developer,
                               {{"name", "x"}, {"identifier", "QUOKKA_ID"}, {"type", "GIT_HUB"}, {"token", "t"}});
        CHECK_EQ(taken.status, 409);
        check_silent(taken);
    }
}
