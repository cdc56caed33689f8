// SPDX-License-Identifier: Apache-2.0
//
// Actions that run because of how a run goes or ends, and which of them: whole runs with the real program.
#include "tests/runner/cli/repository.hpp"
#include "tests/support/golden.hpp"

#include <filesystem>
#include <sys/stat.h>
#include <thread>

using latchkey::test::has;
using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::session;

namespace {

// One of each kind, in an order that is not theirs; each writes its name.
std::string closing_actions() {
    std::string all;
    for (const char* when : {"ON_TERMINATE", "ON_WARNING", "ON_FAILURE", "ON_BACK_TO_SUCCESS", "ON_SUCCESS"})
        all += std::string("    - {action: ") + when + ", type: BUILD, trigger_time: " + when +
               ", execute_commands: [echo " + when + " >> done]}\n";
    all +=
        "    - {action: First, type: BUILD, trigger_time: ON_FAILURE, run_only_on_first_failure: true, "
        "execute_commands: [echo first >> done]}\n";
    return all;
}

// Fails where there is a file `bad`, warns where there is `doubtful`.
std::string pipeline() {
    return "- pipeline: p\n  actions:\n" + closing_actions() +
           "    - {action: Doubt, type: BUILD, ignore_errors: true, execute_commands: [test ! -e doubtful]}\n"
           "    - {action: Work, type: BUILD, execute_commands: ['echo work >> done', test ! -e bad]}\n"
           "    - {action: More, type: BUILD, execute_commands: [echo more >> done]}\n";
}

struct ran {
    int code = 0;
    std::string done;
};

ran run(const session& s, const std::vector<std::string>& words = {"run"}) {
    const said out = s.latchkey(words);
    ran r{out.code, {}};
    const auto file = s.project() / "done";
    if (std::filesystem::exists(file)) r.done = read_file(file);
    std::filesystem::remove(file);
    return r;
}

}  // namespace

TEST_SUITE("cli.outcome") {
    TEST_CASE("which actions follow on success, warning, failure and back to success, in the order of the list") {
        const session s;
        s.write("buddy.yml", pipeline());
        const auto file = [&s](const char* name) { return s.project() / name; };
        CHECK_EQ(run(s).done, "work\nmore\nON_SUCCESS\n");

        s.write("doubtful", "");
        ran r = run(s);
        CHECK_EQ(r.code, 0);
        CHECK_EQ(r.done, "work\nmore\nON_WARNING\nON_SUCCESS\n");

        s.write("bad", "");
        r = run(s);
        CHECK_EQ(r.code, 1);
        CHECK_EQ(r.done, "work\nON_FAILURE\nfirst\n");
        CHECK_EQ(run(s).done, "work\nON_FAILURE\n");  // not the first any more

        std::filesystem::remove(file("bad"));
        std::filesystem::remove(file("doubtful"));
        CHECK_EQ(run(s).done, "work\nmore\nON_BACK_TO_SUCCESS\nON_SUCCESS\n");
        CHECK_EQ(run(s).done, "work\nmore\nON_SUCCESS\n");
        s.write("bad", "");
        CHECK_EQ(run(s).done, "work\nON_FAILURE\nfirst\n");  // the first again
    }

    TEST_CASE("a retry is a run after the failed attempt: not the first failure, and back to success") {
        const session s;
        s.write("buddy.yml", pipeline());
        s.write("bad", "");
        CHECK_EQ(run(s).done, "work\nON_FAILURE\nfirst\n");
        CHECK_EQ(run(s, {"retry", "1"}).done, "work\nON_FAILURE\n");
        std::filesystem::remove(s.project() / "bad");
        CHECK_EQ(run(s, {"retry", "1"}).done, "work\nmore\nON_BACK_TO_SUCCESS\nON_SUCCESS\n");
    }

    TEST_CASE("cancelled: ON_TERMINATE runs and nothing else, and the run between two others tells nothing") {
        const session s;
        s.write("buddy.yml", pipeline());
        s.write("bad", "");
        CHECK_EQ(run(s).done, "work\nON_FAILURE\nfirst\n");
        s.write("buddy.yml", pipeline() +
                                 "    - {action: Long, type: BUILD, execute_commands: [touch began, sleep "
                                 "1000]}\n");
        std::filesystem::remove(s.project() / "bad");
        said out;
        std::thread background([&] { out = s.latchkey({"run"}); });
        while (!std::filesystem::exists(s.project() / "began")) {
        }
        CHECK_EQ(s.latchkey({"cancel", "2"}).code, 0);
        background.join();
        CHECK_EQ(out.code, 130);
        CHECK_EQ(read_file(s.project() / "done"), "work\nmore\nON_TERMINATE\n");
        std::filesystem::remove(s.project() / "done");
        s.write("buddy.yml", pipeline());
        CHECK_EQ(run(s).done, "work\nmore\nON_BACK_TO_SUCCESS\nON_SUCCESS\n");
    }

    TEST_CASE("a closing action that fails fails the run, and the others run all the same") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Alarm, type: BUILD, trigger_time: ON_FAILURE, execute_commands: [echo alarm >> done]}
    - {action: Bad, type: BUILD, trigger_time: ON_SUCCESS, execute_commands: ['false']}
    - {action: Good, type: BUILD, trigger_time: ON_SUCCESS, execute_commands: [echo good >> done]}
    - {action: Work, type: BUILD, execute_commands: [echo work >> done]}
)yml");
        const ran r = run(s);
        CHECK_EQ(r.code, 1);
        CHECK_EQ(r.done, "work\ngood\n");
    }

    TEST_CASE("the action that failed is told by name and by the end of its log, masked and bounded") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  variables:
    - {key: TOKEN, encrypted: true}
  actions:
    - action: Work
      type: BUILD
      execute_commands: [seq 1 200, 'echo it is $TOKEN', "printf 'a\\000b\\n'", exit 3]
    - action: Alarm
      type: BUILD
      trigger_time: ON_FAILURE
      trigger_conditions:
        - {trigger_condition: VAR_IS, trigger_variable_key: BUDDY_FAILED_ACTION_NAME, trigger_variable_value: Work}
      execute_commands: ['printf "%s|%s|" "$BUDDY_FAILED_ACTION_NAME" "$BUDDY_FAILED_ACTION_LOGS" > told']
    - action: Other
      type: BUILD
      trigger_time: ON_FAILURE
      trigger_conditions:
        - {trigger_condition: VAR_IS_NOT, trigger_variable_key: BUDDY_FAILED_ACTION_NAME, trigger_variable_value: Work}
      execute_commands: [touch other]
)yml");
        CHECK_EQ(s.latchkey({"run", "--secret-file", "-"}, "TOKEN=correct-horse-battery\n").code, 1);
        const std::string told = read_file(s.project() / "told");
        CAPTURE(told);
        CHECK(told.starts_with("Work|103\n104\n"));
        CHECK(told.ends_with("200\nit is ***\nab|"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "other"));
        // Long lines: whole ones, 16 KB of them.
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Work, type: BUILD, execute_commands: ['for i in 1 2 3; do seq -s . 1 2000; done', exit 3]}
    - {action: Alarm, type: BUILD, trigger_time: ON_FAILURE, execute_commands: ['printf %s "$BUDDY_FAILED_ACTION_LOGS" > told']}
)yml");
        CHECK_EQ(s.latchkey({"run"}).code, 1);
        const std::string lines = read_file(s.project() / "told");
        CHECK(lines.starts_with("1.2.3."));
        CHECK_LE(lines.size(), 16U * 1024);
    }

    TEST_CASE("ended early: ON_SUCCESS runs and knows the reason") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Tell, type: BUILD, trigger_time: ON_SUCCESS, execute_commands: ['echo "$BUDDY_ACTION_EARLY_EXIT_REASON" >> done']}
    - {action: Enough, type: EARLY_EXIT, reason: nothing to do}
    - {action: Work, type: BUILD, execute_commands: [echo work >> done]}
)yml");
        const ran r = run(s);
        CHECK_EQ(r.code, 0);
        CHECK_EQ(r.done, "nothing to do\n");
    }

    TEST_CASE("while an approval is waited for: ON_WAIT_FOR_APPROVE runs, for each of them, and before the answer") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Ask, type: BUILD, trigger_time: ON_WAIT_FOR_APPROVE, execute_commands: [echo asked, echo asked >> done, touch asked]}
    - {action: One, type: WAIT_FOR_APPLY}
    - {action: Two, type: WAIT_FOR_APPLY}
    - {action: Work, type: BUILD, execute_commands: [echo work >> done]}
)yml");
        said out;
        std::thread background([&] { out = s.latchkey({"run", "--jobs", "1"}); });
        for (const char* which : {"One", "Two"}) {
            while (!std::filesystem::exists(s.project() / "asked")) {
            }
            std::filesystem::remove(s.project() / "asked");
            CHECK_EQ(s.latchkey({"approve", "1", which}).code, 0);
        }
        background.join();
        CAPTURE(out.out);
        CHECK_EQ(out.code, 0);
        CHECK_EQ(read_file(s.project() / "done"), "asked\nasked\nwork\n");
        CHECK(has(s.latchkey({"logs", "1", "Ask"}), "asked\nasked\n"));
    }

    TEST_CASE("no approval is waited for: ON_WAIT_FOR_APPROVE does not run") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Ask, type: BUILD, trigger_time: ON_WAIT_FOR_APPROVE, execute_commands: [touch asked]}
    - {action: Work, type: BUILD, execute_commands: [echo work >> done]}
)yml");
        CHECK_EQ(run(s).code, 0);
        CHECK_FALSE(std::filesystem::exists(s.project() / "asked"));
    }

    TEST_CASE("in hard parallel: actions that need each other meet with one job, and in soft parallel places count") {
        const session s;
        REQUIRE_EQ(::mkfifo((s.project() / "pipe").c_str(), 0600), 0);
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Left, type: BUILD, run_next: IN_HARD_PARALLEL, timeout: 60, execute_commands: [echo hello > pipe]}
    - {action: Right, type: BUILD, timeout: 60, execute_commands: [cat pipe >> done]}
    - {action: A, type: BUILD, run_next: IN_SOFT_PARALLEL, execute_commands: [mkdir alone, rmdir alone]}
    - {action: B, type: BUILD, run_next: IN_SOFT_PARALLEL, execute_commands: [mkdir alone, rmdir alone]}
    - {action: C, type: BUILD, execute_commands: [mkdir alone, rmdir alone, echo c >> done]}
)yml");
        const ran r = run(s, {"run", "--jobs", "1"});
        CHECK_EQ(r.code, 0);
        CHECK_EQ(r.done, "hello\nc\n");
    }

    TEST_CASE("one of several side by side fails: the others end, the next stage does not begin") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: Bad, type: BUILD, run_next: IN_HARD_PARALLEL, execute_commands: ['false']}
    - {action: Good, type: BUILD, execute_commands: [echo good >> done]}
    - {action: Next, type: BUILD, execute_commands: [echo next >> done]}
    - {action: Alarm, type: BUILD, trigger_time: ON_FAILURE, execute_commands: ['echo "$BUDDY_FAILED_ACTION_NAME" >> done']}
)yml");
        const ran r = run(s, {"run", "--jobs", "1"});
        CHECK_EQ(r.code, 1);
        CHECK_EQ(r.done, "good\nBad\n");
    }

    TEST_CASE("loops of a pipeline and of an action: every combination, side by side where run_next says so") {
        const session s;
        REQUIRE_EQ(::mkfifo((s.project() / "pipe").c_str(), 0600), 0);
        s.write("buddy.yml", R"yml(- pipeline: p
  loop: [OS]
  variables:
    - {key: OS, value: "linux,mac"}
    - {key: SIDE, value: "left,right"}
    - {key: N, value: "1,2"}
  actions:
    - action: Meet
      type: BUILD
      loop: [SIDE]
      run_next: IN_HARD_PARALLEL
      timeout: 60
      execute_commands: ['if test $SIDE = left; then echo $OS > pipe; else cat pipe >> done; fi']
    - {action: Beside, type: BUILD, execute_commands: ['true']}
    - {action: Each, type: BUILD, loop: [N, SIDE], execute_commands: ['echo $OS $N $SIDE >> done']}
    - {action: End, type: BUILD, trigger_time: ON_SUCCESS, execute_commands: ['echo end of $OS >> done']}
)yml");
        const ran r = run(s, {"run", "--jobs", "1"});
        CHECK_EQ(r.code, 0);
        CHECK_EQ(r.done,
                 "linux\nlinux 1 left\nlinux 1 right\nlinux 2 left\nlinux 2 right\n"
                 "mac\nmac 1 left\nmac 1 right\nmac 2 left\nmac 2 right\nend of linux\nend of mac\n");
    }

    TEST_CASE("an action that asks for a token of its run is refused here, before anything starts") {
        const session s;
        s.write("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: First, type: BUILD, execute_commands: ['echo first >> done']}
    - action: Assume
      type: BUILD
      id_tokens: {CLOUD_TOKEN: {aud: sts.example.test}}
      execute_commands: ['true']
)yml");
        const ran r = run(s, {"run", "--backend", "host"});
        CHECK_EQ(r.code, 5);
        CHECK_EQ(r.done, "");
        CHECK_EQ(
            s.latchkey({"run", "--backend", "host"}).out,
            "latchkey: the action \"Assume\" asks for a token of its run (id_tokens), which only a server issues: "
            "run it on one (latchkey login)\n");
        // It is a matter of running: the file is right.
        CHECK_EQ(s.latchkey({"validate"}).code, 0);
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - action: A\n      type: BUILD\n      id_tokens: {1X: {aud: a}, "
                "X: {audience: b}}\n      execute_commands: ['true']\n");
        const said wrong = s.latchkey({"validate"});
        CHECK_EQ(wrong.code, 3);
        for (const char* what : {"`1X` can't be the name of a variable", "a token has no `audience`",
                                 "the token `X` says not whom it is for"})
            CHECK(wrong.out.find(what) != std::string::npos);
    }
}
