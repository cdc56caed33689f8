// SPDX-License-Identifier: Apache-2.0
// The command line that Buddy's action for GitHub calls, word for word.
#include "tests/runner/cli/team_session.hpp"

using namespace latchkey::test;

TEST_SUITE("cli.compatible") {
    TEST_CASE("version says what the action looks for") {
        const session s;
        const said v = s.latchkey({"version"});
        CHECK_EQ(v.code, 0);
        CHECK(v.out.starts_with("Current version: "));
        CHECK(contains(v.out, "\nLatest version: "));
    }

    TEST_CASE("pipeline run start, with the action's options and environment") {
        team_session t;
        t.enter();
        t.pipeline("deploy",
                   "    - {action: Say, type: NATIVE_BUILD_LINUX, execute_commands: ['echo $A $B for "
                   "$BUDDY_RUN_COMMENT']}\n");
        session ci("checkout");
        ci.set("BUDDY_TOKEN", t.token());
        ci.set("BUDDY_API_ENDPOINT", t.url());
        const said s =
            ci.latchkey({"pipeline",          "run",           "start",      "deploy", "--workspace", "acme",
                         "--project",         "web",           "--comment",  "hello",  "--branch",    "main",
                         "--refresh",         "--clear-cache", "--priority", "HIGH",   "--variable",  "A:1",
                         "--variable-masked", "B:masked0value"});
        CAPTURE(s.out);
        CHECK_EQ(s.code, 0);
        const std::size_t at = s.out.find("http");
        REQUIRE_NE(at, std::string::npos);
        const std::string url = s.out.substr(at, s.out.find('\n', at) - at);
        CHECK(url.starts_with(t.url() + "/app/acme/web/pipelines/"));
        CHECK(url.ends_with("/executions/1"));
        CHECK_FALSE(contains(s.out, t.token()));
        const auto seen = t.server().ask("GET", "/latchkey/v1/workspaces/acme/projects/web/executions/1", t.token());
        REQUIRE_EQ(seen.status, 200);
        CHECK_EQ(seen.body["comment"], "hello");
        CHECK_EQ(seen.body["branch"]["name"], "main");
        CHECK_EQ(seen.body["priority"], "HIGH");
        CHECK_EQ(seen.body["refresh"], true);
        CHECK_EQ(seen.body["clear_cache"], true);
        CHECK_EQ(seen.body["html_url"], url);
        const said log = t.ana.latchkey({"logs", "1"});
        CHECK(contains(log.out, "1 *** for hello"));
        CHECK_FALSE(contains(log.out, "masked0value"));
        const said gone = ci.latchkey({"pipeline", "run", "start", "deploy", "--workspace", "acme", "--project",
                                       "web", "--tag", "v1", "--schedule", "2036-01-02T03:04:05Z", "--no-wait"});
        CHECK_EQ(gone.code, 0);
        CHECK(gone.out.ends_with("/executions/2\n"));
        const said part = ci.latchkey(
            {"pipeline", "run", "start", "deploy", "--workspace", "acme", "--project", "web", "--action", "Say"});
        CHECK_EQ(part.code, 0);
        const auto third = t.server().ask("GET", "/latchkey/v1/workspaces/acme/projects/web/executions/3", t.token());
        CHECK_EQ(third.body["actions_to_run"], nlohmann::json::array({1}));
        const said unknown = ci.latchkey({"pipeline", "run", "start", "deploy", "--workspace", "acme", "--project",
                                          "web", "--action", "1", "--action", "Sing"});
        CHECK_EQ(unknown.code, 2);
        CHECK(contains(unknown.out, "no action \"Sing\""));
        const said no = ci.latchkey({"pipeline", "run", "start", "nope", "--workspace", "acme", "--project", "web"});
        CHECK_EQ(no.code, 2);
        CHECK_FALSE(contains(no.out, t.token()));
    }
}
