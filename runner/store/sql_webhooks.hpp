// SPDX-License-Identifier: Apache-2.0
//
// Webhooks and their queue over SQL (sql_webhooks.cpp, sql_deliveries.cpp). One method is one transaction of its
// database. Owner: stores. Any thread may call.
#pragma once

#include "runner/store/sql_database.hpp"
#include "runner/store/webhooks.hpp"

namespace latchkey::store {

class sql_webhooks final : public webhooks {
public:
    explicit sql_webhooks(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<webhook_record> add(webhook_record, const sealer& seal, policy::user_id actor) override;
    result<webhook_record> get(policy::workspace_id, policy::webhook_id) override;
    result<std::vector<webhook_record>> list(policy::workspace_id) override;
    result<webhook_record> edit(const webhook_record&, policy::user_id actor, policy::time_point) override;
    result<void> remove(policy::workspace_id, policy::webhook_id, policy::user_id actor, policy::time_point) override;
    result<int> enqueue(policy::project_id, const std::string& event, const std::string& body,
                        policy::time_point) override;
    result<std::vector<delivery_record>> claim(int most, policy::time_point now,
                                               std::chrono::milliseconds lease) override;
    result<void> finish(std::int64_t delivery, int tries, const outcome&, policy::time_point now) override;
    result<std::vector<delivery_record>> last_deliveries(policy::webhook_id, int most) override;

private:
    std::shared_ptr<sql_database> database_;
};

// Within a transaction.
std::optional<webhook_record> load_webhook(sql_connection&, policy::workspace_id, policy::webhook_id);
std::vector<webhook_record> load_webhooks(sql_connection&, policy::workspace_id);

}  // namespace latchkey::store
