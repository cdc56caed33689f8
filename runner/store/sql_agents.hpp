// SPDX-License-Identifier: Apache-2.0
//
// Agents and their work over SQL: who there is, and the queue that they claim from. Owner: stores. Any thread may
// call.
#pragma once

#include "runner/store/agents.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_agents final : public agents {
public:
    explicit sql_agents(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<void> allow(const agent_registration&, policy::time_point) override;
    result<agent_record> enroll(const std::string& token_hash, agent_record wanted, policy::time_point) override;
    result<bool> may_administer(policy::user_id) override;
    result<std::vector<agent_record>> all() override;
    result<agent_record> get(std::int64_t id) override;
    result<void> seen(std::int64_t id, const std::string& version, int capacity, policy::time_point) override;
    result<void> drain(std::int64_t id, bool draining, policy::user_id by, policy::time_point) override;
    result<void> remove(std::int64_t id, policy::user_id by, policy::time_point) override;

    // -- sql_agent_work.cpp
    result<std::int64_t> enqueue(const agent_work&, policy::time_point) override;
    result<std::optional<agent_work>> claim(const agent_record&, const std::string& lease, policy::time_point now,
                                            policy::time_point until) override;
    result<std::vector<std::int64_t>> renew(std::int64_t agent, std::span<const agent_lease>,
                                            policy::time_point until) override;
    result<void> give_back(const agent_lease&) override;
    result<void> finish(std::int64_t work) override;
    result<void> leave_behind() override;
    result<void> let_go(std::int64_t agent) override;

private:
    std::shared_ptr<sql_database> database_;
};

}  // namespace latchkey::store
