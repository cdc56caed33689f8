// SPDX-License-Identifier: Apache-2.0
//
// The real program where things are cut short: questions that are interrupted, runs that are followed or cancelled,
// files that are gone. And the shell's completion, asked by a real shell.
#include "runner/exec/capture.hpp"
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <sys/stat.h>
#include <thread>

using latchkey::test::said;
using latchkey::test::session;

namespace {

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

const char* const publish_file = R"(- pipeline: Publish all
  actions:
    - action: Publish
      type: GIT_HUB_CLI
      integration: releases
      execute_commands: [echo published]
)";

void add_releases(const session& s) {
    REQUIRE_EQ(
        s.latchkey({"integration", "add", "Releases", "--type", "GIT_HUB", "--field", "token=-"}, "a planted token")
            .code,
        0);
}

// An action that says when it is there, and then waits until it is told to go on.
const char* const waiting_file =
    "- pipeline: wait\n  actions:\n"
    "    - {action: First, type: BUILD, execute_commands: [echo first]}\n"
    "    - {action: Wait, type: BUILD, execute_commands: [echo before, echo up > up, read x < go, echo after]}\n"
    "    - {action: Last, type: BUILD, execute_commands: [printf last]}\n";

}  // namespace

TEST_SUITE("cli.terminal") {
    TEST_CASE("interrupted while a secret is typed: the terminal echoes again and nothing was stored") {
        const session s;
        const said cut =
            s.on_terminal({"integration", "add", "Releases", "--type", "GIT_HUB"}, {{"): ", "plan\x03"}});
        CHECK_EQ(cut.code, 128 + SIGINT);
        CHECK(cut.echo);
        CHECK_FALSE(has(cut, "plan"));
        CHECK(has(s.latchkey({"integration", "list"}), "no integrations yet"));
    }

    TEST_CASE("a field without a value is asked for, unseen") {
        const session s;
        add_releases(s);
        const said edited = s.on_terminal({"integration", "edit", "releases", "--field", "token"},
                                          {{"token: ", "another planted\n"}});
        CAPTURE(edited.out);
        CHECK_EQ(edited.code, 0);
        CHECK(edited.echo);
        CHECK_FALSE(has(edited, "another planted"));
        CHECK(s.files_with("another planted").empty());
    }

    TEST_CASE("revoked: a permission can be taken back though the file is broken or gone") {
        const session s;
        s.write("buddy.yml", publish_file);
        add_releases(s);
        for (const bool gone : {false, true}) {
            CAPTURE(gone);
            REQUIRE_EQ(s.latchkey({"grant", "releases", "--pipeline", "Publish all"}).code, 0);
            CHECK_EQ(s.latchkey({"run"}).code, 0);
            if (gone)
                std::filesystem::remove(s.project() / "buddy.yml");
            else
                s.write("buddy.yml", "version: 2\npipelines: {}\n");
            CHECK_EQ(s.latchkey({"revoke", "releases", "--pipeline", "Publish all"}).code, 0);
            CHECK(has(s.latchkey({"integration", "show", "releases"}), "no pipeline may use it"));
            CHECK_EQ(s.latchkey({"revoke", "releases", "--pipeline", "Publish all"}).code, 2);
            s.write("buddy.yml", publish_file);
            CHECK_EQ(s.latchkey({"run"}).code, 4);
        }
    }

    TEST_CASE("followed: actions that start later are shown too, until the run has ended") {
        const session s;
        s.write("buddy.yml", waiting_file);
        REQUIRE_EQ(::mkfifo((s.project() / "up").c_str(), 0600), 0);
        REQUIRE_EQ(::mkfifo((s.project() / "go").c_str(), 0600), 0);
        said run;
        said followed;
        std::thread runner([&] { run = s.latchkey({"run"}); });
        CHECK_EQ(latchkey::test::read_file(s.project() / "up"), "up\n");  // waits for the action
        std::thread reader([&] { followed = s.on_terminal({"logs", "1", "-f"}, {{"before", ""}}); });
        latchkey::test::write_file(s.project() / "go", "go\n");  // waits until the action reads
        runner.join();
        reader.join();
        CHECK_EQ(run.code, 0);
        CHECK_EQ(followed.code, 0);
        CHECK_GOLDEN("runner/cli/golden/followed.txt", followed.out);
    }

    TEST_CASE("interrupted: the run is cancelled, what it started is gone, and it can be retried") {
        const session s;
        s.write("buddy.yml", waiting_file);
        REQUIRE_EQ(::mkfifo((s.project() / "go").c_str(), 0600), 0);
        const said cut = s.on_terminal({"run"}, {{"1/3  Wait", "\x03"}});
        CAPTURE(cut.out);
        CHECK_EQ(cut.code, 130);
        CHECK(has(cut, "was cancelled"));
        std::filesystem::remove(s.project() / "go");
        s.write("go", "on\n");
        CHECK_EQ(s.latchkey({"retry", "1"}).code, 0);
    }

    TEST_CASE("piped: lines come when they happen, and the run goes on though the reader is gone") {
        const session s;
        s.write("buddy.yml", waiting_file);
        REQUIRE_EQ(::mkfifo((s.project() / "go").c_str(), 0600), 0);
        const std::string script = "export XDG_DATA_HOME='" + s.data().string() + "'; '" + LATCHKEY_PROGRAM +
                                   "' run | { read headline; read first; exec <&-; echo go >go; echo \"$first\"; }";
        const auto piped = latchkey::exec::capture({"sh", "-c", script}, s.project());
        REQUIRE(piped.has_value());
        CHECK_EQ(piped->output, "▸ First\n");
        CHECK(has(s.latchkey({"runs"}), "succeeded"));
    }

    TEST_CASE("bash completes commands, options and names that have spaces or worse") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: Deploy $(touch pwned) all\n  actions: []\n- pipeline: other\n  actions: []\n");
        add_releases(s);
        const std::string program = LATCHKEY_PROGRAM;
        const std::string script =
            "export XDG_DATA_HOME='" + s.data().string() + "' PATH='" + program.substr(0, program.rfind('/')) +
            "':$PATH; eval \"$(latchkey completion bash)\"\n"
            "t() { COMP_WORDS=(latchkey \"$@\"); COMP_CWORD=$#; COMPREPLY=(); _latchkey; printf '%s|' "
            "\"${COMPREPLY[@]}\"; echo; }\n"
            "t re; t run ''; t run De; t run --js; t integration add --fie; t revoke ''; t why other re; t grant x "
            "--pipeline o\n";
        const auto completed = latchkey::exec::capture({"bash", "-c", script}, s.project());
        REQUIRE(completed.has_value());
        CHECK_EQ(completed->output,
                 "retry|revoke|restore|\nDeploy\\ \\$\\(touch\\ pwned\\)\\ all|other|\nDeploy\\ \\$\\(touch\\ "
                 "pwned\\)\\ all|\n"
                 "--json|\n--field|\nreleases|\nreleases|\nother|\n");
        CHECK_FALSE(std::filesystem::exists(s.project() / "pwned"));
    }
}
