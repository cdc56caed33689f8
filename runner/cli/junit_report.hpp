// SPDX-License-Identifier: Apache-2.0
//
// A run as a JUnit report, for tools that show those: each action is a test case, and what kept the run from starting
// an error that holds the whole report. Told what the console is told; one thread.
#pragma once

#include "runner/cli/context.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace latchkey::cli {

class junit_report {
public:
    void on_plan(const pipelines::plan&);
    void begin(std::vector<std::string> actions);  // the same, by their names
    void on_event(const run::event&);
    std::string text(const run::finished_attempt&) const;

private:
    struct seen {
        policy::time_point began{};
        run::event end;
        bool ended = false;
    };
    std::vector<std::string> names_;
    std::map<std::int32_t, seen> actions_;
};

// Whole, or not at all.
result<void> write_report(const std::filesystem::path&, const std::string& text);

}  // namespace latchkey::cli
