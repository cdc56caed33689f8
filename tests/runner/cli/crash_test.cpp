// SPDX-License-Identifier: Apache-2.0
//
// The program is killed in the middle of a run: what it acknowledged is there, nothing of the run is left, and the
// next command says what became of it.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/stat.h>
#include <thread>

using latchkey::test::said;
using latchkey::test::session;

namespace {

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

int rounds() {
    const char* wanted = std::getenv("LATCHKEY_CRASH_ROUNDS");
    return wanted != nullptr ? std::atoi(wanted) : 3;
}

}  // namespace

TEST_SUITE("cli.crash") {
    TEST_CASE("killed: the run is failed and says so, its processes are gone, a retry goes on where it was") {
        const session s;
        s.write(
            "buddy.yml",
            "- pipeline: long\n  actions:\n    - {action: First, type: BUILD, execute_commands: [echo 1 >> "
            "first.txt]}\n"
            "    - action: Second\n      type: BUILD\n      execute_commands:\n        - test ! -e again || exit 0\n"
            "        - (setsid sh -c 'exec 3>alive; echo up >&3; sleep 1000' &)\n        - sleep 1000\n");
        for (int round = 1; round <= rounds(); ++round) {
            CAPTURE(round);
            std::filesystem::remove(s.project() / "again");
            std::filesystem::remove(s.project() / "first.txt");
            std::filesystem::remove(s.project() / "alive");
            REQUIRE_EQ(::mkfifo((s.project() / "alive").c_str(), 0600), 0);
            said run;
            std::thread runner([&] { run = s.latchkey({"run", "--json"}); });
            std::ifstream alive(s.project() / "alive");
            std::string line;
            std::getline(alive, line);  // a daemon of the second action is up
            const std::string number = std::to_string(round);
            const pid_t pid =
                std::atoi(latchkey::test::read_file(s.data() / "latchkey/runs" / number / "lock").c_str());
            REQUIRE_GT(pid, 1);
            ::kill(pid, SIGKILL);
            runner.join();
            CHECK_EQ(run.code, 128 + SIGKILL);
            CHECK_FALSE(std::getline(alive, line));  // the end: nobody holds it open any more

            // Every event that was shown is kept.
            const said runs = s.latchkey({"runs", "--json", "-n", "1"});
            CHECK(has(runs, "\"status\":\"FAILED\""));
            CHECK(has(runs, "its executor died"));
            if (has(run, "\"name\":\"First\",\"status\":\"SUCCESSFUL\"")) {
                s.write("again", "");
                CHECK_EQ(s.latchkey({"retry", std::to_string(round)}).code, 0);
                CHECK_EQ(latchkey::test::read_file(s.project() / "first.txt"), "1\n");
            }
            CHECK(has(s.latchkey({"audit", "verify"}), "none touched"));
        }
    }
}
