// SPDX-License-Identifier: Apache-2.0
//
// Variables that actions pass on, with the whole engine.
#include "runner/run/passed_variables.hpp"

#include "tests/runner/run/engine_world.hpp"

#include <doctest/doctest.h>

using latchkey::run::event_kind;
using latchkey::run::outcome;
using latchkey::test::engine_world;

namespace {

// Actions of a pipeline, one script each.
std::string pipeline_of(const std::string& before_actions, const std::vector<std::string>& scripts) {
    std::string yaml = "- pipeline: p\n" + before_actions + "  actions:\n";
    char name = 'A';
    for (const std::string& script : scripts)
        yaml += std::string("    - action: ") + name++ +
                "\n      type: BUILD\n      shell: BASH\n      execute_commands:\n        - |\n          " + script +
                "\n";
    return yaml;
}

}  // namespace

TEST_SUITE("run.passed_variables") {
    TEST_CASE("an export and a changed variable are seen by the actions after, in their environment and conditions") {
        engine_world w;
        const auto f = w.run(
            "- pipeline: p\n  variables:\n    - {key: NUMBER, value: 1, settable: true}\n  actions:\n"
            "    - {action: A, type: BUILD, execute_commands: ['NUMBER=$((NUMBER + 41))', 'export NEW=\"two "
            "words\"', 'LOCAL=no']}\n"
            "    - {action: B, type: BUILD, execute_commands: ['echo \"$NUMBER $NEW [$LOCAL]\" > out']}\n"
            "    - {action: C, type: BUILD, trigger_conditions: [{trigger_condition: VAR_IS, trigger_variable_key: "
            "NUMBER, trigger_variable_value: 42}], "
            "execute_commands: ['echo met >> out']}\n");
        REQUIRE(f.attempt.has_value());
        CHECK_EQ(f.attempt->outcome, outcome::succeeded);
        CHECK_EQ(w.file("out"), "42 two words []\nmet\n");
    }

    TEST_CASE("what is the machine's, built in, or unchanged is not passed on") {
        engine_world w;
        const auto f =
            w.run(pipeline_of("", {"export PATH=/nowhere:$PATH BUDDY_PIPELINE_NAME=changed HOME=/x LATCHKEY_X=1",
                                   "echo $BUDDY_PIPELINE_NAME ${LATCHKEY_X:-none} > out"}));
        CHECK_EQ(f.attempt->outcome, outcome::succeeded);
        CHECK_EQ(w.file("out"), "p none\n");
        CHECK_EQ(f.text_of(event_kind::variable_passed), "");
    }

    TEST_CASE("an encrypted variable that an action sets stays a secret: masked, passed on, stored nowhere") {
        engine_world w;
        latchkey::run::run_options options;
        options.secrets.emplace("TOKEN", latchkey::vault::secret(std::string("first-secret-value")));
        const auto f = w.run(
            pipeline_of("  variables:\n    - {key: TOKEN, encrypted: true, settable: true, value: 'secure!x.y'}\n",
                        {"TOKEN=second-$(echo secret)-value", "echo $TOKEN; echo ${#TOKEN} > out"}),
            std::move(options));
        REQUIRE(f.attempt.has_value());
        CHECK_EQ(f.attempt->outcome, outcome::succeeded);
        CHECK_EQ(w.file("out"), "19\n");
        CHECK_EQ(w.log(1, 1), "***\n");
        CHECK_EQ(f.text_of(event_kind::variable_passed), "TOKEN");
        CHECK(w.files_with("second-secret-value").empty());
    }

    TEST_CASE("a credential that an action exports under another name stays with it, and that is said") {
        engine_world w;
        w.grant(w.add("hub", "GIT_HUB", {{"token", "ghp_0123456789abcdef"}}));
        const auto f = w.run(
            "- pipeline: p\n  actions:\n"
            "    - {action: A, type: BUILD, integration: hub, execute_commands: ['export MINE=x$GITHUB_TOKEN', "
            "'export GITHUB_TOKEN=other']}\n"
            "    - {action: B, type: BUILD, execute_commands: ['echo \"[$MINE$GITHUB_TOKEN]\" > out']}\n");
        REQUIRE(f.attempt.has_value());
        CHECK_EQ(f.attempt->outcome, outcome::succeeded);
        CHECK_EQ(w.file("out"), "[]\n");
        CHECK_EQ(f.text_of(event_kind::warning),
                 "MINE holds a secret of \"A\" and is not passed on to other actions");
        CHECK(w.files_with("ghp_0123456789abcdef").empty());
    }

    TEST_CASE("a retry has what the actions passed on that it does not execute again") {
        engine_world w;
        const auto f = w.run(pipeline_of("", {"export MADE=by-a; echo a >> runs", "test -e go; echo $MADE > out"}));
        CHECK_EQ(f.attempt->outcome, outcome::failed);
        std::system(("touch " + (w.workspace() / "go").string()).c_str());
        const auto again = w.retry(w.again());
        REQUIRE(again.attempt.has_value());
        CHECK_EQ(again.attempt->outcome, outcome::succeeded);
        CHECK_EQ(w.file("runs"), "a\n");
        CHECK_EQ(w.file("out"), "by-a\n");
    }

    TEST_CASE("a retry executes an action again that passed on a secret, whose value nobody keeps") {
        engine_world w;
        const auto with_token = [] {
            latchkey::run::run_options options;
            options.secrets.emplace("TOKEN", latchkey::vault::secret(std::string("first-secret-value")));
            return options;
        };
        const auto f =
            w.run(pipeline_of("  variables:\n    - {key: TOKEN, encrypted: true, value: 'secure!x.y'}\n",
                              {"TOKEN=second-secret-value; echo a >> runs", "test -e go; echo ${#TOKEN} > out"}),
                  with_token());
        CHECK_EQ(f.attempt->outcome, outcome::failed);
        std::system(("touch " + (w.workspace() / "go").string()).c_str());
        const auto again = w.retry(w.again(), with_token());
        REQUIRE(again.attempt.has_value());
        CHECK_EQ(again.attempt->outcome, outcome::succeeded);
        CHECK_EQ(w.file("runs"), "a\na\n");
        CHECK_EQ(w.file("out"), "19\n");
    }
}
