// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/store/team_world.hpp"

#include <doctest/doctest.h>

namespace latchkey::test {

team_world make_team(store::stores& s) {
    team_world w;
    store::directory& people = *s.people;
    w.owner = people.user_with_email("olga@acme.test", "Olga").value().rights.id;
    w.stranger = people.user_with_email("eve@other.test", "Eve").value().rights.id;
    w.acme = people.add_workspace("acme", "Acme", w.owner, at(10)).value().id;
    w.other = people.add_workspace("other", "", w.stranger, at(10)).value().id;
    const auto join = [&](const char* email) {
        return people.add_member(w.acme, email, w.owner, at(20)).value().user.rights.id;
    };
    w.admin = join("ana@acme.test");
    w.developer = join("dev@acme.test");
    w.viewer = join("vi@acme.test");
    w.outsider = join("out@acme.test");
    REQUIRE(people.edit_member(w.acme, w.admin, {true, {}, {}}, w.owner, at(30)).has_value());
    const auto sets = people.permission_sets(w.acme).value();
    REQUIRE_EQ(sets.size(), 3);
    w.manager_set = sets[0].id;
    w.developer_set = sets[1].id;
    w.viewer_set = sets[2].id;
    store::group_record viewers;
    viewers.name = "viewers";
    w.viewers = people.add_group(w.acme, viewers, w.admin, at(40)).value().id;
    REQUIRE(people.set_group_member(w.acme, w.viewers, w.viewer, false, w.admin, at(40)).has_value());
    store::team_project_record web;
    web.handle = "web";
    web.name = "Web";
    w.web = people.add_project(w.acme, web, w.admin, at(50)).value().id;
    const auto give = [&](policy::user_id user, policy::group_id group, policy::permission_set_id set) {
        store::project_role_record role;
        role.user = user;
        role.group = group;
        role.set.id = set;
        REQUIRE(people.set_project_role(w.acme, w.web, role, w.admin, at(60)).has_value());
    };
    give(w.developer, {}, w.developer_set);
    give({}, w.viewers, w.viewer_set);
    store::team_pipeline_record deploy;
    deploy.rights.project = w.web;
    deploy.name = "deploy";
    deploy.created_at = at(70);
    w.deploy = s.pipelines->add(deploy, w.developer).value().rights.id;
    auto slack = slack_record();
    slack.workspace = w.acme;
    w.slack = s.runs->add_integration(slack, nullptr, w.admin).value();
    return w;
}

}  // namespace latchkey::test
