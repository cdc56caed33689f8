// SPDX-License-Identifier: Apache-2.0
#include "policy/conditions.hpp"

#include "policy/glob.hpp"

namespace latchkey::policy {

namespace {

std::string_view prefix_of(ref_type type) {
    switch (type) {
        case ref_type::branch:
            return "refs/heads/";
        case ref_type::tag:
            return "refs/tags/";
        case ref_type::pull_request:
            return "refs/pull/";
        case ref_type::none:
            break;
    }
    return {};
}

}  // namespace

bool scope_covers(policy::scope scope, project_id of_integration, project_id of_pipeline) {
    if (scope == scope::workspace) return true;
    return scope == scope::project && of_integration.valid() && of_integration == of_pipeline;
}

bool holds_time(const grant& g, const use_request& r) {
    return !g.expires || r.now < *g.expires;
}

bool holds_ref(const grant& g, const use_request& r) {
    return g.ref_pattern.empty() || ref_matches(g.ref_pattern, r.ref);
}

bool holds_run(const grant& g, const use_request& r) {
    return !g.only_run.valid() || g.only_run == r.run;
}

bool source_trusted(const snapshot& s, const use_request& r) {
    if (r.source == source_trust::trusted) return true;
    return level_of(s, r.fork_approved_by, r.integration) == level::manage;
}

bool ref_matches(std::string_view pattern, const ref& ref) {
    const std::string_view prefix = prefix_of(ref.type);
    if (prefix.empty() || !ref.name.starts_with(prefix)) return false;
    return glob_matches(pattern, ref.name);
}

}  // namespace latchkey::policy
