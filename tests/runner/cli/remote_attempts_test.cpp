// SPDX-License-Identifier: Apache-2.0
// Commands against the real server that tell it more than Buddy's API can be told: which part of a run to retry, no
// instead of yes, to wait for a permission; an attempt's own logs, reports, and the audit log that one knows.
#include "tests/runner/cli/team_session.hpp"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace latchkey::test;

namespace {

std::string step(const std::string& name, const std::string& command) {
    return "    - {action: " + name + ", type: NATIVE_BUILD_LINUX, execute_commands: ['" + command + "']}\n";
}

// What an action prints, less what others do.
std::string log_of(const team_session& t, const std::string& run, const std::string& action,
                   const std::string& attempt = "") {
    std::vector<std::string> words = {"logs", run, action};
    if (!attempt.empty()) words.insert(words.end(), {"--attempt", attempt});
    const said s = t.ana.latchkey(words);
    return s.out;
}

}  // namespace

TEST_SUITE("cli.remote_attempts") {
    TEST_CASE("retry: from an action on, one only, all, and an attempt's own logs") {
        team_session t;
        t.enter();
        t.pipeline("p", step("One", "echo one >> ran; wc -l < ran") + step("Two", "echo two >> ran; wc -l < ran") +
                            step("Three", "echo three >> ran; wc -l < ran"));
        CHECK_EQ(t.ana.latchkey({"run", "p"}).code, 0);
        CHECK_EQ(t.ana.latchkey({"retry", "1", "--from", "Two"}).code, 0);
        CHECK_EQ(log_of(t, "1", "One"), "1\n");
        CHECK_EQ(log_of(t, "1", "Two"), "4\n");
        CHECK_EQ(log_of(t, "1", "Three"), "5\n");
        CHECK_EQ(t.ana.latchkey({"retry", "1", "--only", "Three"}).code, 0);
        CHECK_EQ(log_of(t, "1", "Two"), "4\n");
        CHECK_EQ(log_of(t, "1", "Three"), "6\n");
        CHECK_EQ(t.ana.latchkey({"retry", "1", "--all"}).code, 0);
        CHECK_EQ(log_of(t, "1", "One"), "7\n");
        CHECK_EQ(log_of(t, "1", "Two", "1"), "2\n");
        CHECK_EQ(log_of(t, "1", "Two", "2"), "4\n");
        CHECK_EQ(log_of(t, "1", "Three", "3"), "6\n");
        CHECK_EQ(log_of(t, "1", "Two", "3"), "there is no log yet\n");
        const said whole = t.ana.latchkey({"logs", "1", "--attempt", "2"});
        CHECK_EQ(whole.out, "── Two\n4\n── Three\n5\n");
        const said none = t.ana.latchkey({"logs", "1", "--attempt", "9"});
        CHECK_NE(none.code, 0);
        CHECK(contains(none.out, "the execution has no such attempt"));
        const said unknown = t.ana.latchkey({"retry", "1", "--from", "Tow"});
        CHECK_EQ(unknown.code, 2);
        CHECK(contains(unknown.out, "p #1 has no action \"Tow\""));
        CHECK(contains(t.ana.latchkey({"retry", "1", "--from", "Two", "--all"}).out, "exclude each other"));
    }

    TEST_CASE("retry: one action only together with the grant that it needs") {
        team_session t;
        t.enter();
        t.github();
        t.pipeline("p", step("One", "echo one >> ran") +
                            "    - {action: Publish, type: GIT_HUB_CLI, integration: github_releases, "
                            "execute_commands: ['test ! -e ran && echo nothing ran']}\n" +
                            step("Three", "echo three >> ran"));
        CHECK_EQ(t.ana.latchkey({"run", "p"}).code, 4);
        CHECK_EQ(t.ana.latchkey({"retry", "1", "--grant", "--only", "Publish"}).code, 0);
        CHECK_EQ(log_of(t, "1", "Publish"), "nothing ran\n");
        CHECK_EQ(log_of(t, "1", "Three"), "there is no log yet\n");
    }

    TEST_CASE("approve --decline: the action fails") {
        team_session t;
        t.enter();
        t.pipeline("gate", "    - {action: Ask, type: WAIT_FOR_APPLY}\n" + step("Go", "echo went"));
        CHECK_EQ(t.ana.latchkey({"run", "gate", "--no-wait"}).code, 0);
        said no = t.ana.latchkey({"approve", "1", "--decline"});
        while (no.code != 0) no = t.ana.latchkey({"approve", "1", "--decline"});
        CHECK(contains(no.out, "\"Ask\" is declined\n"));
        const said logs = t.ana.latchkey({"logs", "1", "-f"});
        CHECK_FALSE(contains(logs.out, "went"));
        CHECK(contains(t.ana.latchkey({"runs"}).out, "failed"));
    }

    TEST_CASE("run --wait: the run waits for its permission, and the grant lets it go on") {
        team_session t;
        t.enter();
        t.github();
        t.pipeline("p",
                   "    - {action: Publish, type: GIT_HUB_CLI, integration: github_releases, execute_commands: "
                   "[echo published]}\n");
        bool granted = false;
        const said s = t.ana.watch({"run", "p", "--wait", "--output"}, [&](const std::string& line) {
            if (granted || !contains(line, "Missing permissions")) return;
            granted = true;
            CHECK_EQ(t.ana.latchkey({"grant", "github_releases", "--pipeline", "p"}).code, 0);
        });
        CHECK(granted);
        CHECK_EQ(s.code, 0);
        CHECK(contains(s.out, "published"));
    }

    TEST_CASE("--junit: the run as a report, also of one that was denied or that has errors") {
        team_session t;
        t.enter();
        t.github();
        t.pipeline("p", step("Good", "echo x") + step("Bad", "exit 3") + step("Never", "echo y"));
        CHECK_EQ(t.ana.latchkey({"run", "p", "--junit", "out.xml"}).code, 1);
        const std::string report = read_file(t.ana.project() / "out.xml");
        CHECK(contains(report, "<testsuite name=\"p #1\" tests=\"3\" failures=\"1\""));
        CHECK(contains(report, "<testcase name=\"Good\""));
        CHECK(contains(report, "not executed"));
        CHECK_EQ(t.ana.latchkey({"retry", "1", "--junit", "again.xml"}).code, 1);
        CHECK(contains(read_file(t.ana.project() / "again.xml"), "failures=\"1\""));
        t.pipeline("denied",
                   "    - {action: Publish, type: GIT_HUB_CLI, integration: github_releases, "
                   "execute_commands: [echo published]}\n");
        CHECK_EQ(t.ana.latchkey({"run", "denied", "--junit", "denied.xml"}).code, 4);
        CHECK(
            contains(read_file(t.ana.project() / "denied.xml"), "Missing permissions to the following integration:"));
        t.pipeline("odd", "    - {action: X, type: NO_SUCH_TYPE}\n");
        CHECK_EQ(t.ana.latchkey({"run", "odd", "--junit", "odd.xml"}).code, 3);
        CHECK(contains(read_file(t.ana.project() / "odd.xml"), "P070"));
        CHECK_EQ(t.ana.latchkey({"run", "p", "--junit", "x.xml", "--no-wait"}).code, 2);
    }

    TEST_CASE("audit verify --expect: the log is the one that it was") {
        team_session t;
        t.enter();
        const said first = t.ana.latchkey({"audit", "verify"});
        REQUIRE_EQ(first.code, 0);
        std::string head = first.out.substr(first.out.find("head ") + 5);
        head.pop_back();
        t.github();
        const said again = t.ana.latchkey({"audit", "verify", "--expect", head});
        CHECK_EQ(again.code, 0);
        CHECK(contains(again.out, " entries, none touched, with what was expected\nhead "));
        std::string other = head;
        other.back() = other.back() == '0' ? '1' : '0';
        const said wrong = t.ana.latchkey({"audit", "verify", "--expect", other});
        CHECK_EQ(wrong.code, 1);
        CHECK(contains(wrong.out, " is not the one that was expected\n"));
        const said later = t.ana.latchkey({"audit", "verify", "--expect", "999999" + head.substr(head.find(':'))});
        CHECK_EQ(later.code, 1);
        CHECK(contains(later.out, "its entry 999999 is missing\n"));
        CHECK_EQ(t.ana.latchkey({"audit", "verify", "--expect", "abc"}).code, 2);
    }
}
