// SPDX-License-Identifier: Apache-2.0
//
// How members sign in elsewhere, over SQL. One method is one transaction of its database. Owner: stores. Any thread
// may call.
#pragma once

#include "runner/store/sign_on.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_sign_on final : public sign_on {
public:
    explicit sql_sign_on(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<sign_on_record> get(policy::workspace_id) override;
    result<bool> is_set(policy::workspace_id, std::string_view name) override;
    result<void> enable(policy::workspace_id, policy::user_id actor, policy::time_point) override;
    result<void> disable(policy::workspace_id, policy::user_id actor, policy::time_point) override;
    result<sign_on_record> edit(const sign_on_record&, policy::user_id actor, policy::time_point) override;

private:
    result<void> switch_to(bool enabled, policy::workspace_id, policy::user_id actor, policy::time_point);
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
