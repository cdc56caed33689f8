// SPDX-License-Identifier: Apache-2.0
//
// Who may grant what (design §2, "May a user grant"), and the names of those who can. Pure.
// A request that names several integrations is all or nothing and lists each one that is refused.
// Value types, no thread rule.
#pragma once

#include "policy/decision.hpp"

#include <vector>

namespace latchkey::policy {

enum class grant_refusal : unsigned char {
    none,
    unknown_integration,  // also for one that the asker may not see: existence is a secret
    unknown_pipeline,     // also for one that the asker may not see
    level_too_low,        // below what the integration demands
    may_not_run_pipeline,
    other_project,  // its scope does not cover the pipeline
};

std::string_view to_string(grant_refusal);

struct refused_grant {
    integration_id integration;
    grant_refusal why = grant_refusal::none;
    friend bool operator==(const refused_grant&, const refused_grant&) = default;
};

// May `user` let `pipeline` use `integration`?
grant_refusal may_grant(const snapshot&, user_id, integration_id, pipeline_id);

// Every integration of the request that may not be granted; empty: all may be.
std::vector<refused_grant> check_grants(const snapshot&, user_id, std::span<const integration_id>, pipeline_id);

struct grantor {
    user_id user;
    level access = level::denied;
    friend bool operator==(const grantor&, const grantor&) = default;
};

// Who can grant it, as the asker may know: empty if the asker may not see the integration.
// The asker first if able, then in the order of user ids.
std::vector<grantor> who_can_grant(const snapshot&, user_id asker, integration_id, pipeline_id);

}  // namespace latchkey::policy
