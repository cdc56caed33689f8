// SPDX-License-Identifier: Apache-2.0
//
// Trigger conditions (pipeline-yaml §4): is it met, and in words why not. What can't be known is not met.
// Time is passed in; the system's time zone files are the only thing read. Any thread may call it.
#pragma once

#include "pipelines/model.hpp"

#include <chrono>
#include <map>
#include <set>

namespace latchkey::pipelines {

struct condition_facts {
    std::chrono::sys_seconds now{};
    std::optional<std::vector<std::string>> changed_paths;  // absent: unknown, which counts as "everything changed"
    std::string user;                                       // e-mail or name of who started the run
    std::set<std::string> groups;                           // that the user is in
    std::map<std::string, std::string> variables;           // one that is not here is empty
    std::set<std::string> secret_variables;                 // whose values are not known here: never met
    std::set<std::string> changing_variables;               // that an action of this run may still set
    std::map<std::string, std::string> action_status;       // of the actions that have ended, by name: SUCCESSFUL …
    std::string project;                                    // of a condition that names a pipeline only
    std::set<std::pair<std::string, std::string>>
        successful_pipelines;  // (project, pipeline) whose last run was a success
};

struct condition_result {
    bool met = false;
    bool settled = true;  // false: a later event of the run (a status, a variable) can still change it
    std::string why_not;  // lower case, one clause; empty when met
};

condition_result evaluate(const condition&, const condition_facts&);
// A plain list: all must be met; a bare OR item between two siblings joins them.
condition_result evaluate(const std::vector<condition>&, const condition_facts&);

}  // namespace latchkey::pipelines
