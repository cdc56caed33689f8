// SPDX-License-Identifier: Apache-2.0
//
// A pipeline compiled for one run: which actions there are, when each starts, with what environment, which
// integrations it needs, and why it would be skipped. Holds no secret: an encrypted variable is a name to be
// filled in when the action starts. The engine (runner/run) executes a plan; `latchkey plan` prints it.
// Value types, no thread rule.
#pragma once

#include "pipelines/condition.hpp"
#include "pipelines/model.hpp"

#include <map>

namespace latchkey::pipelines {

struct environment_entry {
    std::string name;
    std::string value;    // of a secret: empty, or what the file itself says in plain
    bool secret = false;  // the runner fills in the value that was supplied for `name`, else takes `value`
    // Where it is a variable of the file, or one of elsewhere that is a file: its type, file path and mode.
    const variable* definition = nullptr;
};

// What the run brings with it. Everything is text as an action would see it.
struct run_context {
    condition_facts facts;                          // time, changes, user; variables are filled in by compile()
    std::map<std::string, std::string> parameters;  // given for this run (--var): win over everything
    // Secrets given for this run, by variable key: only their names are here, the values stay with the runner.
    std::vector<std::string> supplied_secrets;
    std::vector<std::pair<std::string, std::string>> builtins;  // BUDDY_*, from builtins()
    std::vector<environment_entry> inherited;  // the workspace's variables, then the project's; the last wins
};

struct planned_action {
    std::uint32_t index = 0;             // in plan::actions; the action's identity within the run
    std::uint32_t place = 0;             // in the pipeline's actions: cells of a loop have one
    const action* definition = nullptr;  // in the document, which must outlive the plan
    std::string name;                    // unique enough to read: with the loop values of its cell, `Test (node=20)`
    std::uint32_t stage = 0;             // actions of one stage may run side by side; stages follow one another
    std::vector<environment_entry> environment;  // own variables and loop values; the run's are in plan::environment
    std::string skipped_because;                 // empty: it will run (as far as can be said before the run)
    bool may_run = true;  // false only if nothing in the run can make it start: it needs no permission
};

// One integration that one action uses.
struct integration_use {
    std::uint32_t action = 0;
    integration_reference reference;
};

struct plan {
    std::string pipeline;
    std::vector<environment_entry> environment;  // of every action: built-ins, pipeline variables, parameters
    std::vector<planned_action> actions;         // in the file's order, loops expanded
    std::uint32_t stages = 0;
    std::vector<integration_use> uses;  // of actions that may run, in file order
    std::string skipped_because;        // the pipeline's own conditions are not met: nothing would run
};

// How far loops may multiply: combinations of one loop, and actions of one plan.
inline constexpr std::size_t most_loop_cells = 256;
inline constexpr std::size_t most_planned_actions = 100'000;

// Compiles. A loop's actions follow one another unless `run_next` lets them run side by side; a pipeline's loop
// repeats all of its actions. Problems (a loop over an unknown variable, a missing value, an encrypted value nobody
// supplied) are appended to `problems`; with an error among them the plan must not be run.
plan compile(const pipeline&, const run_context&, diagnostics& problems);

// The plan as text for a person: one line an action, with stage, reason to be skipped and integrations.
std::string describe(const plan&, const source&);

}  // namespace latchkey::pipelines
