// SPDX-License-Identifier: Apache-2.0
//
// Variables over SQL. One method is one transaction of its database. Owner: stores. Any thread may call.
#pragma once

#include "runner/store/sql_database.hpp"
#include "runner/store/variables.hpp"

namespace latchkey::store {

class sql_variables final : public variables {
public:
    explicit sql_variables(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<variable_record> add(variable_record, const sealer& seal, policy::user_id actor) override;
    result<variable_record> add_once(variable_record, const sealer& seal) override;
    result<variable_record> get(policy::workspace_id, policy::variable_id) override;
    result<std::vector<variable_record>> list(const variable_owner&) override;
    result<variable_record> edit(const variable_record&, policy::user_id actor, policy::time_point) override;
    result<void> remove(policy::workspace_id, policy::variable_id, policy::user_id actor,
                        policy::time_point) override;
    result<std::vector<variable_record>> variables_for(policy::pipeline_id) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
