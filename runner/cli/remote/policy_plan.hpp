// SPDX-License-Identifier: Apache-2.0
//
// What has to be done so that a server is as a policy file says: steps in the order they can be done in. Nothing is
// asked of the server while it is planned; a step asks when it is done. One thread.
#pragma once

#include "runner/cli/remote/server_policy.hpp"

#include <functional>
#include <memory>

namespace latchkey::cli::remote {

struct policy_step {
    // "+ group Developers", "~ integration aws: others DENIED → USE_ONLY", "- …": one line a change.
    std::vector<std::string> lines;
    std::function<result<void>()> act;
};

struct policy_plan {
    std::vector<policy_step> steps;
    // Integrations that need secrets to be made: each with the command that a person types.
    std::vector<std::pair<std::string, std::string>> by_hand;
    std::vector<std::string> unnamed;  // on the server, and not in the file
    int unchanged = 0;
    std::shared_ptr<void> keep;  // what the steps refer to
    bool nothing() const { return steps.empty() && by_hand.empty(); }
    int changes() const;
};

// usage, not_found: the file names what is not there. The plan's steps refer to `place` and `now`, which outlive it.
result<policy_plan> plan_policy(place&, server_policy& now, const policy_document& wanted, bool prune,
                                policy::time_point at);

}  // namespace latchkey::cli::remote
