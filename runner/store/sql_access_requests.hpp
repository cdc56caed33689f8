// SPDX-License-Identifier: Apache-2.0
//
// Requests for permissions, over SQL. One method is one transaction of its database. Owner: stores. Any thread may
// call.
#pragma once

#include "runner/store/access_requests.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_access_requests final : public access_requests {
public:
    explicit sql_access_requests(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<asked> ask(policy::run_id, std::span<const policy::integration_id>, policy::user_id actor,
                      const std::string& note, policy::time_point at, policy::time_point since, int most) override;
    result<std::vector<access_request_record>> list(const query&) override;
    result<access_request_record> get(policy::workspace_id, std::int64_t id) override;
    result<void> close(policy::workspace_id, std::int64_t id, policy::user_id actor, policy::time_point) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
