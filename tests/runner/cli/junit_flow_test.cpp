// SPDX-License-Identifier: Apache-2.0
//
// Reports of tests that actions leave, and the run as a report, with the real program.
#include "tests/runner/cli/repository.hpp"
#include "tests/support/golden.hpp"

#include <filesystem>

using latchkey::test::has;
using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::session;

namespace {

constexpr auto tested = R"yml(- pipeline: p
  variables:
    - {key: TOKEN, encrypted: true}
  actions:
    - action: Unit tests
      type: BUILD
      unit_tests_suite: JUNIT
      unit_tests_path: out/**/*.xml
      execute_commands:
        - mkdir -p out/a
        - 'echo "<testsuite><testcase name=\"t1\"/><testcase name=\"t2\"><failure message=\"got $TOKEN\"/></testcase></testsuite>" > out/a/x.xml'
        - ln -sf "$PWD/elsewhere.xml" out/link.xml
        - echo '<html/>' > out/page.xml
        - exit 3
    - action: Later
      type: BUILD
      execute_commands: ['true']
)yml";

}  // namespace

TEST_SUITE("cli.junit") {
    TEST_CASE("reports of tests: counted at the run's end, masked, in runs and events, old ones and links left out") {
        const session s;
        s.write("buddy.yml", tested);
        s.write("elsewhere.xml", "<testsuite><testcase name='no'/></testsuite>");
        s.write("out/old.xml", "<testsuite><testcase name='no'/></testsuite>");
        REQUIRE_EQ(s.program({"/bin/touch", "-d", "1 hour ago", "out/old.xml"}).code, 0);
        const std::string secret = "TOKEN=correct-horse-battery\n";
        const said run = s.latchkey({"run", "--secret-file", "-", "--junit", "run.xml"}, secret);
        CAPTURE(run.out);
        CHECK_EQ(run.code, 1);
        CHECK(has(run, "  Unit tests: 2 tests, 1 failed\n    t2: got ***\n"));
        CHECK(has(run, "the report of tests out/page.xml is XML, but no report of JUnit's form"));
        CHECK(has(s.latchkey({"runs"}), "2 tests, 1 failed"));
        CHECK(has(s.latchkey({"runs", "--json"}), "\"tests\":\"2 tests, 1 failed\""));
        CHECK(s.files_with("correct-horse-battery").empty());
        const std::string report = read_file(s.project() / "run.xml");
        CAPTURE(report);
        CHECK(report.find("<testsuite name=\"p #1\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\"") !=
              std::string::npos);
        CHECK(report.find("<failure message=\"exit code 3\" />") != std::string::npos);
        CHECK(report.find("<skipped message=\"not executed\" />") != std::string::npos);
        const said json = s.latchkey({"run", "--secret-file", "-", "--json"}, secret);
        CHECK(has(json, "\"kind\":\"tests_read\""));
        CHECK(has(json, "\"text\":\"2 tests, 1 failed\\nt2: got ***\""));
    }

    TEST_CASE("no report where one was promised is said, and fails nothing") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, unit_tests_path: ../x.xml, "
                "execute_commands: ['true']}\n");
        const said run = s.latchkey({"run"});
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "no report of tests was written to \"../x.xml\""));
        CHECK_FALSE(has(s.latchkey({"runs"}), "TESTS"));
    }

    TEST_CASE("a denial as a report: an error that holds all of what was missing") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, integration: nowhere, "
                "execute_commands: ['true']}\n");
        const said run = s.latchkey({"run", "--junit", "run.xml"});
        CHECK_EQ(run.code, 4);
        const std::string report = read_file(s.project() / "run.xml");
        CAPTURE(report);
        CHECK(report.find("<error message=\"Missing permissions to the following integration:") != std::string::npos);
        CHECK(report.find("used by    action \"A\"  (buddy.yml:3:") != std::string::npos);
        CHECK_EQ(s.latchkey({"run", "--junit", "no/such/folder.xml"}).code, 5);
        // A retry writes one as a run does, of what it executed.
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: First, type: BUILD, execute_commands: ['true']}\n    - "
                "{action: Second, type: BUILD, execute_commands: ['test -e ready']}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 1);
        s.write("ready", "");
        CHECK_EQ(s.latchkey({"retry", "3", "--junit", "retry.xml"}).code, 0);
        const std::string again = read_file(s.project() / "retry.xml");
        CAPTURE(again);
        CHECK(again.find("name=\"p #3\"") != std::string::npos);
        CHECK(again.find("failures=\"0\"") != std::string::npos);
        CHECK(again.find("name=\"Second\"") != std::string::npos);
    }
}
