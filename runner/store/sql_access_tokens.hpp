// SPDX-License-Identifier: Apache-2.0
//
// Access tokens over SQL. One method is one transaction of its
// database. Owner: stores. Any thread may call.
#pragma once

#include "runner/store/access_tokens.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_access_tokens final : public access_tokens {
public:
    explicit sql_access_tokens(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<access_token_record> add(access_token_record) override;
    result<access_token_record> by_hash(const std::string& hash) override;
    result<std::vector<access_token_record>> of(policy::user_id) override;
    result<access_token_record> get(policy::user_id, const std::string& id) override;
    result<void> remove(policy::user_id, const std::string& id, policy::user_id actor, policy::time_point) override;
    result<void> used(const std::string& id, policy::time_point) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
