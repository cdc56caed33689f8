// SPDX-License-Identifier: Apache-2.0
//
// What each command says: help, lists, mistakes. Golden texts of the real program.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <sys/stat.h>
#include <thread>

using latchkey::test::said;
using latchkey::test::session;

namespace {

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

const char* const two_pipelines = R"(- pipeline: build
  actions:
    - {action: Compile, type: BUILD, execute_commands: [echo compiled]}
- pipeline: deploy
  actions:
    - {action: One, type: BUILD, run_next: IN_SOFT_PARALLEL, execute_commands: [echo 1]}
    - {action: Two, type: BUILD, execute_commands: [echo 2]}
    - {action: Later, type: SLACK, integration: slack, disabled: true}
    - {action: Cloud, type: AWS_CLI, region: eu-west-1, integration: aws, execute_commands: [aws s3 ls]}
)";

}  // namespace

TEST_SUITE("cli.commands") {
    TEST_CASE("help: every command says what it does, with examples") {
        const session s;
        CHECK_GOLDEN("runner/cli/golden/help.txt", s.latchkey({"--help"}).out);
        for (const char* command : {"run",        "retry",  "approve", "cancel", "runs",   "logs",        "files",
                                    "validate",   "plan",   "why",     "grant",  "revoke", "integration", "audit",
                                    "completion", "doctor", "login",   "export", "apply",  "project",     "token"}) {
            const said help = s.latchkey({command, "--help"});
            CHECK_EQ(help.code, 0);
            CHECK_GOLDEN(std::string("runner/cli/golden/help_") + command + ".txt", help.out);
        }
    }

    TEST_CASE("each command that is listed is there when it is asked for alone") {
        const session s;
        std::istringstream listed(s.latchkey({"__complete", "commands"}).out);
        int count = 0;
        for (std::string command; std::getline(listed, command); ++count) {
            CAPTURE(command);
            CHECK_EQ(s.latchkey({command, "--help"}).code, 0);
        }
        CHECK_GT(count, 30);
    }

    TEST_CASE("usage errors: one sentence, a hint, exit code 2") {
        const session s;
        for (const std::vector<std::string>& line :
             std::vector<std::vector<std::string>>{{"frobnicate"},
                                                   {"run", "--jobs", "0"},
                                                   {"logs"},
                                                   {"retry", "x"},
                                                   {"retry", "7"},
                                                   {"grant", "nothing", "--pipeline", "p"},
                                                   {"completion", "tcsh"},
                                                   {"integration", "add", "x", "--type", "GITHUB"},
                                                   {"run", "--var", "novalue"},
                                                   {"retry", "1", "--once"}}) {
            const said wrong = s.latchkey(line);
            CAPTURE(line.front());
            CAPTURE(wrong.out);
            CHECK_EQ(wrong.code, 2);
            CHECK(wrong.out.starts_with("latchkey: "));
        }
    }

    TEST_CASE("which pipeline: the list where there are several, the nearest name for a slip") {
        const session s;
        s.write("buddy.yml", two_pipelines);
        const said several = s.latchkey({"run"});
        CHECK_EQ(several.code, 2);
        CHECK(has(several, "which pipeline? There are 2:\n  build\n  deploy\n"));
        CHECK(has(s.latchkey({"run", "biuld"}), "did you mean \"build\"?"));
        CHECK_EQ(s.latchkey({"run", "build"}).code, 0);
        const session empty;
        CHECK(has(empty.latchkey({"run"}), "there is no pipeline file"));
    }

    TEST_CASE("plan: stages, what is skipped, what may be used") {
        const session s;
        s.write("buddy.yml", two_pipelines);
        const said plan = s.latchkey({"plan", "deploy"});
        CHECK_EQ(plan.code, 0);
        CHECK_GOLDEN("runner/cli/golden/plan.txt", plan.out);
        CHECK_EQ(s.latchkey({"run", "deploy", "--dry-run"}).out, plan.out);
        CHECK(has(s.latchkey({"plan", "deploy", "--json"}), "\"verdict\"") == false);
        CHECK(has(s.latchkey({"plan", "deploy", "--json"}), "\"allowed\":false"));
    }

    TEST_CASE("validate: all problems at once, exit code 3 for errors") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: x\n  actions:\n    - action: A\n      type: BIULD\n      integraton: slack\n");
        const said warned = s.latchkey({"validate"});
        CHECK_EQ(warned.code, 0);
        CHECK_GOLDEN("runner/cli/golden/validate.txt", warned.out);
        s.write("buddy.yml", "version: 2\npipelines: {}\n");
        CHECK_EQ(s.latchkey({"validate"}).code, 3);
        CHECK_EQ(s.latchkey({"run"}).code, 3);
        CHECK(has(s.latchkey({"validate", "--json"}), "\"valid\":false"));
    }

    TEST_CASE("refused before anything starts: an image without --backend host, a type that can't run") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: x\n  actions:\n    - {action: A, type: BUILD, docker_image_name: node, "
                "execute_commands: [touch ran]}\n");
        const said image = s.latchkey({"run"});
        CHECK_EQ(image.code, 5);
        CHECK(has(image, "--backend host"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "ran"));
        const said host = s.latchkey({"run", "--backend", "host"});
        CHECK_EQ(host.code, 0);
        CHECK(has(host, "images they name are not used"));
        s.write("buddy.yml",
                "- pipeline: y\n  actions:\n    - {action: A, type: BUILD, execute_commands: [touch again]}\n    - "
                "{action: B, type: ANDROID_SIGN}\n");
        const said type = s.latchkey({"run"});
        CHECK_EQ(type.code, 3);
        CHECK(has(type, "can't run actions of the type `ANDROID_SIGN`"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "again"));
    }

    TEST_CASE("json: one document a line, the same facts") {
        const session s;
        s.write("buddy.yml", two_pipelines);
        const said run = s.latchkey({"run", "build", "--json"});
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "\"kind\":\"action_ended\""));
        CHECK(has(run, "\"outcome\":\"succeeded\",\"exit_code\":0"));
        const said denied = s.latchkey({"run", "deploy", "--backend", "host", "--json"});
        CHECK_EQ(denied.code, 4);
        CHECK(has(denied, "\"missing\":[{"));
        CHECK(has(denied, "Missing permissions to the following integration:"));
        CHECK(has(s.latchkey({"runs", "--json"}), "\"status\":\"FAILED\""));
    }

    TEST_CASE("names from a file can't move the cursor of a terminal") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: x\n  actions:\n    - {action: \"A\\e[2J\", type: BUILD, execute_commands: [printf "
                "'\\033[2J\\033]52;c;x\\007']}\n");
        const said run = s.on_terminal({"run", "-o"}, {});
        CHECK_FALSE(has(run, "\033[2J"));
        CHECK_FALSE(has(run, "\033]52"));
    }

    TEST_CASE("completion: scripts for three shells, names from the project") {
        const session s;
        s.write("buddy.yml", two_pipelines);
        for (const char* shell : {"bash", "zsh", "fish"})
            CHECK(has(s.latchkey({"completion", shell}), "latchkey __complete"));
        CHECK_EQ(s.latchkey({"__complete", "pipelines"}).out, "build\ndeploy\n");
        CHECK(has(s.latchkey({"__complete", "commands"}), "retry\n"));
        CHECK(has(s.latchkey({"__complete", "options run"}), "--secret-file\n"));
    }

    TEST_CASE("manual pages say what the help says, and are in order") {
        const session s;
        std::filesystem::create_directory(s.project() / "man");
        const std::string folder = (s.project() / "man").string();
        const said made = s.latchkey({"__man", folder, "January 2, 2026"});
        CHECK_EQ(made.out, "");
        REQUIRE_EQ(made.code, 0);
        std::vector<std::string> lint = {"/usr/bin/mandoc", "-Tlint", "-Wwarning"};
        for (const auto& page : std::filesystem::directory_iterator(folder)) lint.push_back(page.path().string());
        CHECK_GT(lint.size(), 30);
        const said linted = s.program(lint);
        CHECK_EQ(linted.out, "");
        CHECK_EQ(linted.code, 0);
        // Bold is a character, a step back, and the character again.
        std::string page;
        for (const char c :
             s.program({"/usr/bin/mandoc", "-Tascii", "-O", "width=200", folder + "/latchkey-key.1"}).out)
            if (c != '\b')
                page += c;
            else
                page.pop_back();
        for (const char* text : {"latchkey-key", "January 2, 2026", "latchkey key rotate", "DIR", "EXAMPLES"})
            CHECK_MESSAGE(page.find(text) != std::string::npos, page);
        const said all = s.latchkey({"__complete", "commands"});
        std::istringstream names(all.out);
        for (std::string name; std::getline(names, name);)
            CHECK_MESSAGE(std::filesystem::exists(folder + "/latchkey-" + name + ".1"), name);
    }

    TEST_CASE("the key is rotated: what was sealed before opens after") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: x\n  actions:\n    - {action: A, type: GIT_HUB_CLI, integration: gh, execute_commands: "
                "['test \"$GITHUB_TOKEN\" = planted-token']}\n");
        CHECK_EQ(
            s.latchkey({"integration", "add", "gh", "--type", "GIT_HUB", "--field", "token=-", "--all-pipelines"},
                       "planted-token")
                .code,
            0);
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK_EQ(s.latchkey({"key", "rotate"}).code, 0);
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        std::filesystem::permissions(s.data() / "latchkey/master.key", std::filesystem::perms(0644));
        const said loose = s.latchkey({"run"});
        CHECK_EQ(loose.code, 5);  // nothing is opened with a key that others can read, and nothing starts
        std::filesystem::permissions(s.data() / "latchkey", std::filesystem::perms(0755));
        CHECK_EQ(s.latchkey({"runs"}).code, 5);
    }

    TEST_CASE("cancel: another process ends the run and all it started") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: long\n  actions:\n    - {action: Wait, type: BUILD, execute_commands: [setsid sleep "
                "1000 &, echo up > up, sleep 1000]}\n");
        REQUIRE_EQ(::mkfifo((s.project() / "up").c_str(), 0600), 0);
        said run;
        std::thread runner([&] { run = s.latchkey({"run"}); });
        CHECK_EQ(latchkey::test::read_file(s.project() / "up"), "up\n");  // waits for the action
        CHECK_EQ(s.latchkey({"cancel", "1"}).code, 0);
        runner.join();
        CAPTURE(run.out);
        CHECK_EQ(run.code, 130);
        CHECK(has(run, "was cancelled"));
        CHECK(has(s.latchkey({"runs"}), "cancelled"));
        CHECK_EQ(s.latchkey({"cancel", "1"}).code, 2);
    }

    TEST_CASE("git starts nothing that a repository configures: filters, monitors, hooks") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        s.write(".gitattributes", "* filter=x diff=x\n");
        REQUIRE_EQ(
            s.program({"/bin/sh", "-c",
                       "git init -q -b main && git -c user.name=t -c user.email=t@t -c core.hooksPath=/dev/null "
                       "commit -q --allow-empty -m x && git add . && "
                       "git -c user.name=t -c user.email=t@t commit -q -m y && "
                       "for k in filter.x.clean filter.x.smudge filter.x.process core.fsmonitor diff.x.textconv "
                       "diff.external; do git config $k \"sh -c 'touch pwned; cat'\"; done && "
                       "git config filter.x.required true && "
                       "printf '#!/bin/sh\\ntouch pwned\\n' > .git/hooks/post-index-change && "
                       "chmod +x .git/hooks/post-index-change && sleep 0 && touch -d '1 hour ago' buddy.yml"})
                .code,
            0);
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK_EQ(s.latchkey({"plan"}).code, 0);
        CHECK_FALSE(std::filesystem::exists(s.project() / "pwned"));
        // A name that would hide from the command line.
        s.write(".gitattributes", "* filter=a=b\n");
        REQUIRE_EQ(s.program({"/bin/sh", "-c", "git config 'filter.a=b.clean' \"sh -c 'touch pwned; cat'\""}).code,
                   0);
        CHECK(has(s.latchkey({"run"}), "can't be kept from being started"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "pwned"));
    }

    TEST_CASE("a broken file: a permission for one of its pipelines can't be given, and why is said") {
        const session s;
        s.write("buddy.yml", "- pipeline: p\n  actions: [\n");
        REQUIRE_EQ(
            s.latchkey({"integration", "add", "gh", "--type", "GIT_HUB", "--field", "token=-"}, "planted").code, 0);
        const said broken = s.latchkey({"grant", "gh", "--pipeline", "p"});
        CHECK_EQ(broken.code, 3);
        CHECK(has(broken, "buddy.yml:"));
    }

    TEST_CASE("the audit log: an end that was cut off shows, and so does another log than was expected") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        const said good = s.latchkey({"audit", "verify"});
        CHECK_EQ(good.code, 0);
        const std::string head = good.out.substr(good.out.find("head ") + 5, 66);
        CHECK_EQ(s.latchkey({"audit", "verify", "--expect", head}).code, 0);
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK_EQ(s.latchkey({"audit", "verify", "--expect", head}).code, 0);
        CHECK_EQ(s.latchkey({"audit", "verify", "--expect", "2:00"}).code, 2);
        CHECK_EQ(s.latchkey({"audit", "verify", "--expect", "2:" + std::string(64, '0')}).code, 1);
        CHECK_EQ(s.latchkey({"audit", "verify", "--expect", "9" + head.substr(1)}).code, 1);
        const auto cut = [&](const char* sql) {
            const std::string file = (s.data() / "latchkey/latchkey.db").string();
            return s
                .program({"/usr/bin/python3", "-c",
                          "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()",
                          file, sql})
                .code;
        };
        REQUIRE_EQ(cut("DELETE FROM audit WHERE sequence > 2"), 0);
        CHECK(has(s.latchkey({"audit", "verify"}), "3 entries were written, and 2 are there"));
        CHECK_EQ(s.latchkey({"run"}).code, 0);  // what is cut off does not come back with what is written next
        CHECK_EQ(s.latchkey({"audit", "verify"}).code, 1);
        REQUIRE_EQ(cut("DELETE FROM audit"), 0);
        CHECK_EQ(s.latchkey({"audit", "verify"}).code, 1);
    }
}
