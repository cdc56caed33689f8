// SPDX-License-Identifier: Apache-2.0
//
// The outbox over SQL, and the notices that other transactions leave in it. Owner: stores. Any thread may call.
#pragma once

#include "runner/store/outbox.hpp"
#include "runner/store/sql_database.hpp"

namespace latchkey::store {

class sql_outbox final : public outbox {
public:
    explicit sql_outbox(std::shared_ptr<sql_database> database) : database_(std::move(database)) {}
    result<std::vector<notice_record>> notices(int most) override;
    result<int> dispatch(const notice_record&, const std::vector<outgoing_message>&, bool tell_status,
                         policy::time_point) override;
    result<std::vector<due_status>> claim_statuses(int most, policy::time_point now,
                                                   std::chrono::milliseconds lease) override;
    result<void> finish_status(const due_status&, std::optional<policy::time_point> again,
                               policy::time_point now) override;
    result<notice_place> place_of(policy::project_id) override;
    result<waiting> look() override;

private:
    std::shared_ptr<sql_database> database_;
};

// Within the transaction in which it happens. Nothing is written where nobody may want to hear of it: the project's
// workspace has no webhook, and no forge's event started the run.
void leave_notice(sql_connection&, policy::run_id, int attempt, notice_kind, run::status, policy::time_point);
void leave_notice(sql_connection&, policy::project_id, const facts& event, policy::time_point);

}  // namespace latchkey::store
