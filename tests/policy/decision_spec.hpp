// SPDX-License-Identifier: Apache-2.0
//
// The rules as the design words them, in the plainest way: lists and loops. The policy is compared with it. Pure.
#pragma once

#include "policy/grant.hpp"

#include <algorithm>
#include <vector>

namespace latchkey::test::spec {

using namespace latchkey::policy;

struct world {
    std::vector<integration> integrations;
    std::vector<pipeline> pipelines;
    std::vector<user> users;
    std::vector<grant> grants;
    std::vector<project_member> members;
};

template <class Facts, class Id>
auto find(const Facts& facts, Id id) {
    return std::find_if(facts.begin(), facts.end(), [&](const auto& f) { return f.id == id; });
}

inline bool in_group(const user& u, group_id g) {
    return std::count(u.groups.begin(), u.groups.end(), g) > 0;
}

inline level level_of(const world& w, user_id uid, integration_id iid) {
    const auto u = find(w.users, uid);
    const auto i = find(w.integrations, iid);
    if (u == w.users.end() || i == w.integrations.end()) return level::denied;
    const auto own = std::find_if(i->users.begin(), i->users.end(), [&](const auto& r) { return r.user == uid; });
    if (u->role != workspace_role::member)  // (1)
        return std::max({own != i->users.end() ? own->access : level::denied, i->admins, level::delete_only});
    if (own != i->users.end()) return own->access;  // (2)
    std::vector<level> rows;
    for (const auto& r : i->groups)
        if (in_group(*u, r.group)) rows.push_back(r.access);
    return rows.empty() ? i->others : *std::max_element(rows.begin(), rows.end());  // (3), (4)
}

inline bool ref_holds(const grant& g, const ref& r) {
    if (g.ref_pattern.empty()) return true;
    const std::string prefix = r.type == ref_type::branch         ? "refs/heads/"
                               : r.type == ref_type::tag          ? "refs/tags/"
                               : r.type == ref_type::pull_request ? "refs/pull/"
                                                                  : "?";
    if (!r.name.starts_with(prefix)) return false;
    if (g.ref_pattern.ends_with('*')) return r.name.starts_with(g.ref_pattern.substr(0, g.ref_pattern.size() - 1));
    return r.name == g.ref_pattern;
}

inline bool may_use(const world& w, const use_request& q) {
    const auto i = find(w.integrations, q.integration);
    const auto p = find(w.pipelines, q.pipeline);
    if (i == w.integrations.end() || p == w.pipelines.end()) return false;
    const bool covered =
        i->scope == scope::workspace || (i->scope == scope::project && i->project == p->project);  // (a)
    bool listed = i->all_pipelines_allowed;                                                        // (b)
    for (const grant& g : w.grants)
        listed = listed || (g.integration == i->id && g.pipeline == p->id && (!g.expires || q.now < *g.expires) &&
                            ref_holds(g, q.ref) && (!g.only_run.valid() || g.only_run == q.run));
    const bool trusted =
        q.source == source_trust::trusted || level_of(w, q.fork_approved_by, i->id) == level::manage;  // (c)
    return covered && listed && trusted;
}

inline bool may_grant(const world& w, user_id uid, integration_id iid, pipeline_id pid, bool may_run) {
    const auto i = find(w.integrations, iid);
    const auto p = find(w.pipelines, pid);
    if (i == w.integrations.end() || p == w.pipelines.end()) return false;
    const bool covered = i->scope == scope::workspace || i->project == p->project;
    return covered && may_run && level_of(w, uid, iid) >= i->demanded_to_grant;
}

}  // namespace latchkey::test::spec
