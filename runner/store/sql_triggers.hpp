// SPDX-License-Identifier: Apache-2.0
//
// What starts runs without a person, over SQL. One method is one transaction of its database. Owner: stores. Any
// thread may call.
#pragma once

#include "runner/store/sql_database.hpp"
#include "runner/store/triggers.hpp"

namespace latchkey::store {

class sql_triggers final : public triggers {
public:
    explicit sql_triggers(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<void> put_secret(policy::project_id, const project_secret_record&) override;
    result<std::optional<project_secret_record>> secret(policy::project_id, const std::string& name) override;
    result<std::vector<project_secret_record>> secrets(policy::project_id) override;
    result<void> remove_secret(policy::project_id, const std::string& name, policy::user_id actor,
                               policy::time_point) override;
    result<bool> take(const std::string& hook, const std::string& delivery, policy::project_id, policy::user_id actor,
                      const std::vector<facts>& events, policy::time_point now,
                      policy::time_point forget_before) override;
    result<std::vector<repository_event_record>> due_events(policy::time_point now, int most) override;
    result<std::optional<policy::time_point>> next_event() override;
    result<void> done(std::int64_t event) override;
    result<void> try_again(std::int64_t event, policy::time_point when) override;
    result<void> put_start(const pipeline_start_record&) override;
    result<pipeline_start_record> start_by_hash(const std::string& hash) override;
    result<void> remove_start(policy::workspace_id, policy::pipeline_id, policy::user_id actor,
                              policy::time_point) override;
    result<void> take_step(policy::pipeline_id, std::int64_t step) override;
    result<std::vector<scheduled_pipeline>> scheduled() override;
    result<void> mark(const scheduled_pipeline& was, policy::time_point seen) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
