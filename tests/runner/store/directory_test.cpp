// SPDX-License-Identifier: Apache-2.0
#include "policy/grant.hpp"
#include "tests/runner/store/either_store.hpp"
#include "tests/runner/store/team_world.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct opened {
    temp_dir folder;
    store::stores all = open_stores(folder / "data");
    team_world w = make_team(all);
    store::directory& people = *all.people;
};

template <class T>
errc code(const result<T>& r) {
    REQUIRE(r.has_error());
    return r.error().code;
}

}  // namespace

TEST_SUITE("store.directory") {
    TEST_CASE("an address is one user, whatever its case, and what is no address is refused") {
        opened o;
        CHECK_EQ(o.people.user_with_email("OLGA@acme.test", "x").value().rights.id, o.w.owner);
        CHECK_EQ(o.people.find_user("Olga@Acme.Test").value().name, "Olga");
        for (const char* bad : {"", "olga", "@a", "a@", "a@b@c", "a b@c", "a@b\n"})
            CHECK_EQ(code(o.people.user_with_email(bad, "")), errc::usage);
        CHECK_EQ(code(o.people.find_user("nobody@acme.test")), errc::not_found);
        // The local owner has no address, and is nobody's.
        CHECK_EQ(code(o.people.find_user("")), errc::not_found);
    }

    TEST_CASE("members see their workspaces only, and a removed workspace is gone for all") {
        opened o;
        CHECK_EQ(o.people.workspaces_of(o.w.developer).value().size(), 1);
        CHECK_EQ(o.people.workspaces_of(o.w.stranger).value().at(0).domain, "other");
        CHECK_EQ(code(o.people.member(o.w.acme, o.w.stranger)), errc::not_found);
        CHECK_EQ(code(o.people.rename_workspace(o.w.acme, "x", o.w.stranger, at(99))), errc::not_found);
        CHECK_EQ(code(o.people.rename_workspace(o.w.acme, "x", o.w.developer, at(99))), errc::denied);
        CHECK_EQ(code(o.people.remove_workspace(o.w.acme, o.w.admin, at(99))), errc::denied);
        REQUIRE(o.people.remove_workspace(o.w.acme, o.w.owner, at(99)).has_value());
        CHECK_EQ(code(o.people.workspace("acme")), errc::not_found);
        CHECK(o.people.workspaces_of(o.w.admin).value().empty());
        // The name is free, and whoever takes it gets another workspace.
        CHECK_NE(o.people.add_workspace("acme", "", o.w.stranger, at(100)).value().id, o.w.acme);
        const policy::integration_id ids[] = {o.w.slack.rights.id};
        const auto facts = o.all.runs->snapshot(o.w.deploy, ids).value();
        CHECK(facts.find(o.w.owner) == nullptr);
    }

    TEST_CASE("a domain that is taken or can't be an address is refused") {
        opened o;
        CHECK_EQ(code(o.people.add_workspace("acme", "", o.w.stranger, at(1))), errc::conflict);
        for (const char* bad : {"", "abc", "Acme", "-acme", "acme-", "a b c d", "acme/x"})
            CHECK_EQ(code(o.people.add_workspace(bad, "", o.w.stranger, at(1))), errc::usage);
    }

    TEST_CASE("the owner stays, and only administrators change members") {
        opened o;
        CHECK_EQ(code(o.people.edit_member(o.w.acme, o.w.owner, {false, {}, {}}, o.w.admin, at(9))), errc::refused);
        CHECK_EQ(code(o.people.remove_member(o.w.acme, o.w.owner, o.w.admin, at(9))), errc::refused);
        CHECK_EQ(code(o.people.add_member(o.w.acme, "x@acme.test", o.w.developer, at(9))), errc::denied);
        CHECK_EQ(code(o.people.add_member(o.w.acme, "DEV@acme.test", o.w.admin, at(9))), errc::conflict);
        CHECK_EQ(code(o.people.edit_member(o.w.acme, o.w.stranger, {true, {}, {}}, o.w.admin, at(9))),
                 errc::not_found);
        CHECK_EQ(code(o.people.edit_member(o.w.acme, o.w.developer, {{}, true, {}}, o.w.admin, at(9))), errc::usage);
    }

    TEST_CASE("a member who is removed keeps nothing that the workspace gave") {
        opened o;
        auto slack = o.w.slack;
        slack.rights.users = {{o.w.developer, policy::level::manage}};
        slack = o.all.runs->edit_integration(slack, o.w.admin, at(90)).value();
        REQUIRE(o.people.remove_member(o.w.acme, o.w.developer, o.w.admin, at(91)).has_value());
        CHECK(o.all.runs->integration(slack.rights.id).value().rights.users.empty());
        REQUIRE(o.people.add_member(o.w.acme, "dev@acme.test", o.w.admin, at(92)).has_value());
        CHECK_FALSE(o.people.role_in_project(o.w.acme, o.w.web, o.w.developer).value().has_value());
        CHECK_EQ(o.people.member(o.w.acme, o.w.developer).value().user.rights.role, policy::workspace_role::member);
    }

    TEST_CASE("a role in a project: the own exactly, else the highest of the groups, and an administrator's is all") {
        opened o;
        const auto level = [&](policy::user_id user) {
            const auto role = o.people.role_in_project(o.w.acme, o.w.web, user).value();
            return role ? role->pipelines : policy::pipeline_level::denied;
        };
        CHECK_EQ(level(o.w.admin), policy::pipeline_level::read_write);
        CHECK_EQ(level(o.w.developer), policy::pipeline_level::read_write);
        CHECK_EQ(level(o.w.viewer), policy::pipeline_level::read_only);
        CHECK_EQ(level(o.w.outsider), policy::pipeline_level::denied);
        CHECK_EQ(level(o.w.stranger), policy::pipeline_level::denied);
        store::group_record group;
        group.name = "devs";
        const auto devs = o.people.add_group(o.w.acme, group, o.w.admin, at(80)).value().id;
        REQUIRE(o.people.set_group_member(o.w.acme, devs, o.w.viewer, false, o.w.admin, at(80)).has_value());
        store::project_role_record role;
        role.group = devs;
        role.set.id = o.w.developer_set;
        REQUIRE(o.people.set_project_role(o.w.acme, o.w.web, role, o.w.admin, at(80)).has_value());
        CHECK_EQ(level(o.w.viewer), policy::pipeline_level::read_write);
        role = {};
        role.user = o.w.viewer;
        role.set.id = o.w.viewer_set;
        REQUIRE(o.people.set_project_role(o.w.acme, o.w.web, role, o.w.admin, at(80)).has_value());
        CHECK_EQ(level(o.w.viewer), policy::pipeline_level::read_only);
        CHECK_EQ(code(o.people.set_project_role(o.w.acme, o.w.web, role, o.w.developer, at(80))), errc::denied);
        CHECK_EQ(code(o.people.set_project_role(o.w.acme, o.w.web, role, o.w.outsider, at(80))), errc::not_found);
    }

    TEST_CASE("roles and groups are facts of decisions, and nothing of another workspace is") {
        opened o;
        const policy::integration_id ids[] = {o.w.slack.rights.id};
        const auto facts = o.all.runs->snapshot(o.w.deploy, ids).value();
        CHECK_EQ(policy::access_to(facts, o.w.developer, o.w.deploy), policy::pipeline_level::read_write);
        CHECK_EQ(policy::access_to(facts, o.w.viewer, o.w.deploy), policy::pipeline_level::read_only);
        CHECK_EQ(policy::access_to(facts, o.w.outsider, o.w.deploy), policy::pipeline_level::denied);
        CHECK(facts.find(o.w.stranger) == nullptr);
        CHECK_EQ(policy::may_grant(facts, o.w.developer, o.w.slack.rights.id, o.w.deploy),
                 policy::grant_refusal::none);
        CHECK_EQ(policy::may_grant(facts, o.w.viewer, o.w.slack.rights.id, o.w.deploy),
                 policy::grant_refusal::may_not_run_pipeline);
        CHECK_EQ(policy::may_grant(facts, o.w.stranger, o.w.slack.rights.id, o.w.deploy),
                 policy::grant_refusal::unknown_integration);
        // An integration of another workspace is none.
        auto foreign = slack_record();
        foreign.workspace = o.w.other;
        foreign.rights.all_pipelines_allowed = true;
        const auto theirs = o.all.runs->add_integration(foreign, nullptr, o.w.stranger).value();
        const policy::integration_id both[] = {o.w.slack.rights.id, theirs.rights.id};
        CHECK(o.all.runs->snapshot(o.w.deploy, both).value().find(theirs.rights.id) == nullptr);
        CHECK_EQ(o.all.runs->find_integration(o.w.web, "slack_prod").value().rights.id, o.w.slack.rights.id);
        CHECK_EQ(code(o.all.runs->find_integration(o.w.web, theirs.hash_id)), errc::not_found);
        CHECK_EQ(code(o.all.runs->find_integration(o.w.web, std::to_string(theirs.rights.id.value()))),
                 errc::not_found);
        CHECK_EQ(o.all.runs->integrations(o.w.other).value().size(), 1);
    }

    TEST_CASE("a pipeline's own permissions beat the role, and who may not see it is told that it is not there") {
        opened o;
        auto deploy = o.all.pipelines->get(o.w.web, o.w.deploy).value();
        deploy.rights.users = {{o.w.developer, policy::pipeline_level::run_only},
                               {o.w.outsider, policy::pipeline_level::read_write}};
        deploy = o.all.pipelines->edit(deploy, o.w.admin, at(90)).value();
        CHECK_EQ(code(o.all.pipelines->edit(deploy, o.w.developer, at(91))), errc::denied);
        CHECK_EQ(code(o.all.pipelines->edit(deploy, o.w.stranger, at(91))), errc::not_found);
        auto old = deploy;
        deploy.name = "deploy 2";
        REQUIRE(o.all.pipelines->edit(deploy, o.w.outsider, at(92)).has_value());
        CHECK_EQ(code(o.all.pipelines->edit(old, o.w.admin, at(93))), errc::conflict);
        CHECK_EQ(code(o.all.pipelines->get(o.w.web, policy::pipeline_id(999))), errc::not_found);
    }

    TEST_CASE("a removed pipeline or project can use nothing, and its name comes back as another") {
        opened o;
        REQUIRE(o.all.pipelines->remove(o.w.web, o.w.deploy, o.w.developer, at(90)).has_value());
        CHECK(o.all.pipelines->list(o.w.web).value().empty());
        CHECK(o.all.runs->snapshot(o.w.deploy, {}).value().find(o.w.deploy) == nullptr);
        store::team_pipeline_record again;
        again.rights.project = o.w.web;
        again.name = "deploy";
        const auto made = o.all.pipelines->add(again, o.w.developer).value();
        CHECK_NE(made.rights.id, o.w.deploy);
        CHECK_EQ(code(o.all.pipelines->add(again, o.w.developer)), errc::conflict);
        CHECK_EQ(code(o.all.pipelines->add(again, o.w.viewer)), errc::denied);
        REQUIRE(o.people.remove_project(o.w.acme, o.w.web, o.w.admin, at(95)).has_value());
        CHECK_EQ(code(o.people.project(o.w.acme, "web")), errc::not_found);
        CHECK(o.all.runs->snapshot(made.rights.id, {}).value().find(made.rights.id) == nullptr);
    }

    TEST_CASE("new projects get whoever is to be assigned to them") {
        opened o;
        REQUIRE(
            o.people.edit_member(o.w.acme, o.w.outsider, {{}, true, o.w.viewer_set}, o.w.admin, at(80)).has_value());
        auto group = o.people.group(o.w.acme, o.w.viewers).value();
        group.auto_assign = true;
        group.auto_set = o.w.developer_set;
        REQUIRE(o.people.edit_group(o.w.acme, group, o.w.admin, at(80)).has_value());
        store::team_project_record api;
        api.handle = "api";
        const auto made = o.people.add_project(o.w.acme, api, o.w.admin, at(81)).value();
        const auto roles = o.people.project_roles(made.id).value();
        REQUIRE_EQ(roles.size(), 3);
        CHECK_EQ(roles[0].user, o.w.admin);
        CHECK_EQ(roles[0].set.type, "PROJECT_MANAGER");
        CHECK_EQ(roles[1].user, o.w.outsider);
        CHECK_EQ(roles[1].set.type, "READ_ONLY");
        CHECK_EQ(roles[2].group, o.w.viewers);
        CHECK_EQ(roles[2].set.type, "DEVELOPER");
        CHECK_EQ(code(o.people.add_project(o.w.acme, api, o.w.admin, at(82))), errc::conflict);
        CHECK_EQ(code(o.people.add_project(o.w.acme, api, o.w.developer, at(82))), errc::denied);
        api.handle = "Api/x";
        CHECK_EQ(code(o.people.add_project(o.w.acme, api, o.w.admin, at(82))), errc::usage);
    }

    TEST_CASE("a project's secrets change with its settings, and only with those that were seen") {
        opened o;
        const auto password = [&](const char* bytes) {
            return store::project_secret_record{
                "repository_password", {"repository_password", 1, 1, bytes}, o.w.admin, at(80)};
        };
        const auto kept = [&](policy::project_id id) {
            const auto found = o.all.triggers->secret(id, "repository_password").value();
            return found ? found->sealed.bytes : std::string();
        };
        store::team_project_record api;
        api.handle = "api";
        api.settings = {{"custom_repo_url", "https://a.test/x"}};
        api = o.people
                  .add_project(o.w.acme, api, o.w.admin, at(80),
                               [&](policy::project_id id) {
                                   CHECK(id.valid());
                                   return std::vector{password("of a")};
                               })
                  .value();
        CHECK_EQ(kept(api.id), "of a");
        auto moved = api;
        moved.settings = {{"custom_repo_url", "https://b.test/x"}};
        using change = store::directory::project_change;
        REQUIRE(o.people.edit_project(moved, o.w.admin, at(81), change{api.settings, {password("")}}).has_value());
        CHECK_EQ(kept(api.id), "");
        // Whoever still thinks that it is at the first server gives no password to the second.
        CHECK_EQ(code(o.people.edit_project(api, o.w.admin, at(82), change{api.settings, {password("of a")}})),
                 errc::conflict);
        CHECK_EQ(kept(api.id), "");
        CHECK(o.people.project(o.w.acme, "api").value().settings == moved.settings);
        // Both or neither.
        auto taken = moved;
        taken.handle = "web";
        CHECK_EQ(code(o.people.edit_project(taken, o.w.admin, at(83), change{moved.settings, {password("of b")}})),
                 errc::conflict);
        CHECK_EQ(kept(api.id), "");
        REQUIRE(
            o.people.edit_project(moved, o.w.admin, at(84), change{moved.settings, {password("of b")}}).has_value());
        CHECK_EQ(kept(api.id), "of b");
    }

    TEST_CASE("permission sets that came with the workspace stay, and one that is somebody's role too") {
        opened o;
        auto own = o.people.permission_set(o.w.acme, o.w.developer_set).value();
        CHECK_EQ(code(o.people.edit_permission_set(o.w.acme, own, o.w.admin, at(80))), errc::refused);
        CHECK_EQ(code(o.people.remove_permission_set(o.w.acme, own.id, o.w.admin, at(80))), errc::refused);
        store::permission_set_record runner;
        runner.name = "Runner";
        runner.pipelines = policy::pipeline_level::run_only;
        runner.levels = {{"repository_access_level", "READ_ONLY"}};
        runner = o.people.add_permission_set(o.w.acme, runner, o.w.admin, at(80)).value();
        CHECK_EQ(runner.type, "CUSTOM");
        CHECK_EQ(code(o.people.add_permission_set(o.w.acme, runner, o.w.admin, at(80))), errc::conflict);
        store::project_role_record role;
        role.user = o.w.outsider;
        role.set.id = runner.id;
        REQUIRE(o.people.set_project_role(o.w.acme, o.w.web, role, o.w.admin, at(81)).has_value());
        CHECK_EQ(code(o.people.remove_permission_set(o.w.acme, runner.id, o.w.admin, at(82))), errc::conflict);
        REQUIRE(o.people.remove_project_role(o.w.acme, o.w.web, o.w.outsider, {}, o.w.admin, at(83)).has_value());
        CHECK(o.people.remove_permission_set(o.w.acme, runner.id, o.w.admin, at(84)).has_value());
        CHECK_EQ(code(o.people.permission_set(o.w.other, o.w.developer_set)), errc::not_found);
    }

    TEST_CASE("a group's manager changes who is in it, and nothing else of the workspace") {
        opened o;
        REQUIRE(o.people.set_group_member(o.w.acme, o.w.viewers, o.w.viewer, true, o.w.admin, at(80)).has_value());
        CHECK(o.people.set_group_member(o.w.acme, o.w.viewers, o.w.outsider, false, o.w.viewer, at(81)).has_value());
        CHECK_EQ(o.people.group_members(o.w.acme, o.w.viewers).value().size(), 2);
        CHECK_EQ(code(o.people.set_group_member(o.w.acme, o.w.viewers, o.w.stranger, false, o.w.viewer, at(82))),
                 errc::not_found);
        CHECK_EQ(code(o.people.remove_group(o.w.acme, o.w.viewers, o.w.viewer, at(83))), errc::denied);
        CHECK(o.people.remove_group_member(o.w.acme, o.w.viewers, o.w.outsider, o.w.viewer, at(84)).has_value());
        REQUIRE(o.people.remove_group(o.w.acme, o.w.viewers, o.w.admin, at(85)).has_value());
        CHECK_FALSE(o.people.role_in_project(o.w.acme, o.w.web, o.w.viewer).value().has_value());
    }

    TEST_CASE("tokens are found by their hash until they are removed, and damage is no freedom") {
        opened o;
        store::access_token_record wanted;
        wanted.user = o.w.developer;
        wanted.created_by = o.w.admin;
        wanted.hash = std::string(64, 'a');
        wanted.name = "ci";
        wanted.scopes = {"WORKSPACE"};
        wanted.addresses = {"127.0.0.1"};
        wanted.created_at = at(5);
        wanted.expires_at = at(50);
        const auto made = o.all.tokens->add(wanted).value();
        const auto found = o.all.tokens->by_hash(wanted.hash).value();
        CHECK_EQ(found.id, made.id);
        CHECK_EQ(found.scopes, wanted.scopes);
        CHECK_EQ(found.addresses, wanted.addresses);
        CHECK_EQ(found.expires_at, wanted.expires_at);
        REQUIRE(o.all.tokens->used(made.id, at(7)).has_value());
        CHECK_EQ(o.all.tokens->get(o.w.developer, made.id).value().used_at, at(7));
        CHECK_EQ(code(o.all.tokens->remove(o.w.outsider, made.id, o.w.outsider, at(8))), errc::not_found);
        REQUIRE(o.all.tokens->remove(o.w.developer, made.id, o.w.developer, at(8)).has_value());
        CHECK_EQ(code(o.all.tokens->by_hash(wanted.hash)), errc::not_found);
    }

    TEST_CASE("the audit log has every change and verifies") {
        opened o;
        REQUIRE(o.people.set_password(o.w.owner, "$argon2id$x", o.w.owner, at(80)).has_value());
        CHECK_EQ(o.people.password_of(o.w.owner).value(), "$argon2id$x");
        CHECK_FALSE(o.people.password_of(o.w.admin).value().has_value());
        CHECK_GT(verify_audit(*o.all.runs), 12);
    }
}
