// SPDX-License-Identifier: Apache-2.0
#include "policy/grant.hpp"

#include "policy/conditions.hpp"

#include <algorithm>

namespace latchkey::policy {

grant_refusal may_grant(const snapshot& s, user_id user, integration_id integration, pipeline_id pipeline) {
    if (!may_see(s, user, integration)) return grant_refusal::unknown_integration;
    const pipeline_level access = access_to(s, user, pipeline);
    if (access < pipeline_level::read_only) return grant_refusal::unknown_pipeline;

    const policy::integration& i = *s.find(integration);
    if (!scope_covers(i.scope, i.project, s.find(pipeline)->project)) return grant_refusal::other_project;
    // Whatever it demands that is not Use is Manage: an unknown value never widens who may grant.
    const level demanded = i.demanded_to_grant == level::use_only ? level::use_only : level::manage;
    if (level_of(s, user, integration) < demanded) return grant_refusal::level_too_low;
    if (access < pipeline_level::run_only) return grant_refusal::may_not_run_pipeline;
    return grant_refusal::none;
}

std::vector<refused_grant> check_grants(const snapshot& s, user_id user, std::span<const integration_id> integrations,
                                        pipeline_id pipeline) {
    std::vector<refused_grant> refused;
    for (const integration_id integration : integrations) {
        const grant_refusal why = may_grant(s, user, integration, pipeline);
        if (why != grant_refusal::none) refused.push_back({integration, why});
    }
    return refused;
}

std::vector<grantor> who_can_grant(const snapshot& s, user_id asker, integration_id integration,
                                   pipeline_id pipeline) {
    std::vector<grantor> able;
    if (!may_see(s, asker, integration)) return able;
    for (const user& u : s.users())
        if (may_grant(s, u.id, integration, pipeline) == grant_refusal::none)
            able.push_back({u.id, level_of(s, u.id, integration)});
    std::sort(able.begin(), able.end(), [asker](const grantor& a, const grantor& b) {
        return (a.user == asker) != (b.user == asker) ? a.user == asker : a.user < b.user;
    });
    return able;
}

std::string_view to_string(grant_refusal why) {
    switch (why) {
        case grant_refusal::none:
            return "none";
        case grant_refusal::unknown_integration:
            return "unknown_integration";
        case grant_refusal::unknown_pipeline:
            return "unknown_pipeline";
        case grant_refusal::level_too_low:
            return "level_too_low";
        case grant_refusal::may_not_run_pipeline:
            return "may_not_run_pipeline";
        case grant_refusal::other_project:
            return "other_project";
    }
    return "unknown";
}

}  // namespace latchkey::policy
