// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace latchkey::pipelines;

namespace {

// One file in `valid` is not YAML (every parser says so): `- action` in line 10 is indented further than its keys.
constexpr std::string_view not_yaml = "lubiah__kudadamold.yml";

std::vector<std::filesystem::path> corpus(const char* folder) {
    const std::filesystem::path root = std::filesystem::path(LATCHKEY_SOURCE_DIR) / "../shared/corpus" / folder;
    std::vector<std::filesystem::path> files;
    if (!std::filesystem::is_directory(root)) {
        MESSAGE("../shared/corpus/" << folder << " is missing: no real files were read");
        return files;
    }
    for (const auto& entry : std::filesystem::directory_iterator(root)) files.push_back(entry.path());
    return files;
}

}  // namespace

TEST_SUITE("pipelines.corpus") {
    TEST_CASE("warnings only: real files that are valid") {
        for (const std::filesystem::path& path : corpus("valid")) {
            const source file(path.filename(), latchkey::test::read_file(path));
            const parsed read = parse(file);
            CAPTURE(render(file, read.problems));
            if (path.filename() == not_yaml) {
                REQUIRE(read.problems.size() == 1);
                CHECK(file.at(read.problems.front().where.begin).line == 11);
                continue;
            }
            CHECK_FALSE(has_errors(read.problems));
            CHECK_FALSE(read.model.pipelines.empty());
            for (const pipeline& each : read.model.pipelines)
                for (const action& step : each.actions) {
                    CHECK_FALSE(step.name.empty());
                    CHECK_FALSE(step.type.empty());
                }
        }
    }

    TEST_CASE("errors with a remedy: real files that are broken") {
        for (const std::filesystem::path& path : corpus("invalid")) {
            const source file(path.filename(), latchkey::test::read_file(path));
            const parsed read = parse(file);
            CAPTURE(path.filename());
            CHECK(has_errors(read.problems));
            for (const diagnostic& problem : read.problems) CHECK_FALSE(problem.help.empty());
        }
    }
}
