// SPDX-License-Identifier: Apache-2.0
//
// Signing keys over SQL. One method is one transaction of its database. Owner: stores. Any thread may call.
#pragma once

#include "runner/store/signing_keys.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_signing_keys final : public signing_keys {
public:
    explicit sql_signing_keys(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<std::vector<signing_key_record>> all() override;
    result<void> add(const signing_key_record&, const std::string& instead_of, policy::time_point forget_before,
                     policy::user_id actor) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
