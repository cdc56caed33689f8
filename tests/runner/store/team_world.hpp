// SPDX-License-Identifier: Apache-2.0
//
// A server's database with a small team in it: two workspaces that know nothing of each other, and in the first one
// an administrator, a developer, a viewer and an outsider without a role. One thread.
#pragma once

#include "runner/store/stores.hpp"
#include "tests/runner/store/store_conformance.hpp"

namespace latchkey::test {

struct team_world {
    policy::user_id owner;
    policy::user_id admin;
    policy::user_id developer;  // Developer in project web
    policy::user_id viewer;     // Viewer in it, by group
    policy::user_id outsider;   // a member, without a role in it
    policy::user_id stranger;   // owner of the other workspace
    policy::workspace_id acme;
    policy::workspace_id other;
    policy::group_id viewers;
    policy::permission_set_id manager_set, developer_set, viewer_set;
    policy::project_id web;
    policy::pipeline_id deploy;
    store::integration_record slack;  // of acme, nobody allowed
};

team_world make_team(store::stores&);

}  // namespace latchkey::test
