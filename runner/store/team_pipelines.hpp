// SPDX-License-Identifier: Apache-2.0
//
// The pipelines of a server's projects: what the API sets of them, besides what every store knows of a pipeline
// (store.hpp). One method is one transaction, judged in it, audited, and a new policy revision. Any thread may call;
// calls block.
#pragma once

#include "runner/store/store.hpp"

namespace latchkey::store {

struct team_pipeline_record {
    policy::pipeline rights;  // id, project, permissions
    std::string name;         // unique in the project
    facts settings;           // the API's other fields, as it reads them
    std::string definition;   // YAML of a pipeline that no file defines; empty: there are no actions yet
    policy::user_id created_by;
    policy::time_point created_at{};
    policy::time_point changed_at{};
};

class team_pipelines {
public:
    virtual ~team_pipelines() = default;
    // conflict: there is one of this name.
    virtual result<team_pipeline_record> add(team_pipeline_record, policy::user_id actor) = 0;
    virtual result<team_pipeline_record> get(policy::project_id, policy::pipeline_id) = 0;
    virtual result<std::vector<team_pipeline_record>> list(policy::project_id) = 0;
    // conflict: changed since `changed_at` was read.
    virtual result<team_pipeline_record> edit(const team_pipeline_record&, policy::user_id actor,
                                              policy::time_point) = 0;
    // It can use nothing from now on; its runs stay.
    virtual result<void> remove(policy::project_id, policy::pipeline_id, policy::user_id actor,
                                policy::time_point) = 0;

    // What its badge's address carries: random, made when it is first asked for.
    virtual result<std::string> badge(policy::project_id, policy::pipeline_id) = 0;
    // not_found: no pipeline that is there has it.
    virtual result<policy::pipeline_id> with_badge(const std::string& token) = 0;
};

}  // namespace latchkey::store
