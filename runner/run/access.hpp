// SPDX-License-Identifier: Apache-2.0
//
// Where a run meets the policy: turns the references of a plan into integrations, decides each of them before the run
// starts (preflight) and again when an action's secrets are opened (deliver). The only caller of policy::decide for
// runs and of vault::open. Every decision is recorded, allow and deny alike. Blocks (store, key derivation): never on
// a loop. Any thread; one run at a time for each object.
#pragma once

#include "pipelines/plan.hpp"
#include "policy/decision.hpp"
#include "runner/error.hpp"
#include "runner/run/missing.hpp"
#include "runner/store/store.hpp"
#include "runner/vault/vault.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::run {

using wall_clock = std::function<policy::time_point()>;

// The run that decisions are taken for.
struct run_identity {
    policy::run_id run;
    policy::project_id project;
    policy::pipeline_id pipeline;
    policy::user_id actor;
    policy::ref ref;
    policy::source_trust trust = policy::source_trust::fork;
    policy::user_id fork_approved_by;
    // What is said of a denial is read by others than the actor: it names no integration and nobody who can grant it.
    // Only then does a missing_integration tell the number of one that the actor may not see.
    bool for_everyone = false;
};

// A file for one action only; the variable holds its path, or its folder's.
struct delivered_secret_file {
    std::string variable;
    std::string name;
    vault::secret content;
    bool directory = false;
    unsigned mode = 0600;
};

// An integration as it is: for what needs more than its type delivers to every action.
struct opened_integration {
    std::string identifier;
    std::string type;
    std::vector<std::pair<std::string, std::string>> settings;
    std::vector<vault::opened_field> fields;
};

// What one action gets of its integrations.
struct action_secrets {
    std::vector<std::pair<std::string, vault::secret>> variables;
    std::vector<std::pair<std::string, std::string>> plain;  // no secrets: region, user name
    std::vector<delivered_secret_file> files;
    std::vector<opened_integration> integrations;
};

class access {
public:
    using unlock = std::function<result<const vault::vault*>()>;  // called when first a secret has to be opened

    access(store::store&, unlock, wall_clock, run_identity);
    ~access();
    access(const access&) = delete;
    access& operator=(const access&) = delete;

    // Decides every integration that an action of the plan may use. Empty: all are allowed to the actions that this
    // attempt executes; `not_executed` says by action which it does not (an empty one: it executes all).
    result<std::vector<missing_integration>> preflight(const pipelines::plan&, const pipelines::source&,
                                                       const std::vector<bool>& not_executed = {});

    // The same for who records the decisions together with what follows from them; until then nobody may act on them.
    result<std::vector<missing_integration>> preflight(const pipelines::plan&, const pipelines::source&,
                                                       const std::vector<bool>& not_executed,
                                                       std::vector<store::decision_record>& to_record);

    // The same, for who only asks: nothing is decided, and nothing is recorded.
    result<std::vector<missing_integration>> explain(const pipelines::plan&, const pipelines::source&,
                                                     const std::vector<bool>& not_executed);

    // After a preflight: what all integrations of the plan hold, to be masked and nothing else. Also those of actions
    // that are not executed now: what an earlier attempt was given may lie in the workspace.
    struct known_secrets {
        std::vector<action_secrets> all;
        std::vector<std::string> closed;  // names of those that are not allowed any more: they can't be masked
    };
    result<known_secrets> open_to_mask();

    // Decides again, at the current revision, and opens what the action's integrations hold. A denial is a value:
    // then `denied` has what is missing and nothing was opened.
    struct delivery {
        action_secrets secrets;
        std::vector<missing_integration> denied;
    };
    result<delivery> deliver(const pipelines::plan&, const pipelines::source&, std::uint32_t action);

private:
    struct used;
    struct judged;
    using action_filter = std::function<bool(std::uint32_t)>;
    result<std::vector<used>> resolve(const pipelines::plan&, const pipelines::source&, const action_filter& look_at,
                                      const action_filter& executes);
    policy::use_request request_for(const used&, policy::decision_id, policy::time_point now) const;
    result<policy::snapshot> facts_for(const std::vector<used>&);
    result<std::vector<policy::decision>> decide(const std::vector<used>&, std::vector<missing_integration>&,
                                                 std::vector<store::decision_record>& to_record);
    result<void> record(const std::vector<store::decision_record>&);
    std::string name_for_messages(const used&) const;
    missing_integration describe(const used&, const policy::snapshot&, const policy::use_request&,
                                 policy::verdict) const;
    result<void> open(const used&, const policy::decision&, const std::string& subject, action_secrets&);

    store::store& store_;
    unlock unlock_;
    wall_clock clock_;
    run_identity run_;
    std::unique_ptr<judged> judged_;  // by the last preflight
};

}  // namespace latchkey::run
