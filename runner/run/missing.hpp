// SPDX-License-Identifier: Apache-2.0
//
// One integration that a run lacks the permission for, with everything that its report says. Already cut to what the
// person who asked may know: nothing here has to be hidden any more.
// Value types, no thread rule.
#pragma once

#include "policy/decision.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace latchkey::run {

struct use_place {
    std::string action;
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

struct able_to_grant {
    std::string who;    // e-mail, or "you"
    std::string level;  // "Use", "Manage"
};

struct missing_integration {
    policy::integration_id integration;  // invalid: there is none, or the asker may not know of it
    std::string name;                    // "Slack production (slack_prod)"; empty: hidden
    std::vector<use_place> used_by;
    std::string reason;  // one clause
    std::vector<able_to_grant> can_grant;
    bool may_grant = false;  // the asker may, and granting would help
    policy::verdict verdict = policy::verdict::unknown_integration;
};

// The level's name as people see it: None (Deny), None (Delete-only), Use, Manage.
std::string_view name_of(policy::level);

}  // namespace latchkey::run
