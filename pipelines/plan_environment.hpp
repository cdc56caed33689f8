// SPDX-License-Identifier: Apache-2.0
//
// The variables of a run in their order of precedence: built-in, workspace, project, pipeline, action, and over all
// of them what was given for this run. Serves compile(); single-threaded.
#pragma once

#include "pipelines/loop.hpp"
#include "pipelines/plan.hpp"

namespace latchkey::pipelines {

class run_environment {
public:
    // Reports variables of the pipeline that have no value.
    run_environment(const pipeline&, const run_context&, diagnostics& problems);

    // The whole run's, sorted by name.
    std::vector<environment_entry> entries() const;

    // What an action adds: its variables (but those given for this run) and its cell's values.
    std::vector<environment_entry> of(const action&, const loop_cell&, diagnostics& problems) const;

    // As loops see it: no secrets. An action's own variables first; nullptr: the pipeline's loop.
    std::optional<std::string> value_of(std::string_view name, const action*) const;

private:
    environment_entry resolve(const variable&, bool known_elsewhere, diagnostics& problems) const;
    bool is_supplied(std::string_view key) const;

    const run_context& context_;
    std::map<std::string, environment_entry, std::less<>> entries_;
};

// An action that asks for variables or sets them: what it lists is not its environment.
bool lists_foreign_variables(const action&);

}  // namespace latchkey::pipelines
