// SPDX-License-Identifier: Apache-2.0
//
// What happened and is still to be told to others. A notice is written by the transaction in which it happened, where
// somebody may want to hear of it, and stays until what is to be sent was made of it: nothing is lost, whenever the
// process ends. One method is one transaction; any thread may call; calls block.
#pragma once

#include "runner/store/store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::store {

enum class notice_kind : unsigned char {
    made,     // an attempt of a run
    started,  // it has begun, for the first time
    changed,  // it waits, or goes on
    ended,
    event,  // a forge has told of something
};

// Whose it is, also where the project is removed.
struct notice_place {
    policy::workspace_id workspace;
    std::string domain;
    policy::project_id project;
};

struct notice_record {
    std::int64_t id = 0;  // grows
    notice_place place;
    notice_kind kind = notice_kind::event;
    policy::run_id run;  // of an attempt
    int attempt = 0;
    run::status status = run::status::initial;  // it came to
    facts event;                                // as it was taken (triggers::take)
    policy::time_point at{};
};

// For each webhook of the workspace that asked for it.
struct outgoing_message {
    std::string event;  // EXECUTION_STARTED
    std::string body;
};

// A run whose commit's status is to be told.
struct due_status {
    policy::run_id run;
    notice_place place;
    std::int64_t notice = 0;  // the newest
    int tries = 0;            // that were begun since it
};

class outbox {
public:
    virtual ~outbox() = default;

    // The oldest first.
    virtual result<std::vector<notice_record>> notices(int most) = 0;
    // Queues the messages, and that the run's commit gets its status, and the notice is gone. How many deliveries;
    // none where the notice is gone already.
    virtual result<int> dispatch(const notice_record&, const std::vector<outgoing_message>&, bool tell_status,
                                 policy::time_point) = 0;

    // Those that are due, taken until `now` + `lease`.
    virtual result<std::vector<due_status>> claim_statuses(int most, policy::time_point now,
                                                           std::chrono::milliseconds lease) = 0;
    // Told, or given up (without `again`). What has a newer notice meanwhile stays due.
    virtual result<void> finish_status(const due_status&, std::optional<policy::time_point> again,
                                       policy::time_point now) = 0;

    // not_found: there is no such project.
    virtual result<notice_place> place_of(policy::project_id) = 0;

    struct waiting {
        std::int64_t deliveries = 0;
        std::int64_t statuses = 0;
        // The first that is due, or was; what waits while another of its webhook is sent is not.
        std::optional<policy::time_point> next;
    };
    virtual result<waiting> look() = 0;
};

}  // namespace latchkey::store
