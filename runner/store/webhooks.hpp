// SPDX-License-Identifier: Apache-2.0
//
// Webhooks of a workspace, and the queue of what is to be sent to them. A delivery is durable: it is there until it
// was finished, whatever happens to the process that sends it. One method is one transaction; changes of webhooks
// are judged in it (administrators only) and audited. Any thread may call; calls block.
#pragma once

#include "runner/store/store.hpp"

namespace latchkey::store {

struct webhook_record {
    policy::webhook_id id;
    policy::workspace_id workspace;
    std::string target;                         // http:// or https://
    std::vector<std::string> events;            // PUSH, EXECUTION_STARTED, …
    std::vector<policy::project_id> projects;   // empty: all
    std::optional<vault::sealed_field> secret;  // absent: deliveries are not signed
    policy::time_point created_at{};
    policy::time_point changed_at{};
};

enum class delivery_state : unsigned char { waiting, sending, delivered, given_up };

struct delivery_record {
    std::int64_t id = 0;
    policy::webhook_id webhook;
    policy::workspace_id workspace;  // of the webhook
    std::string event;
    std::string body;  // as it is posted; never a secret
    int tries = 0;     // that were begun
    delivery_state state = delivery_state::waiting;
    policy::time_point next_try{};  // while it waits; while it is sent: until when its sender has it
    policy::time_point created_at{};
    std::optional<policy::time_point> posted_at;  // the last try
    std::string response;                         // its status, or why there was none: "200", "timeout"
};

class webhooks {
public:
    virtual ~webhooks() = default;
    // Called inside the transaction with the new number, as of variables.
    using sealer = std::function<vault::sealed_field(policy::webhook_id)>;
    virtual result<webhook_record> add(webhook_record, const sealer& seal, policy::user_id actor) = 0;
    virtual result<webhook_record> get(policy::workspace_id, policy::webhook_id) = 0;
    virtual result<std::vector<webhook_record>> list(policy::workspace_id) = 0;
    // conflict: changed since `changed_at` was read. Without `secret` it has none any more.
    virtual result<webhook_record> edit(const webhook_record&, policy::user_id actor, policy::time_point) = 0;
    // With what is still to be sent to it.
    virtual result<void> remove(policy::workspace_id, policy::webhook_id, policy::user_id actor,
                                policy::time_point) = 0;

    // -- the queue
    // One delivery for each webhook of the workspace that asked for the event and the project. How many.
    virtual result<int> enqueue(policy::project_id, const std::string& event, const std::string& body,
                                policy::time_point) = 0;
    // Those that are due, the oldest first, taken by whoever asks until `now` + `lease`: nobody else gets them
    // before. What a sender took and did not finish in time is due again. Of one webhook one is sent at a time: a
    // slow receiver holds nobody else up.
    virtual result<std::vector<delivery_record>> claim(int most, policy::time_point now,
                                                       std::chrono::milliseconds lease) = 0;
    struct outcome {
        std::string response;
        bool delivered = false;
        std::optional<policy::time_point> again;  // absent and not delivered: it is given up
    };
    // `tries` is the claim's: conflict where somebody else has taken it since. Keeps the last 20 that are done of a
    // webhook.
    virtual result<void> finish(std::int64_t delivery, int tries, const outcome&, policy::time_point now) = 0;
    // That were posted, the newest first.
    virtual result<std::vector<delivery_record>> last_deliveries(policy::webhook_id, int most) = 0;
};

}  // namespace latchkey::store
