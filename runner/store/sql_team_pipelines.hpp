// SPDX-License-Identifier: Apache-2.0
//
// Pipelines of a server's projects over SQL. One method is one transaction of its
// database. Owner: stores. Any thread may call.
#pragma once

#include "runner/store/sql_database.hpp"
#include "runner/store/team_pipelines.hpp"

namespace latchkey::store {

class sql_team_pipelines final : public team_pipelines {
public:
    explicit sql_team_pipelines(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<team_pipeline_record> add(team_pipeline_record, policy::user_id actor) override;
    result<team_pipeline_record> get(policy::project_id, policy::pipeline_id) override;
    result<std::vector<team_pipeline_record>> list(policy::project_id) override;
    result<team_pipeline_record> edit(const team_pipeline_record&, policy::user_id actor,
                                      policy::time_point) override;
    result<std::string> badge(policy::project_id, policy::pipeline_id) override;
    result<policy::pipeline_id> with_badge(const std::string& token) override;
    result<void> remove(policy::project_id, policy::pipeline_id, policy::user_id actor, policy::time_point) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
