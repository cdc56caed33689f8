// SPDX-License-Identifier: Apache-2.0
//
// The reports of tests that an action has left where its `unit_tests_path` says. Blocks; any thread.
#pragma once

#include "pipelines/model.hpp"
#include "pipelines/variables.hpp"

#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::run {

// A path below the workspace, a folder of *.xml files, or a pattern; empty: it has no reports.
std::string test_reports_of(const pipelines::action&, const pipelines::variable_lookup&);

struct tests_found {
    std::string text;  // "120 tests, 2 failed", and a line for each of the first failures; empty: no report
    int failed = 0;
    std::vector<std::string> problems;  // what could not be read, for people
};

// Of reports that were written since then: what an earlier run left tells nothing of this one.
tests_found read_tests(const std::filesystem::path& workspace, const std::string& pattern, std::time_t since);

}  // namespace latchkey::run
