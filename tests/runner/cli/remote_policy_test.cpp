// SPDX-License-Identifier: Apache-2.0
// export and apply against the real server: what is written, what is planned, that a second time there is nothing to
// do.
#include "tests/runner/cli/team_session.hpp"

using namespace latchkey::test;

namespace {

const std::string wanted =
    "workspace: acme\n"
    "groups:\n"
    "  - name: Developers\n"
    "    description: Who builds\n"
    "    members:\n"
    "      bob@acme.test: MEMBER\n"
    "      ana@acme.test: MANAGER\n"
    "integrations:\n"
    "  - identifier: github_releases\n"
    "    name: GitHub releases of \"web\"\n"
    "    type: GIT_HUB\n"
    "    others: DENIED\n"
    "    to_grant: MANAGE\n"
    "    users:\n"
    "      ana@acme.test: MANAGE\n"
    "    groups:\n"
    "      Developers: USE_ONLY\n"
    "    pipelines:\n"
    "      - web/deploy\n"
    "      - pipeline: web/nightly\n"
    "        ref: refs/heads/*\n"
    "        expires: \"2036-01-02T03:04:05Z\"\n"
    "  - identifier: slack_prod\n"
    "    name: Slack production\n"
    "    type: SLACK\n"
    "projects:\n"
    "  - name: web\n"
    "    members:\n"
    "      ana@acme.test: Project manager\n"
    "    groups:\n"
    "      Developers: Developer\n";

}  // namespace

TEST_SUITE("cli.policy") {
    TEST_CASE("from what there is to what the file says, once") {
        team_session t;
        t.enter();
        t.github();
        for (const char* name : {"deploy", "nightly"})
            t.pipeline(name, "    - {action: Say, type: NATIVE_BUILD_LINUX, execute_commands: [echo]}\n");
        REQUIRE_EQ(t.ana.latchkey({"member", "add", "bob@acme.test"}).code, 0);
        REQUIRE_EQ(t.ana.latchkey({"member", "add", "eve@acme.test"}).code, 0);
        REQUIRE_EQ(t.ana.latchkey({"project", "role", "set", "eve@acme.test", "--role", "Developer"}).code, 0);
        REQUIRE_EQ(t.ana.latchkey({"group", "add", "Old"}).code, 0);
        std::string all;
        const auto type = [&](const std::vector<std::string>& words, const std::string& input = {}) {
            const said s = t.ana.latchkey(words, input);
            std::string line = "$ latchkey";
            for (const std::string& w : words) line += " " + w;
            all += line + "\n" + s.out + "[" + std::to_string(s.code) + "]\n\n";
        };
        t.ana.write("access.yml", wanted);
        type({"export"});
        type({"apply", "access.yml"});
        type({"apply", "access.yml", "--dry-run"});
        type({"apply", "access.yml", "--check"});
        type({"apply", "access.yml", "--yes"});
        type({"integration", "add", "Slack production", "--type", "SLACK", "--identifier", "slack_prod", "--field",
              "token=-"},
             "xoxb-planted-secret-value");
        type({"apply", "access.yml", "--yes"});
        type({"apply", "access.yml", "--check"});
        type({"apply", "access.yml", "--check", "--prune"});
        type({"apply", "access.yml", "--yes", "--prune"});
        type({"export"});
        CHECK_GOLDEN("runner/cli/golden/policy.txt", t.neutral(all));
        CHECK_FALSE(contains(all, "planted"));
        // What was written is what there is.
        REQUIRE_EQ(t.ana.latchkey({"export", "-o", "now.yml"}).code, 0);
        const said same = t.ana.latchkey({"apply", "now.yml", "--check", "--prune"});
        CHECK_EQ(same.code, 0);
        CHECK(contains(same.out, "nothing to do\n"));
        // Somebody changes something by hand: that is drift, and undone.
        REQUIRE_EQ(t.ana.latchkey({"revoke", "github_releases", "--pipeline", "deploy"}).code, 0);
        const said drift = t.ana.latchkey({"apply", "now.yml", "--check"});
        CHECK_EQ(drift.code, 1);
        CHECK(contains(drift.out, "+ integration github_releases: web/deploy\n"));
        const said asked = t.ana.on_terminal({"apply", "now.yml"}, {{"Apply? [y/N] ", "y\n"}});
        CHECK_EQ(asked.code, 0);
        CHECK_EQ(t.ana.latchkey({"apply", "now.yml", "--check"}).code, 0);
    }

    TEST_CASE("what a file says wrong is said with its place, and nothing is changed") {
        team_session t;
        t.enter();
        t.github();
        std::string all;
        const auto apply = [&](const std::string& text) {
            t.ana.write("access.yml", text);
            const said s = t.ana.latchkey({"apply", "access.yml", "--yes"});
            all += text + "→ " + s.out + "[" + std::to_string(s.code) + "]\n\n";
        };
        apply("grups: []\n");
        apply("groups:\n  - name: A\n  - name: A\n");
        apply("groups:\n  - name: A\n    name: B\n");
        apply("groups:\n  - name: A\n    members: {bob@acme.test: MEMBER}\n");
        apply("integrations:\n  - identifier: x\n    name: X\n    type: GIT_HUB\n    token: planted-secret\n");
        apply(
            "integrations:\n  - identifier: x\n    name: X\n    type: GIT_HUB\n    settings: {token: "
            "planted-secret}\n");
        apply("integrations:\n  - identifier: x\n    name: X\n    type: GITHUB\n    others: EVERYTHING\n");
        apply("integrations:\n  - identifier: github_releases\n    name: X\n    type: SLACK\n");
        apply(
            "integrations:\n  - identifier: github_releases\n    name: X\n    type: GIT_HUB\n    pipelines: "
            "[deploy]\n");
        apply(
            "integrations:\n  - identifier: github_releases\n    name: X\n    type: GIT_HUB\n    pipelines: "
            "[web/nope]\n");
        apply("projects:\n  - name: nope\n");
        apply("projects:\n  - name: web\n    members: {ana@acme.test: King}\n");
        apply("workspace: other\n");
        apply("a: [\n");
        CHECK_GOLDEN("runner/cli/golden/policy_wrong.txt", t.neutral(all));
        CHECK(contains(t.ana.latchkey({"group", "list"}).out, "no groups yet"));
        CHECK(contains(t.ana.latchkey({"integration", "list"}).out, "GitHub releases"));
    }
}
