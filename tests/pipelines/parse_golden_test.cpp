// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <set>

using namespace latchkey::pipelines;

TEST_SUITE("pipelines.parse") {
    TEST_CASE("golden: every case shows what a person is to read, and every code is shown and described") {
        const std::filesystem::path tests = std::filesystem::path(LATCHKEY_SOURCE_DIR) / "tests";
        std::vector<std::string> cases;
        for (const auto& entry : std::filesystem::directory_iterator(tests / "pipelines/golden"))
            if (std::filesystem::exists(entry.path() / "input.yml")) cases.push_back(entry.path().filename());
        std::ranges::sort(cases);
        REQUIRE(cases.size() >= 40);

        std::set<std::string> codes;
        for (const std::string& name : cases) {
            const std::string folder = "pipelines/golden/" + name;
            const source file("buddy.yml", latchkey::test::read_file(tests / folder / "input.yml"));
            const parsed read = parse(file);
            for (const diagnostic& problem : read.problems) codes.insert(problem.code);
            CHECK_GOLDEN(folder + "/expected.txt", render(file, read.problems));
        }
        const std::string readme = latchkey::test::read_file(tests.parent_path() / "pipelines/README.md");
        for (const std::string& code : codes)
            CHECK_MESSAGE(readme.find("| " + code + " |") != std::string::npos, code);
        // P001 takes more than 16 MB of text: yaml_test.cpp has it. From P060 on they are of a plan, not of the file:
        // plan_environment_test.cpp has them.
        for (std::size_t at = readme.find("| P0"); at != std::string::npos; at = readme.find("| P0", at + 1)) {
            const std::string code = readme.substr(at + 2, 4);
            CHECK_MESSAGE((codes.contains(code) || code == "P001" || code >= "P060"), code);
        }
    }
}
