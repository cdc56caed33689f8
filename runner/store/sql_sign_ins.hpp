// SPDX-License-Identifier: Apache-2.0
//
// Sessions, password links and other issuers' users over SQL. One method is one transaction of its database. Owner:
// stores. Any thread may call.
#pragma once

#include "runner/store/sign_ins.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_sign_ins final : public sign_ins {
public:
    explicit sql_sign_ins(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<void> begin_session(const session_record&, const std::string& peer) override;
    result<session_record> session(const std::string& hash) override;
    result<void> session_used(const std::string& hash, policy::time_point) override;
    result<void> session_confirmed(const std::string& hash, policy::time_point) override;
    result<void> end_session(const std::string& hash, policy::time_point) override;
    result<void> end_sessions(policy::user_id, policy::time_point) override;
    result<void> drop_old_sessions(policy::time_point began, policy::time_point used) override;
    result<void> change_password(policy::user_id, const std::string& hash, const std::string& keep,
                                 policy::time_point) override;
    result<void> add_password_link(const password_link_record&, policy::time_point) override;
    result<policy::user_id> user_of_password_link(const std::string& hash, policy::time_point) override;
    result<policy::user_id> use_password_link(const std::string& hash, const std::string& password,
                                              policy::time_point) override;
    result<policy::user_id> outside_user(const std::string& issuer, const std::string& subject) override;
    result<void> add_outside_user(const std::string& issuer, const std::string& subject, policy::user_id,
                                  policy::time_point) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
