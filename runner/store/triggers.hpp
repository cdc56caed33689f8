// SPDX-License-Identifier: Apache-2.0
//
// What starts runs of a server without a person: hooks with their secrets, what they told until it is dealt with, and
// schedules. One method is one transaction; any thread may call; calls block.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"
#include "runner/store/store.hpp"
#include "runner/vault/sealed.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::store {

// A secret of a project, sealed; `made_by` is who a hook acts for.
struct project_secret_record {
    std::string name;  // "repository_password", "hook:github"
    vault::sealed_field sealed;
    policy::user_id made_by;
    policy::time_point made_at{};
};

// What a delivery told, until all runs that it starts are made.
struct repository_event_record {
    std::int64_t id = 0;
    policy::project_id project;
    policy::user_id actor;
    facts event;  // as runner/server writes it
    policy::time_point told_at{};
    int tries = 0;
};

// The address that starts a pipeline: known by the hash of the token in it; with a one-time password, its secret
// sealed.
struct pipeline_start_record {
    policy::workspace_id workspace;
    policy::project_id project;
    policy::pipeline_id pipeline;
    std::string hash;
    std::optional<vault::sealed_field> password;
    std::int64_t last_step = 0;  // of one-time passwords: the last that was taken
    policy::user_id made_by;     // whom it starts runs for
    policy::time_point made_at{};
};

struct scheduled_pipeline {
    policy::workspace_id workspace;
    policy::project_id project;
    policy::pipeline_id pipeline;
    policy::user_id created_by;
    std::string events;         // the setting, as JSON
    policy::time_point seen{};  // up to when it is dealt with: at first, when the pipeline was changed
};

class triggers {
public:
    virtual ~triggers() = default;

    // Another of this name is replaced. denied: the actor does not manage the project. Audited, without the value.
    virtual result<void> put_secret(policy::project_id, const project_secret_record&) = 0;
    virtual result<std::optional<project_secret_record>> secret(policy::project_id, const std::string& name) = 0;
    virtual result<std::vector<project_secret_record>> secrets(policy::project_id) = 0;
    // not_found: there is none of this name.
    virtual result<void> remove_secret(policy::project_id, const std::string& name, policy::user_id actor,
                                       policy::time_point) = 0;

    // Notes the delivery and what it told, both or neither. False: it has come before, after `forget_before`.
    virtual result<bool> take(const std::string& hook, const std::string& delivery, policy::project_id,
                              policy::user_id actor, const std::vector<facts>& events, policy::time_point now,
                              policy::time_point forget_before) = 0;
    // Those whose turn has come, the oldest first.
    virtual result<std::vector<repository_event_record>> due_events(policy::time_point now, int most) = 0;
    virtual result<std::optional<policy::time_point>> next_event() = 0;
    virtual result<void> done(std::int64_t event) = 0;
    virtual result<void> try_again(std::int64_t event, policy::time_point when) = 0;

    // Another of the pipeline is replaced. denied: the actor may not change the pipeline. Audited.
    virtual result<void> put_start(const pipeline_start_record&) = 0;
    // not_found: no address has a token of this hash.
    virtual result<pipeline_start_record> start_by_hash(const std::string& hash) = 0;
    virtual result<void> remove_start(policy::workspace_id, policy::pipeline_id, policy::user_id actor,
                                      policy::time_point) = 0;
    // conflict: it, or a later one, has been taken already.
    virtual result<void> take_step(policy::pipeline_id, std::int64_t step) = 0;

    // All pipelines with a SCHEDULE event that can run.
    virtual result<std::vector<scheduled_pipeline>> scheduled() = 0;
    // conflict: it was dealt with up to another time than `was` meanwhile.
    virtual result<void> mark(const scheduled_pipeline& was, policy::time_point seen) = 0;
};

}  // namespace latchkey::store
