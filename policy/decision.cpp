// SPDX-License-Identifier: Apache-2.0
#include "policy/decision.hpp"

#include "policy/conditions.hpp"
#include "policy/snapshot_tables.hpp"

#include <algorithm>

namespace latchkey::policy {

namespace {

// A level that is none of the four is a denial.
level known(level l) {
    return l <= level::manage ? l : level::denied;
}

bool is_administrator(const user& u) {
    return u.role == workspace_role::administrator || u.role == workspace_role::owner;
}

// The user's own row. Two rows for one user: the lower counts.
const user_row* own_row(const integration& i, user_id user) {
    const user_row* found = nullptr;
    for (const user_row& row : i.users)
        if (row.user == user && (found == nullptr || known(row.access) < known(found->access))) found = &row;
    return found;
}

level level_of(const user& u, const integration& i) {
    const user_row* own = own_row(i, u.id);
    if (is_administrator(u)) {
        const level own_level = own != nullptr ? known(own->access) : level::denied;
        return std::max({own_level, known(i.admins), level::delete_only});
    }
    if (own != nullptr) return known(own->access);
    bool in_a_group = false;
    level highest = level::denied;
    for (const group_row& row : i.groups) {
        if (std::find(u.groups.begin(), u.groups.end(), row.group) == u.groups.end()) continue;
        in_a_group = true;
        highest = std::max(highest, known(row.access));
    }
    return in_a_group ? highest : known(i.others);
}

// The grant that comes nearest to holding: the one that fails the fewest conditions, then the one whose first failing
// condition comes first in the order of the verdicts, then the one with the lowest id.
struct near_miss {
    verdict why = verdict::not_granted;
    int failed = 4;
    grant_id grant;
};

near_miss miss_of(const grant& g, const use_request& r) {
    near_miss miss{verdict::not_granted, 0, g.id};
    const auto fail = [&miss](verdict v) {
        if (miss.failed++ == 0) miss.why = v;
    };
    if (!holds_time(g, r)) fail(verdict::grant_expired);
    if (!holds_ref(g, r)) fail(verdict::grant_other_ref);
    if (!holds_run(g, r)) fail(verdict::grant_other_run);
    return miss;
}

bool nearer(const near_miss& a, const near_miss& b) {
    return a.failed != b.failed ? a.failed < b.failed : a.why < b.why;
}

}  // namespace

decision decide(const snapshot& s, const use_request& r) {
    const snapshot::tables& t = s.internals();
    decision d;
    d.id_ = r.id;
    d.revision_ = t.revision;
    d.integration_ = r.integration;
    d.pipeline_ = r.pipeline;
    d.run_ = r.run;

    const auto integration = t.integration_slots.find(r.integration);
    if (integration == t.integration_slots.end()) return d;  // unknown_integration
    const auto pipeline = t.pipeline_slots.find(r.pipeline);
    if (pipeline == t.pipeline_slots.end()) {
        d.verdict_ = verdict::unknown_pipeline;
        return d;
    }
    if (!scope_covers(integration->second.scope, integration->second.project, pipeline->second.project)) {
        d.verdict_ = verdict::other_project;
        return d;
    }

    if (integration->second.all_pipelines_allowed) {
        d.verdict_ = verdict::allowed_all_pipelines;
    } else {
        const auto pair = t.grant_slots.find(pair_key{r.integration, r.pipeline});
        if (pair == t.grant_slots.end()) {
            d.verdict_ = verdict::not_granted;
            return d;
        }
        near_miss best{verdict::allowed_by_grant, 0, pair->second.unconditional};
        if (!best.grant.valid()) {
            best = {};
            for (std::uint32_t i = 0; i < pair->second.count && best.failed != 0; ++i) {
                const near_miss miss = miss_of(t.grants[pair->second.first + i], r);
                if (nearer(miss, best)) best = miss;
            }
        }
        d.grant_ = best.grant;
        d.verdict_ = best.failed == 0 ? verdict::allowed_by_grant : best.why;
        if (best.failed != 0) return d;
    }

    if (!source_trusted(s, r)) d.verdict_ = verdict::untrusted_source;
    return d;
}

level level_of(const snapshot& s, user_id user, integration_id integration) {
    const policy::user* u = s.find(user);
    const policy::integration* i = s.find(integration);
    return u != nullptr && i != nullptr ? level_of(*u, *i) : level::denied;
}

bool may_see(const snapshot& s, user_id user, integration_id integration) {
    const level l = level_of(s, user, integration);
    return l >= level::use_only || (l == level::delete_only && is_administrator(*s.find(user)));
}

bool may_edit(const snapshot& s, user_id user, integration_id integration) {
    return level_of(s, user, integration) == level::manage;
}

bool may_delete(const snapshot& s, user_id user, integration_id integration) {
    const level l = level_of(s, user, integration);
    if (l == level::manage) return true;
    const policy::user* u = s.find(user);
    return l >= level::delete_only && is_administrator(*u);  // who has a level is known
}

bool may_revoke(const snapshot& s, user_id user, integration_id integration) {
    return level_of(s, user, integration) >= level::use_only;
}

pipeline_level access_to(const snapshot& s, user_id user, pipeline_id pipeline) {
    const policy::user* u = s.find(user);
    const policy::pipeline* p = s.find(pipeline);
    if (u == nullptr || p == nullptr) return pipeline_level::denied;
    if (is_administrator(*u)) return pipeline_level::read_write;

    const auto resolved = [&](pipeline_level l) {
        if (l == pipeline_level::project_role) return s.project_access(p->project, *u);
        return l <= pipeline_level::read_write ? l : pipeline_level::denied;
    };
    const pipeline_user_row* own = nullptr;
    for (const pipeline_user_row& row : p->users)
        if (row.user == user && (own == nullptr || resolved(row.access) < resolved(own->access))) own = &row;
    if (own != nullptr) return resolved(own->access);

    bool in_a_group = false;
    pipeline_level highest = pipeline_level::denied;
    for (const pipeline_group_row& row : p->groups) {
        if (std::find(u->groups.begin(), u->groups.end(), row.group) == u->groups.end()) continue;
        in_a_group = true;
        highest = std::max(highest, resolved(row.access));
    }
    return in_a_group ? highest : resolved(p->others);
}

std::string_view to_string(verdict v) {
    switch (v) {
        case verdict::allowed_all_pipelines:
            return "allowed_all_pipelines";
        case verdict::allowed_by_grant:
            return "allowed_by_grant";
        case verdict::unknown_integration:
            return "unknown_integration";
        case verdict::unknown_pipeline:
            return "unknown_pipeline";
        case verdict::other_project:
            return "other_project";
        case verdict::not_granted:
            return "not_granted";
        case verdict::grant_expired:
            return "grant_expired";
        case verdict::grant_other_ref:
            return "grant_other_ref";
        case verdict::grant_other_run:
            return "grant_other_run";
        case verdict::untrusted_source:
            return "untrusted_source";
    }
    return "unknown";
}

}  // namespace latchkey::policy
