// SPDX-License-Identifier: Apache-2.0
//
// A world small enough to see through, and a request in it; tests change what they are about. Value types.
#pragma once

#include "policy/decision.hpp"

#include <vector>

namespace latchkey::test {

using namespace latchkey::policy;

// One integration, two pipelines in two projects, four users: an owner, an administrator, a member in group 1, a
// stranger.
struct small_world {
    integration i = [] {
        integration x;
        x.id = integration_id(1);
        x.project = project_id(1);
        return x;
    }();
    pipeline p = [] {
        pipeline x;
        x.id = pipeline_id(1);
        x.project = project_id(1);
        x.others = pipeline_level::run_only;
        return x;
    }();
    std::vector<grant> grants;
    std::vector<project_member> members;

    snapshot build(revision at = revision(7)) const {
        snapshot_builder b(at);
        b.add(i).add(p);
        pipeline other = p;
        other.id = pipeline_id(2);
        other.project = project_id(2);
        b.add(other);
        b.add(user{user_id(1), workspace_role::owner, {}}).add(user{user_id(2), workspace_role::administrator, {}});
        b.add(user{user_id(3), workspace_role::member, {group_id(1)}})
            .add(user{user_id(4), workspace_role::member, {}});
        for (const grant& g : grants) b.add(g);
        for (const project_member& m : members) b.add(m);
        return std::move(b).build();
    }
    grant granted(std::int64_t id = 1) const {
        grant g;
        g.id = grant_id(id);
        g.integration = i.id;
        g.pipeline = p.id;
        return g;
    }
};

inline use_request asked() {
    use_request r;
    r.id = decision_id(99);
    r.pipeline = pipeline_id(1);
    r.integration = integration_id(1);
    r.run = run_id(5);
    r.ref = {ref_type::branch, "refs/heads/main"};
    r.source = source_trust::trusted;
    r.now = time_point(std::chrono::seconds(1000));
    return r;
}

}  // namespace latchkey::test
