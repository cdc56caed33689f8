// SPDX-License-Identifier: Apache-2.0
//
// Actions without an image, with the real program: in a sandbox where there is one, and clear words where not.
#include "tests/runner/cli/session.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <sys/stat.h>

using latchkey::test::said;
using latchkey::test::session;

namespace {

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

void write_pipeline(const session& s, const std::vector<std::string>& commands) {
    std::string text = "- pipeline: p\n  actions:\n    - action: Look\n      type: BUILD\n      execute_commands:\n";
    for (const std::string& command : commands) text += "        - |-\n          " + command + "\n";
    s.write("buddy.yml", text);
}

// A folder of programs that has no bubblewrap.
std::string programs_without_bubblewrap(const session& s) {
    const auto folder = s.project().parent_path() / "programs";
    std::filesystem::create_directory(folder);
    for (const char* name : {"git", "cat", "sh", "grep"})
        std::filesystem::create_symlink(std::string("/usr/bin/") + name, folder / name);
    return folder.string();
}

}  // namespace

TEST_SUITE("cli.sandbox") {
    TEST_CASE("an action without an image is shut in: no key of the store, no file of home, no capability") {
        const session s;
        write_pipeline(
            s, {"grep -E '^(Seccomp|CapEff):' /proc/self/status | tr -d '\\t'",
                "cat " + (s.data() / "latchkey" / "master.key").string() + " 2>&1 || true", "echo made > out.txt"});
        const said added =
            s.latchkey({"integration", "add", "Hub", "--type", "GIT_HUB", "--field", "token=-"}, "tok-77\n");
        CHECK_EQ(added.code, 0);
        REQUIRE(std::filesystem::exists(s.data() / "latchkey" / "master.key"));
        const said run = s.latchkey({"run", "--output"});
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "CapEff:0000000000000000"));
        CHECK(has(run, "Seccomp:2"));
        CHECK(has(run, "No such file or directory"));
        CHECK(std::filesystem::exists(s.project() / "out.txt"));
        // Whoever wants all of this machine says so.
        CHECK(has(s.latchkey({"run", "--output", "--backend", "host"}), "Seccomp:0"));
    }

    TEST_CASE("where there is no sandbox: the action's log says so, and who insists on one is refused") {
        session s;
        write_pipeline(s, {"grep Seccomp: /proc/self/status"});
        s.set("PATH", programs_without_bubblewrap(s));
        const said run = s.latchkey({"run", "--output"});
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "not in a sandbox: bubblewrap (bwrap) is not installed"));
        const said insists = s.latchkey({"run", "--backend", "sandbox"});
        CHECK_EQ(insists.code, 1);
        CHECK(has(insists, "bubblewrap (bwrap) is not installed"));
        // A limit that nobody would enforce is no limit.
        const said limited = s.latchkey({"run", "--memory", "64M"});
        CHECK_EQ(limited.code, 1);
        CHECK(has(limited, "can't be limited"));
        CHECK(has(s.latchkey({"doctor"}), "actions without an image run as processes of this machine"));
    }

    TEST_CASE("limits are the run's, and the same for its retry") {
        const session s;
        write_pipeline(s, {"tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '",
                           "head -c 200000000 /dev/zero | tail -n 1 | wc -c"});
        const said run = s.latchkey({"run", "--output", "--memory", "16M", "--no-network"});
        CHECK(has(run, "its limit of memory was reached"));
        CHECK_FALSE(has(run, "eth0"));
        CHECK(has(s.latchkey({"retry", "1", "--output", "--all"}), "its limit of memory was reached"));
        for (const auto& [option, value] : {std::pair("--memory", "much"),
                                            {"--memory", "1"},
                                            {"--cpus", "0"},
                                            {"--cpus", "nan"},
                                            {"--pids", "1"}}) {
            const said wrong = s.latchkey({"run", option, value});
            CAPTURE(wrong.out);
            CHECK_EQ(wrong.code, 2);
            CHECK(has(wrong, "\" can't be a limit of "));
        }
    }

    TEST_CASE("folders of this machine are shown to it on request, and a program that is not there gets a hint") {
        session s;
        const auto tools = s.project().parent_path() / "tools";
        std::filesystem::create_directory(tools);
        s.write("../tools/tool", "#!/bin/sh\necho tool was here\n");
        ::chmod((tools / "tool").c_str(), 0755);
        write_pipeline(s, {(tools / "tool").string()});
        const said hidden = s.latchkey({"run", "--output"});
        CHECK_EQ(hidden.code, 1);
        CHECK(has(hidden, "LATCHKEY_SANDBOX_READ=FOLDER:"));
        s.set("LATCHKEY_SANDBOX_READ", tools.string());
        const said shown = s.latchkey({"run", "--output"});
        CHECK_EQ(shown.code, 0);
        CHECK(has(shown, "tool was here"));
        session other;
        write_pipeline(other, {"true"});
        other.set("LATCHKEY_SANDBOX_READ", "/not/there");
        const said wrong = other.latchkey({"run", "--output"});
        CHECK_EQ(wrong.code, 1);
        CHECK(has(wrong, "can't show /not/there to actions in a sandbox: No such file or directory"));
    }

    TEST_CASE("cached_dirs outlive the run: under the path that the action names") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - action: Build\n      type: BUILD\n      cached_dirs: [/srv/cache]\n"
                "      execute_commands: ['echo one >> /srv/cache/log', 'wc -l < /srv/cache/log']\n");
        CHECK(has(s.latchkey({"run", "--output"}), "1\n"));
        CHECK(has(s.latchkey({"run", "--output"}), "2\n"));
    }

    TEST_CASE("doctor says what a sandbox really does here") {
        CHECK(has(session().latchkey({"doctor"}), "bubblewrap: own process, mount, IPC and user namespaces"));
    }
}
