// SPDX-License-Identifier: Apache-2.0
//
// Actions that wait for people, end a run early, or run other pipelines: with the real program.
#include "tests/runner/cli/session.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <thread>

using latchkey::test::said;
using latchkey::test::session;

namespace {

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

// A run in the background, until it waits for people; then `answer` is given on another terminal.
said run_and_answer(const session& s, const std::function<void()>& answer) {
    said run;
    std::thread background([&] { run = s.latchkey({"run", "--output"}); });
    while (!has(s.latchkey({"runs"}), "waiting for")) {
    }
    answer();
    background.join();
    return run;
}

constexpr auto approval = R"yml(- pipeline: p
  actions:
    - action: Build
      type: BUILD
      execute_commands: [echo built]
    - action: Release it
      type: WAIT_FOR_APPLY
      comment: Is $BUDDY_PIPELINE_NAME good?
    - action: Deploy
      type: BUILD
      execute_commands: [echo deployed]
)yml";

constexpr auto values = R"yml(- pipeline: p
  actions:
    - action: Which version
      type: WAIT_FOR_VARIABLES
      variables:
        - {key: BUMP, defaults: "patch\nminor\nmajor"}
        - {key: NOTE, defaults: none}
    - action: Show
      type: BUILD
      execute_commands: ["echo bump=$BUMP note=$NOTE"]
)yml";

}  // namespace

TEST_SUITE("cli.people") {
    TEST_CASE("an approval from another terminal lets the run go on, and is audited") {
        const session s;
        s.write("buddy.yml", approval);
        const said run = run_and_answer(s, [&] {
            CHECK(has(s.latchkey({"approve", "1", "Deploy"}), "\"Deploy\" does not wait; these do: \"Release it\""));
            CHECK(has(s.latchkey({"approve", "1", "--var", "X=1"}), "does not ask for X"));
            CHECK_EQ(s.latchkey({"approve", "1"}).code, 0);
        });
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "\"Release it\" waits for an approval: Is p good?\n"));
        CHECK(has(run, "answer  latchkey approve 1\n"));
        CHECK(has(run, "approved by "));
        CHECK(has(run, "deployed"));
        CHECK(has(s.latchkey({"audit", "tail"}), "approval"));
        CHECK(has(s.latchkey({"approve", "1"}), "p #1 does not wait for anybody"));
    }

    TEST_CASE("a declined approval fails the run, and what comes after is not executed") {
        const session s;
        s.write("buddy.yml", approval);
        const said run = run_and_answer(s, [&] { CHECK_EQ(s.latchkey({"approve", "1", "--decline"}).code, 0); });
        CHECK_EQ(run.code, 1);
        CHECK(has(run, "was declined by "));
        CHECK_FALSE(has(run, "deployed"));
    }

    TEST_CASE("a run that waits is cancelled like any other") {
        const session s;
        s.write("buddy.yml", approval);
        const said run = run_and_answer(s, [&] { CHECK_EQ(s.latchkey({"cancel", "1"}).code, 0); });
        CHECK_EQ(run.code, 130);
    }

    TEST_CASE("on the run's own terminal it is asked there") {
        const session s;
        s.write("buddy.yml", approval);
        const said run = s.on_terminal({"run"}, {{"? [y/N] ", "y\n"}});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        s.write("buddy.yml", values);
        const said asked = s.on_terminal(
            {"run", "--output"}, {{"BUMP (patch, minor, major) [patch]: ", "major\n"}, {"NOTE [none]: ", "\n"}});
        CAPTURE(asked.out);
        CHECK_EQ(asked.code, 0);
        CHECK(has(asked, "bump=major note=none"));
    }

    TEST_CASE("values are what was asked for: a choice, a suggestion, or what the run was given") {
        const session s;
        s.write("buddy.yml", values);
        const said run = run_and_answer(s, [&] {
            CHECK(has(s.latchkey({"approve", "1", "--var", "BUMP=huge"}),
                      "BUMP can't be \"huge\": choose one of patch, minor, major"));
            CHECK_EQ(s.latchkey({"approve", "1", "--var", "BUMP=minor"}).code, 0);
        });
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "bump=minor note=none"));
        const said given = s.latchkey({"run", "--output", "--var", "BUMP=major", "--var", "NOTE=now"});
        CHECK_EQ(given.code, 0);
        CHECK(has(given, "bump=major note=now"));
        // A retry keeps them.
        CHECK(has(s.latchkey({"retry", "1", "--only", "Show", "--output"}), "bump=minor note=none"));
    }

    TEST_CASE("EARLY_EXIT ends the run well: what comes after is not executed, what runs on success is") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Enough, type: EARLY_EXIT, reason: nothing changed}
    - {action: More, type: BUILD, execute_commands: [echo more]}
    - {action: Last, type: BUILD, trigger_time: ON_SUCCESS, execute_commands: ["echo because $BUDDY_ACTION_EARLY_EXIT_REASON"]}
)yml");
        const said run = s.latchkey({"run", "--output"});
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "the run ends here: nothing changed"));
        CHECK(has(run, "because nothing changed"));
        CHECK_FALSE(has(run, "more\n"));
    }

    TEST_CASE(
        "RUN_NEXT_PIPELINE runs another pipeline with its values, waits where it says so, and tells how it ended") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: first
  variables:
    - {key: VERSION, value: 7}
  actions:
    - action: Next
      type: RUN_NEXT_PIPELINE
      pipeline: second
      wait: true
      variables: [{key: GIVEN, value: v$VERSION}, {key: RESULT, value: $RESULT}]
    - {action: After, type: BUILD, execute_commands: [cat given.txt]}
- pipeline: second
  actions:
    - action: Use
      type: BUILD
      execute_commands: ["echo given $GIVEN > given.txt", "exit ${RESULT:-0}"]
- pipeline: third
  actions:
    - {action: Next, type: RUN_NEXT_PIPELINE, next_pipeline_name: second}
)yml");
        const said good = s.latchkey({"run", "first", "--output"});
        CAPTURE(good.out);
        CHECK_EQ(good.code, 0);
        CHECK(has(good, "started second #2"));
        CHECK(has(good, "second #2 succeeded"));
        CHECK(has(good, "given v7"));
        const said bad = s.latchkey({"run", "first", "--output", "--var", "RESULT=3"});
        CHECK_EQ(bad.code, 1);
        CHECK(has(bad, "second #4 failed: latchkey logs 4 has its output"));
        // It does not wait, but nothing is left behind when the program ends.
        CHECK_EQ(s.latchkey({"run", "third"}).code, 0);
        CHECK(has(s.latchkey({"runs"}), "second"));
        CHECK_FALSE(has(s.latchkey({"runs"}), "running"));
    }

    TEST_CASE("a circle of pipelines is refused, and so is one that is not here or not allowed") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: a
  actions: [{action: Next, type: RUN_NEXT_PIPELINE, pipeline: b, wait: true}]
- pipeline: b
  actions: [{action: Next, type: RUN_NEXT_PIPELINE, pipeline: a, wait: true}]
- pipeline: c
  actions: [{action: Next, type: RUN_NEXT_PIPELINE, pipeline: nowhere}]
- pipeline: d
  actions: [{action: Next, type: RUN_NEXT_PIPELINE, project: other, pipeline: a}]
- pipeline: e
  actions: [{action: Next, type: RUN_NEXT_PIPELINE, pipeline: f, wait: true}]
- pipeline: f
  actions: [{action: Tell, type: BUILD, integration: hub, execute_commands: ['true']}]
)yml");
        REQUIRE_EQ(s.latchkey({"integration", "add", "Hub", "--type", "GIT_HUB", "--identifier", "hub", "--field",
                               "token=-"},
                              "tok-1\n")
                       .code,
                   0);
        const said circle = s.latchkey({"run", "a", "--output"});
        CHECK_EQ(circle.code, 1);
        CHECK(has(s.latchkey({"logs", "2"}), "it would run itself: a → b → a"));
        CHECK(has(s.latchkey({"run", "c"}), "this project has no pipeline \"nowhere\""));
        CHECK(has(s.latchkey({"run", "d"}), "its pipeline is in the project \"other\", which is not here"));
        const said denied = s.latchkey({"run", "e", "--output"});
        CHECK_EQ(denied.code, 1);
        CHECK(has(denied, "Missing permissions to the following integration:"));
    }
}
