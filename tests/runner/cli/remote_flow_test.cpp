// SPDX-License-Identifier: Apache-2.0
// Commands against the real server: a run that is denied, granted and retried; logs that are followed; what is
// cancelled and approved; and the token, which is nowhere to be seen.
#include "tests/runner/cli/team_session.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

using namespace latchkey::test;

namespace {

const std::string uses_gh =
    "    - {action: Build, type: NATIVE_BUILD_LINUX, execute_commands: [echo built]}\n"
    "    - {action: Publish, type: GIT_HUB_CLI, integration: github_releases, execute_commands: ['test -n "
    "\"$GITHUB_TOKEN\"', 'echo published with $GITHUB_TOKEN']}\n";

// Waits until it ends; all that it printed.
said rest_of(const session::started& process) {
    said s;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(process.output, buffer, sizeof buffer)) > 0;)
        s.out.append(buffer, static_cast<std::size_t>(n));
    ::close(process.output);
    int status = 0;
    ::waitpid(process.pid, &status, 0);
    s.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return s;
}

// Reads until it has printed this.
std::string until(const session::started& process, const std::string& text) {
    std::string all;
    char c = 0;
    while (all.find(text) == std::string::npos && ::read(process.output, &c, 1) == 1) all += c;
    return all;
}

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// An action that says that it runs, and goes on when the file is there.
std::string waits_for(const std::string& file) {
    return "    - {action: Hold, type: NATIVE_BUILD_LINUX, execute_commands: [echo holding, 'while ! test -e " +
           file + "; do sleep 0.05; done', echo done]}\n";
}

}  // namespace

TEST_SUITE("cli.remote") {
    TEST_CASE("denied, explained, granted and retried, revoked") {
        team_session t;
        t.enter();
        t.github();
        t.pipeline("deploy", uses_gh);
        std::string all;
        const auto type = [&](const std::vector<std::string>& words) {
            const said s = t.ana.latchkey(words);
            std::string line = "$ latchkey";
            for (const std::string& w : words) line += " " + w;
            all += line + "\n" + s.out + "[" + std::to_string(s.code) + "]\n\n";
        };
        type({"run", "deploy", "--comment", "first", "--priority", "HIGH"});
        type({"why", "deploy", "github_releases"});
        type({"retry", "1", "--grant"});
        type({"logs", "1"});
        type({"run"});
        type({"revoke", "github_releases", "--pipeline", "deploy"});
        type({"revoke", "github_releases", "--pipeline", "deploy"});
        type({"run", "deploi"});
        type({"run", "deploy", "--backend", "host"});
        type({"cancel", "1"});
        type({"logs", "7"});
        type({"integration", "list"});
        type({"integration", "edit", "github_releases", "--others", "deny", "--demand", "manage"});
        type({"integration", "rm", "github_releases"});
        CHECK_GOLDEN("runner/cli/golden/remote_story.txt", t.neutral(all));
        CHECK_FALSE(contains(all, "ghp_planted0secret0value"));
        CHECK_FALSE(contains(all, t.token()));

        const said runs = t.ana.latchkey({"runs"});
        CHECK(contains(runs.out, "#2   deploy"));
        CHECK(contains(runs.out, "#1   deploy"));
        const said newest = t.ana.latchkey({"runs", "deploy", "-n", "1", "--json"});
        CHECK(newest.out.starts_with(R"({"runs":[{"number":2,"pipeline":"deploy","status":"SUCCESSFUL")"));
        CHECK_FALSE(contains(newest.out, R"({"number":1,"pipeline")"));
        // Until when, for which ref, in which run only.
        CHECK_EQ(t.ana
                     .latchkey({"grant", "github_releases", "--pipeline", "deploy", "--ref", "refs/heads/main",
                                "--expires", "2h"})
                     .code,
                 0);
        const said shown = t.ana.latchkey({"integration", "show", "github_releases"});
        CHECK(contains(shown.out, "web/deploy  since "));
        CHECK(contains(shown.out, " by ana@acme.test, for refs/heads/main, until "));
        CHECK_EQ(t.ana.latchkey({"grant", "github_releases", "--pipeline", "deploy", "--once", "--run", "2"}).code,
                 0);
        CHECK(contains(t.ana.latchkey({"integration", "show", "github_releases"}).out, ", for run #2 only"));
        CHECK_EQ(t.ana.latchkey({"integration", "rm", "github_releases", "--yes"}).code, 0);
        // All of it is in the log.
        const said tail = t.ana.latchkey({"audit", "tail", "-n", "2"});
        CHECK_EQ(tail.code, 0);
        CHECK(contains(tail.out, "  ana@acme.test  "));
        CHECK_EQ(std::ranges::count(tail.out, '\n'), 2);
        const said verified = t.ana.latchkey({"audit", "verify"});
        CHECK_EQ(verified.code, 0);
        CHECK(contains(verified.out, " entries, none touched\nhead "));
        const said whole = t.ana.latchkey({"audit", "export"});
        CHECK_EQ(whole.code, 0);
        CHECK(contains(whole.out, R"("kind":"grant")"));
        CHECK_FALSE(contains(whole.out, "ghp_planted0secret0value"));
        CHECK(contains(t.ana.latchkey({"integration", "list"}).out, "no integrations yet"));
    }

    TEST_CASE("JSON lines, and the output of actions, as a local run has them") {
        team_session t;
        t.enter();
        t.pipeline("build", "    - {action: Say, type: NATIVE_BUILD_LINUX, execute_commands: ['echo $GREETING']}\n");
        const said lines = t.ana.latchkey({"run", "build", "--var", "GREETING=good day", "--json"});
        CHECK_EQ(lines.code, 0);
        const std::string json = lines.out.substr(lines.out.find('{'));  // after the word of where it acts
        CHECK(json.starts_with(R"({"kind":"run","number":1,"pipeline":"build","attempt":1,"actions":["Say"]})"));
        CHECK(contains(json, R"("kind":"action_ended")"));
        CHECK(contains(json, R"("kind":"outcome","outcome":"succeeded","exit_code":0)"));
        const said shown = t.ana.latchkey({"run", "build", "--var", "GREETING=good day", "--output"});
        CHECK_EQ(shown.code, 0);
        CHECK(contains(shown.out, "\ngood day\n"));
        t.pipeline("broken",
                   "    - {action: Fail, type: NATIVE_BUILD_LINUX, execute_commands: [echo why, exit 3]}\n");
        const said failed = t.ana.latchkey({"run", "broken"});
        CHECK_EQ(failed.code, 1);
        CHECK(contains(failed.out, "\n    why\n"));
        CHECK(contains(failed.out, "again  latchkey retry 3\n"));
        const said again = t.ana.latchkey({"retry", "3"});
        CHECK_EQ(again.code, 1);
        CHECK(contains(again.out, "broken #3, attempt 2: 1 action"));
        // Values of a file of secrets are masked there.
        t.ana.write("s.env", "GREETING=planted-in-a-file\n");
        std::filesystem::permissions(t.ana.project() / "s.env", std::filesystem::perms(0600));
        const said masked = t.ana.latchkey({"run", "build", "--secret-file", "s.env", "--output"});
        CHECK_EQ(masked.code, 0);
        CHECK_FALSE(contains(masked.out, "planted-in-a-file"));
    }

    TEST_CASE("on a terminal it asks to grant and retry") {
        team_session t;
        t.enter();
        t.github();
        t.pipeline("deploy", uses_gh);
        const said s = t.ana.on_terminal({"run", "deploy"}, {{"and retry? [y/N] ", "y\n"}});
        CHECK_EQ(s.code, 0);
        CHECK(contains(s.out, "Grant \"deploy\" permission to use github_releases and retry?"));
        CHECK(contains(s.out, "attempt 2"));
        const said no = t.ana.on_terminal({"run", "deploy"}, {});
        CHECK_EQ(no.code, 0);
    }

    TEST_CASE("logs are followed while it runs, by several, and the token is in no process's words and environment") {
        team_session t;
        t.enter();
        const std::string file = (t.ana.project() / "go").string();
        t.pipeline(
            "slow",
            waits_for(file) + "    - {action: After, type: NATIVE_BUILD_LINUX, execute_commands: [env, echo bye]}\n");
        t.ana.set("LATCHKEY_SERVER", t.url());
        t.ana.set("LATCHKEY_WORKSPACE", "acme");
        t.ana.set("LATCHKEY_TOKEN", t.token());
        const auto run = t.ana.start({"run", "slow", "-o"});
        const std::string begun = until(run, "▸ Hold\n");
        const auto logs = t.ana.start({"logs", "1", "-f"});
        const auto only = t.ana.start({"logs", "1", "After", "-f"});
        const std::string followed = until(logs, "holding\n");
        CHECK_EQ(followed, "── Hold\nholding\n");
        // Whoever looks at the machine's processes now.
        int looked = 0;
        for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
            const std::string pid = entry.path().filename();
            if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
            CHECK_FALSE(contains(bytes_of(entry.path() / "cmdline"), t.token()));
            const std::string name = bytes_of(entry.path() / "comm");
            if (name != "latchkey\n" && name != "sh\n" && name != "sleep\n") continue;
            ++looked;
            CHECK_FALSE(contains(bytes_of(entry.path() / "environ"), t.token()));
        }
        CHECK_GE(looked, 4);
        write_file(file, "");
        const said ran = rest_of(run);
        CHECK_EQ(ran.code, 0);
        CHECK_FALSE(contains(begun + ran.out, t.token()));
        CHECK_FALSE(contains(ran.out, "LATCHKEY_"));
        const said rest = rest_of(logs);
        CHECK_EQ(rest.code, 0);
        CHECK(rest.out.starts_with("done\n── After\n"));
        CHECK(rest.out.ends_with("bye\n"));
        const said one = rest_of(only);
        CHECK(one.out.ends_with("bye\n"));
        CHECK_FALSE(contains(one.out, "holding"));
        // All of it once.
        const said after = t.ana.latchkey({"logs", "1"});
        CHECK_EQ(after.out, followed + rest.out);
        // Nor where a run is local.
        t.ana.write(
            "buddy.yml",
            "- pipeline: here\n  actions:\n    - {action: Env, type: NATIVE_BUILD_LINUX, execute_commands: [env]}\n");
        const said local = t.ana.latchkey({"run", "--local", "-o", "--backend", "host"});
        CHECK_EQ(local.code, 0);
        CHECK_FALSE(contains(local.out, t.token()));
    }

    TEST_CASE("Ctrl-C cancels the run there, and cancel does from elsewhere") {
        team_session t;
        t.enter();
        t.pipeline("slow", waits_for((t.ana.project() / "never").string()));
        const auto run = t.ana.start({"run", "slow"});
        until(run, "▸ Hold\n");
        ::kill(run.pid, SIGINT);
        const said s = rest_of(run);
        CHECK_EQ(s.code, 130);
        CHECK(contains(s.out, "slow #1 was cancelled"));
        CHECK(contains(t.ana.latchkey({"runs"}).out, "cancelled"));
        const said started = t.ana.latchkey({"run", "slow", "--no-wait"});
        CHECK_EQ(started.code, 0);
        CHECK(contains(started.out, "slow #2 is on its way\n  follow  latchkey logs 2 -f\n"));
        const auto logs = t.ana.start({"logs", "2", "-f"});
        until(logs, "holding\n");
        const said cancelled = t.ana.latchkey({"cancel", "2"});
        CHECK_EQ(cancelled.code, 0);
        CHECK(contains(cancelled.out, "slow #2 is being cancelled"));
        CHECK_EQ(rest_of(logs).code, 0);
    }

    TEST_CASE("what waits for an approval is approved from elsewhere") {
        team_session t;
        t.enter();
        t.pipeline("gate",
                   "    - {action: Ask, type: WAIT_FOR_APPLY}\n"
                   "    - {action: Go, type: NATIVE_BUILD_LINUX, execute_commands: [echo went]}\n");
        const auto run = t.ana.start({"run", "gate"});
        until(run, "latchkey approve 1");
        const said no = t.ana.latchkey({"approve", "1", "Asc"});
        CHECK_EQ(no.code, 2);
        const said yes = t.ana.latchkey({"approve", "1"});
        CHECK_EQ(yes.code, 0);
        CHECK(contains(yes.out, "gate #1: \"Ask\" is approved\n"));
        const said s = rest_of(run);
        CHECK_EQ(s.code, 0);
        CHECK(contains(s.out, "✓ gate #1 succeeded"));
    }

    TEST_CASE("a token of one's own making, for a machine") {
        team_session t;
        t.enter();
        const said made = t.ana.latchkey({"token", "add", "ci", "--scope", "EXECUTION_RUN", "--scope", "WORKSPACE",
                                          "--expires", "30d", "-o", "ci.token"});
        CHECK_EQ(made.code, 0);
        const std::string token = read_file(t.ana.project() / "ci.token");
        CHECK_FALSE(contains(made.out, token.substr(0, token.size() - 1)));
        const said list = t.ana.latchkey({"token", "list"});
        CHECK(contains(list.out, "EXECUTION_RUN WORKSPACE"));
        // Good for what it is for.
        session machine("machine");
        REQUIRE_EQ(machine.latchkey({"login", t.url(), "--workspace", "acme", "--token-file", "-"}, token).code, 4);
        machine.set("LATCHKEY_SERVER", t.url());
        machine.set("LATCHKEY_TOKEN", token.substr(0, token.size() - 1));
        CHECK_EQ(machine.latchkey({"project", "list"}).code, 0);
        const said denied = machine.latchkey({"integration", "list"});
        CHECK_EQ(denied.code, 4);
        CHECK(contains(denied.out, "the token lacks the scope INTEGRATION_INFO"));
    }
}
