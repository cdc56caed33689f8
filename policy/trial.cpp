// SPDX-License-Identifier: Apache-2.0
#include "policy/trial.hpp"

namespace latchkey::policy {

trial decide(const snapshot& s, const trial_request& r) {
    trial t;
    t.id_ = r.id;
    t.revision_ = s.revision();
    t.integration_ = r.integration;
    t.user_ = r.user;
    if (!may_see(s, r.user, r.integration)) return t;  // unknown_integration
    const bool uses = level_of(s, r.user, r.integration) >= level::use_only;
    t.verdict_ = uses ? trial_verdict::allowed_by_level : trial_verdict::level_too_low;
    return t;
}

std::string_view to_string(trial_verdict v) {
    switch (v) {
        case trial_verdict::allowed_by_level:
            return "allowed_by_level";
        case trial_verdict::unknown_integration:
            return "unknown_integration";
        case trial_verdict::level_too_low:
            return "level_too_low";
    }
    return "unknown";
}

}  // namespace latchkey::policy
