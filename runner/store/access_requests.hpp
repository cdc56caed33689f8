// SPDX-License-Identifier: Apache-2.0
//
// Who has asked for a permission that a run lacked. A request is of one integration for one pipeline; it ends when
// its run would get the integration (the store looks after each grant), when somebody who may grant it dismisses it,
// or when who asked takes it back. One method is one transaction, judged in it and audited. Any thread may call;
// calls block.
#pragma once

#include "runner/store/store.hpp"

namespace latchkey::store {

enum class request_state : unsigned char { open, granted, dismissed, withdrawn };

struct access_request_record {
    std::int64_t id = 0;
    policy::run_id run;
    policy::pipeline_id pipeline;
    policy::integration_id integration;
    policy::user_id asked_by;
    policy::time_point asked_at{};
    std::string note;
    request_state state = request_state::open;
    policy::user_id closed_by;
    std::optional<policy::time_point> closed_at;
};

class access_requests {
public:
    virtual ~access_requests() = default;

    struct asked {
        std::vector<access_request_record> all;  // those that were open already, too
        bool anything_new = false;
        bool too_many = false;  // then nothing was written
    };
    // One for each integration that the run would not get now and that they can't grant themselves. Whoever has asked
    // for the same already has their one request.
    // `most` is how many new ones somebody may make after `since`.
    virtual result<asked> ask(policy::run_id, std::span<const policy::integration_id>, policy::user_id actor,
                              const std::string& note, policy::time_point at, policy::time_point since, int most) = 0;

    struct query {
        policy::workspace_id workspace;
        bool open_only = true;
        std::optional<policy::user_id> asked_by;
        std::int64_t before = 0;  // only those with a smaller id; 0: all
        int limit = 50;
    };
    virtual result<std::vector<access_request_record>> list(const query&) = 0;  // newest first
    virtual result<access_request_record> get(policy::workspace_id, std::int64_t id) = 0;
    // Withdrawn by who asked, dismissed by who may grant it. denied: it is neither; conflict: it is closed already.
    virtual result<void> close(policy::workspace_id, std::int64_t id, policy::user_id actor, policy::time_point) = 0;
};

}  // namespace latchkey::store
