// SPDX-License-Identifier: Apache-2.0
//
// Addresses and keys of people over SQL. One method is one transaction of its database. Owner: stores. Any thread may
// call.
#pragma once

#include "runner/store/accounts.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_accounts final : public accounts {
public:
    explicit sql_accounts(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<std::vector<email_record>> emails(policy::user_id) override;
    result<email_record> add_email(policy::user_id, const std::string& email, policy::time_point) override;
    result<void> remove_email(policy::user_id, const std::string& email, policy::time_point) override;
    result<std::vector<public_key_record>> keys(policy::user_id) override;
    result<public_key_record> key(policy::user_id, std::int64_t id) override;
    result<public_key_record> add_key(public_key_record) override;
    result<void> remove_key(policy::user_id, std::int64_t id, policy::time_point) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
