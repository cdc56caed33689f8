// SPDX-License-Identifier: Apache-2.0
//
// Where logs were moved to, over SQL; one method is one transaction of its database. Owner: stores. Any thread may
// call.
#pragma once

#include "runner/store/moved_logs.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_moved_logs final : public moved_logs {
public:
    explicit sql_moved_logs(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<void> note(const moved_log&) override;
    result<std::optional<moved_log>> find(policy::run_id, int attempt, int action) override;
    result<std::vector<moved_log>> of_run(policy::run_id) override;
    result<std::vector<policy::run_id>> runs(std::int64_t before, int most) override;
    result<void> forget(const moved_log&) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
