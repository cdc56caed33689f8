// SPDX-License-Identifier: Apache-2.0
//
// Environments over SQL. One method is one transaction of its database. Owner: stores. Any thread may call.
#pragma once

#include "runner/store/environments.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_environments final : public environments {
public:
    explicit sql_environments(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<environment_record> add(environment_record, policy::user_id actor) override;
    result<environment_record> get(policy::workspace_id, const std::string& hash_id) override;
    result<environment_record> with(policy::workspace_id, policy::environment_id) override;
    result<std::vector<environment_record>> list(policy::workspace_id) override;
    result<environment_level> level_of(const environment_record&, policy::user_id) override;
    result<environment_record> edit(const environment_record&, policy::user_id actor, policy::time_point) override;
    result<void> remove(policy::workspace_id, policy::environment_id, policy::user_id actor,
                        policy::time_point) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
