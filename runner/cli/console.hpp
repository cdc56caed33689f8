// SPDX-License-Identifier: Apache-2.0
//
// Shows a run as it goes: on a terminal a line for each action that ended and one progress line that is drawn anew;
// in a pipe plain lines; with --json one JSON document a line. Told by the run's loop; one thread.
#pragma once

#include "runner/cli/action_logs.hpp"
#include "runner/cli/context.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace latchkey::cli {

class console {
public:
    struct settings {
        bool json = false;
        bool show_output = false;  // print each action's log when it ends
        std::shared_ptr<action_logs> logs;
    };
    console(context&, settings);

    void on_plan(const store::run_record&, int attempt, const pipelines::plan&, const pipelines::source&);
    // The same of a run that is executed elsewhere.
    void begin(const store::run_record&, int attempt, std::vector<std::string> actions);
    void on_event(const run::event&);

    // The last word: what became of the run, and what to do next. Gives the exit code.
    int finish(const run::finished_attempt&);

private:
    void show_tests();
    void action_ended(const run::event&);
    void draw_progress();
    void erase_progress();
    void line(const std::string&);
    std::string name_of(std::int32_t action) const;
    void print_log(std::int32_t action, std::size_t last_lines);

    context& context_;
    settings settings_;
    store::run_record run_;
    int attempt_ = 1;
    std::vector<std::string> names_;
    std::map<std::int32_t, policy::time_point> started_;
    std::set<std::int32_t> running_;
    std::map<std::int32_t, std::string> tests_;  // what reports said, of the last try of each action
    std::int32_t failed_ = -1;
    std::size_t ended_ = 0;
    bool progress_shown_ = false;
};

// "succeeded", "failed", … for people.
std::string_view words_for(run::status);

// The command that a person types to run an outcome's exit code by.
int exit_code_of(run::outcome);

}  // namespace latchkey::cli
