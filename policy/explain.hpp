// SPDX-License-Identifier: Apache-2.0
//
// A decision taken apart: every rule that was considered, in order, with what it found. Says the same
// verdict as decide(), always (a test holds them together). Knows ids only; names are put in by the caller.
// Value types, no thread rule.
#pragma once

#include "policy/grant.hpp"

#include <string>

namespace latchkey::policy {

enum class rule : unsigned char {
    integration_exists,
    pipeline_exists,
    scope_covers,
    all_pipelines_allowed,
    grant,  // one entry for each grant of the pair
    source_is_trusted,
};

std::string_view to_string(rule);

struct considered {
    policy::rule rule = rule::integration_exists;
    bool passed = false;
    bool settled = false;  // this entry settled the verdict
    grant_id grant;        // rule::grant only
    std::string finding;   // lower case, one clause, ids and times only: "expired at 2026-11-23T10:00:00Z"
};

struct explanation {
    policy::decision decision;
    std::vector<considered> rules;
    std::vector<grantor> can_grant;  // as the asker may know
};

explanation explain(const snapshot&, const use_request&, user_id asker);

// 2026-11-23T10:00:00Z; milliseconds only if not zero.
std::string format_utc(time_point);

}  // namespace latchkey::policy
