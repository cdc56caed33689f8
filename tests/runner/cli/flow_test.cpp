// SPDX-License-Identifier: Apache-2.0
//
// How a run flows, with the real program: retries, time limits, conditions, parallel actions, closing actions, a
// revoke in mid-run, a run that waits.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sys/stat.h>
#include <thread>

using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::session;

namespace {

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

}  // namespace

TEST_SUITE("cli.flow") {
    TEST_CASE("tried again: an action with retry_count, until it succeeds or they are used up") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - action: Shaky\n      type: BUILD\n      retry_count: 2\n      "
                "execute_commands:\n"
                "        - echo x >> tries\n        - echo try of $(wc -l < tries)\n        - test $(wc -l < tries) "
                "= 3\n");
        const said run = s.latchkey({"run"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "will be tried again"));
        CHECK(has(s.latchkey({"logs", "1"}), "try of 1\ntry of 2\ntry of 3\n"));
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: Bad, type: BUILD, retry_count: 1, execute_commands: [echo "
                "y >> bad, 'false']}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 1);
        CHECK_EQ(read_file(s.project() / "bad"), "y\ny\n");
    }

    TEST_CASE("over its time: the action and all it started are ended, and the run says so") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: Slow, type: BUILD, timeout: 1, execute_commands: ['setsid "
                "sleep 1000 &', sleep 1000]}\n");
        const said run = s.latchkey({"run"});
        CHECK_EQ(run.code, 1);
        CHECK(has(run, "took longer than its 1 seconds"));
    }

    TEST_CASE("skipped: a condition that is not met, by a variable and by an action's status") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  variables:
    - {key: WHERE, value: staging}
  actions:
    - action: Live
      type: BUILD
      trigger_conditions:
        - {trigger_condition: VAR_IS, trigger_variable_key: WHERE, trigger_variable_value: live}
      execute_commands: [touch live]
    - {action: Test, type: BUILD, ignore_errors: true, execute_commands: [exit 3]}
    - action: Mend
      type: BUILD
      trigger_conditions:
        - {trigger_condition: ACTION_STATUS_IS, trigger_action_name: Test, trigger_status: FAILED}
      execute_commands: [touch mended]
)yml");
        const said run = s.latchkey({"run"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "Live  skipped: `WHERE` is `staging`"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "live"));
        CHECK(std::filesystem::exists(s.project() / "mended"));
        CHECK_EQ(s.latchkey({"run", "--var", "WHERE=live"}).code, 0);
        CHECK(std::filesystem::exists(s.project() / "live"));
    }

    TEST_CASE("skipped by the thousand: nothing grows but the list") {
        const session s;
        std::string file = "- pipeline: p\n  actions:\n";
        for (int i = 0; i < 5000; ++i)
            file += "    - {action: A, type: BUILD, disabled: true, execute_commands: [exit 1]}\n";
        s.write("buddy.yml", file);
        CHECK_EQ(s.latchkey({"run"}).code, 0);
    }

    TEST_CASE("side by side: actions of one stage meet, and the next stage waits") {
        const session s;
        REQUIRE_EQ(::mkfifo((s.project() / "pipe").c_str(), 0600), 0);
        // Each waits for the other: one after the other they would never end.
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n"
                "    - {action: Left, type: BUILD, run_next: IN_SOFT_PARALLEL, timeout: 60, execute_commands: [echo "
                "hello > pipe]}\n"
                "    - {action: Right, type: BUILD, timeout: 60, execute_commands: [cat pipe > got]}\n"
                "    - {action: After, type: BUILD, execute_commands: [grep -q hello got]}\n");
        CHECK_EQ(s.latchkey({"run", "--jobs", "2"}).code, 0);
    }

    TEST_CASE(
        "closing actions: ON_FAILURE runs after a failure and knows the action, ON_BACK_TO_SUCCESS after the next "
        "success") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Check, type: BUILD, execute_commands: [test -e good]}
    - {action: Alarm, type: BUILD, trigger_time: ON_FAILURE, execute_commands: ['echo "$BUDDY_FAILED_ACTION_NAME" > alarm']}
    - {action: Calm, type: BUILD, trigger_time: ON_BACK_TO_SUCCESS, execute_commands: [touch calm]}
)yml");
        CHECK_EQ(s.latchkey({"run"}).code, 1);
        CHECK_EQ(read_file(s.project() / "alarm"), "Check\n");
        s.write("good", "");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK(std::filesystem::exists(s.project() / "calm"));
        std::filesystem::remove(s.project() / "calm");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK_FALSE(std::filesystem::exists(s.project() / "calm"));
    }

    TEST_CASE("loops: every combination, each with its values") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  variables:
    - {key: OS, value: "linux,mac"}
    - {key: NODE, value: "20, 22"}
  actions:
    - {action: Test, type: BUILD, loop: [OS, NODE], execute_commands: ['echo $OS-$NODE >> cells']}
)yml");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK_EQ(read_file(s.project() / "cells"), "linux-20\nlinux-22\nmac-20\nmac-22\n");
    }

    TEST_CASE("revoked in mid-run: the next use is refused, and nothing is opened for it") {
        const session s;
        REQUIRE_EQ(::mkfifo((s.project() / "up").c_str(), 0600), 0);
        REQUIRE_EQ(::mkfifo((s.project() / "go").c_str(), 0600), 0);
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: First, type: BUILD, execute_commands: [echo up > up, cat "
                "go]}\n"
                "    - {action: Use, type: GIT_HUB_CLI, integration: gh, execute_commands: ['echo $GITHUB_TOKEN > "
                "leaked']}\n");
        REQUIRE_EQ(
            s.latchkey({"integration", "add", "gh", "--type", "GIT_HUB", "--field", "token=-"}, "planted-token").code,
            0);
        REQUIRE_EQ(s.latchkey({"grant", "gh", "--pipeline", "p"}).code, 0);
        said run;
        std::thread runner([&] { run = s.latchkey({"run"}); });
        CHECK_EQ(read_file(s.project() / "up"), "up\n");
        CHECK_EQ(s.latchkey({"revoke", "gh", "--pipeline", "p"}).code, 0);
        std::ofstream(s.project() / "go") << "go\n";
        runner.join();
        CAPTURE(run.out);
        CHECK_EQ(run.code, 1);
        CHECK(has(run, "Missing permissions to the following integration: gh (gh)"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "leaked"));
        // Opened while it was allowed, to be masked; not given to the action.
        const std::string audit = s.latchkey({"audit", "export"}).out;
        const std::size_t opened = audit.find("secret_opened");
        REQUIRE_NE(opened, std::string::npos);
        CHECK_NE(audit.find("to be masked", opened), std::string::npos);
        CHECK_EQ(audit.find("secret_opened", opened + 1), std::string::npos);
    }

    TEST_CASE("waits: with --wait the run goes on when somebody grants") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: Use, type: GIT_HUB_CLI, integration: gh, "
                "execute_commands: [touch used]}\n");
        REQUIRE_EQ(
            s.latchkey({"integration", "add", "gh", "--type", "GIT_HUB", "--field", "token=-"}, "planted-token").code,
            0);
        said run;
        std::thread runner([&] { run = s.latchkey({"run", "--wait"}); });
        // Granting before the run looked would do as well: either way it goes on.
        CHECK_EQ(s.latchkey({"grant", "gh", "--pipeline", "p"}).code, 0);
        runner.join();
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        CHECK(std::filesystem::exists(s.project() / "used"));
    }

    TEST_CASE("integrations fill an action's environment: the type's names, files, and the identifier's") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - action: Cloud
      type: AWS_CLI
      region: eu-west-1
      integration: my_aws
      execute_commands:
        - test "$AWS_ACCESS_KEY_ID" = AKIAPLANTED1
        - test "$AWS_SECRET_ACCESS_KEY" = planted/secret+key
        - test "$AWS_REGION" = eu-west-1
        - test "$MY_AWS_SECRET_KEY" = planted/secret+key
    - action: Google
      type: GOOGLE_CLOUD_CLI
      integration: g
      execute_commands:
        - grep -q planted "$GOOGLE_APPLICATION_CREDENTIALS"
        - test "$(stat -c %a "$GOOGLE_APPLICATION_CREDENTIALS")" = 600
        - echo "$GOOGLE_APPLICATION_CREDENTIALS" > path
        - test -z "$AWS_ACCESS_KEY_ID"
)yml");
        s.write("id", "AKIAPLANTED1\n");
        s.write("key", "planted/secret+key\n");
        s.write("json", "{\"private_key\": \"planted-private-key\"}\n");
        REQUIRE_EQ(s.latchkey({"integration", "add", "my aws", "--type", "AMAZON", "--field", "access_key=@id",
                               "--field", "secret_key=@key", "--field", "region=eu-west-1", "--all-pipelines"})
                       .code,
                   0);
        REQUIRE_EQ(s.latchkey({"integration", "add", "g", "--type", "GOOGLE_SERVICE_ACCOUNT", "--field",
                               "api_key=@json", "--all-pipelines"})
                       .code,
                   0);
        const said run = s.latchkey({"run", "--backend", "host"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        std::string path = read_file(s.project() / "path");
        path.pop_back();
        CHECK_FALSE(std::filesystem::exists(path));
        CHECK(s.files_with("planted-private-key").empty());
    }
}
