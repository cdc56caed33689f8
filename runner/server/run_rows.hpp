// SPDX-License-Identifier: Apache-2.0
//
// Runs as lists of them show them, whichever project and pipeline they are of, each only to who may read its
// pipeline. Puts the project of the run that it looks at into the call. One call, one thread; blocks.
#pragma once

#include "runner/server/call.hpp"

#include <map>

namespace latchkey::server {

class run_rows {
public:
    explicit run_rows(call& c) : c_(c) {}

    // What the caller may do with its pipeline; denied, too, where its project is gone.
    result<policy::pipeline_level> access(const store::run_record&);
    result<bool> may_read(const store::run_record&);
    // Of one that they may read.
    result<json> row(const store::run_record&);

private:
    result<bool> enter_project(policy::project_id);
    call& c_;
    std::map<policy::pipeline_id, policy::pipeline_level> access_;
    std::map<policy::project_id, std::optional<store::team_project_record>> projects_;
};

// {"id", "name"}
json pipeline_named(policy::pipeline_id, const std::string& name);
// {"name", "display_name"}
json project_named(const store::team_project_record&);

}  // namespace latchkey::server
