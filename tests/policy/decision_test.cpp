// SPDX-License-Identifier: Apache-2.0
//
// Decisions as tables, with the negative cases, and the laws that hold for all of them.
#include "policy/decision.hpp"

#include "policy/explain.hpp"
#include "tests/policy/small_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace latchkey::policy;
using latchkey::test::asked;
using latchkey::test::small_world;

namespace {

struct row {
    const char* name;
    std::function<void(small_world&, use_request&)> given;
    verdict expected;
};

const row rows[] = {
    {"deny: an empty list means nobody", [](small_world&, use_request&) {}, verdict::not_granted},
    {"allow: a grant of this pipeline", [](small_world& w, use_request&) { w.grants = {w.granted()}; },
     verdict::allowed_by_grant},
    {"allow: all pipelines", [](small_world& w, use_request&) { w.i.all_pipelines_allowed = true; },
     verdict::allowed_all_pipelines},
    {"deny: a grant of another pipeline",
     [](small_world& w, use_request&) {
         w.grants = {w.granted()};
         w.grants[0].pipeline = pipeline_id(2);
     },
     verdict::not_granted},
    {"deny: an unknown integration", [](small_world&, use_request& r) { r.integration = integration_id(9); },
     verdict::unknown_integration},
    {"deny: an unknown pipeline", [](small_world&, use_request& r) { r.pipeline = pipeline_id(9); },
     verdict::unknown_pipeline},
    {"deny: the id of nothing", [](small_world&, use_request& r) { r.integration = {}; },
     verdict::unknown_integration},
    {"allow: project scope, own project",
     [](small_world& w, use_request&) {
         w.i.scope = scope::project;
         w.i.all_pipelines_allowed = true;
     },
     verdict::allowed_all_pipelines},
    {"deny: project scope, another project, even if granted",
     [](small_world& w, use_request& r) {
         w.i.scope = scope::project;
         w.i.all_pipelines_allowed = true;
         r.pipeline = pipeline_id(2);
     },
     verdict::other_project},
    {"deny: project scope without a project",
     [](small_world& w, use_request&) {
         w.i.scope = scope::project;
         w.i.project = {};
         w.p.project = {};
         w.i.all_pipelines_allowed = true;
     },
     verdict::other_project},
    {"deny: a scope that is none",
     [](small_world& w, use_request&) {
         w.i.scope = static_cast<scope>(7);
         w.i.all_pipelines_allowed = true;
     },
     verdict::other_project},
    {"allow: a moment before it expires",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].expires = r.now + std::chrono::milliseconds(1);
     },
     verdict::allowed_by_grant},
    {"deny: the moment it expires",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].expires = r.now;
     },
     verdict::grant_expired},
    {"allow: for a branch, by its full name",
     [](small_world& w, use_request&) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "refs/heads/main";
     },
     verdict::allowed_by_grant},
    {"allow: for branches like it",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "refs/heads/rel*-*";
         r.ref.name = "refs/heads/release/1-2";
     },
     verdict::allowed_by_grant},
    {"allow: a star stands for nothing too",
     [](small_world& w, use_request&) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "refs/heads/main**";
     },
     verdict::allowed_by_grant},
    {"deny: a star, and then something that is not there",
     [](small_world& w, use_request&) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "refs/heads/main*x";
     },
     verdict::grant_other_ref},
    {"deny: for another branch",
     [](small_world& w, use_request&) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "refs/heads/mai";
     },
     verdict::grant_other_ref},
    {"deny: a tag called like the branch",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "refs/heads/main";
         r.ref = {ref_type::tag, "refs/tags/main"};
     },
     verdict::grant_other_ref},
    {"deny: a tag that says it has a branch's name",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "*";
         r.ref = {ref_type::tag, "refs/heads/main"};
     },
     verdict::grant_other_ref},
    {"deny: no ref, and the grant wants one",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "*";
         r.ref = {};
     },
     verdict::grant_other_ref},
    {"deny: a ref type that is none",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "*";
         r.ref.type = static_cast<ref_type>(9);
     },
     verdict::grant_other_ref},
    {"allow: a pull request by its pattern",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].ref_pattern = "refs/pull/**";
         r.ref = {ref_type::pull_request, "refs/pull/7"};
     },
     verdict::allowed_by_grant},
    {"allow: this run only, in this run",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         w.grants[0].only_run = r.run;
     },
     verdict::allowed_by_grant},
    {"deny: this run only, in another",
     [](small_world& w, use_request&) {
         w.grants = {w.granted()};
         w.grants[0].only_run = run_id(6);
     },
     verdict::grant_other_run},
    {"allow: any grant that holds, among others that don't",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted(1), w.granted(2), w.granted(3)};
         w.grants[0].expires = r.now;
         w.grants[1].only_run = run_id(6);
         w.grants[2].ref_pattern = "refs/heads/*";
     },
     verdict::allowed_by_grant},
    {"deny: the nearest miss is named",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted(1), w.granted(2)};
         w.grants[0].only_run = run_id(6);
         w.grants[0].expires = r.now;
         w.grants[1].ref_pattern = "refs/tags/*";
     },
     verdict::grant_other_ref},
    {"deny: a fork's run that nobody approved",
     [](small_world& w, use_request& r) {
         w.i.all_pipelines_allowed = true;
         r.source = source_trust::fork;
     },
     verdict::untrusted_source},
    {"deny: a fork's run approved with Use",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         r.source = source_trust::fork;
         r.fork_approved_by = user_id(4);
     },
     verdict::untrusted_source},
    {"allow: a fork's run approved with Manage",
     [](small_world& w, use_request& r) {
         w.grants = {w.granted()};
         r.source = source_trust::fork;
         r.fork_approved_by = user_id(2);
     },
     verdict::allowed_by_grant},
    {"deny: a trust that is none",
     [](small_world& w, use_request& r) {
         w.i.all_pipelines_allowed = true;
         r.source = static_cast<source_trust>(5);
     },
     verdict::untrusted_source},
};

}  // namespace

TEST_SUITE("policy.decision") {
    TEST_CASE("table: each situation and its verdict, explained alike") {
        for (const row& r : rows) {
            CAPTURE(r.name);
            small_world w;
            use_request q = asked();
            r.given(w, q);
            const snapshot s = w.build();
            const decision d = decide(s, q);
            CHECK_EQ(to_string(d.verdict()), to_string(r.expected));
            CHECK_EQ(d.allowed(), std::string_view(r.name).starts_with("allow"));
            CHECK(d.revision() == revision(7));
            CHECK(d.id() == decision_id(99));
            CHECK(d.integration() == q.integration);
            CHECK(d.pipeline() == q.pipeline);
            CHECK(d.run() == q.run);
            const explanation e = explain(s, q, user_id(1));
            CHECK(e.decision.verdict() == d.verdict());
            CHECK_EQ(std::count_if(e.rules.begin(), e.rules.end(), [](const considered& c) { return c.settled; }), 1);
            for (const considered& c : e.rules) {
                CHECK_FALSE(c.finding.empty());
                CHECK_NE(to_string(c.rule), "unknown");
            }
        }
        CHECK_EQ(to_string(static_cast<verdict>(99)), "unknown");
        CHECK_EQ(to_string(static_cast<rule>(99)), "unknown");
    }

    TEST_CASE("law: an allowance by grant names one that exists, and taking it away denies") {
        small_world w;
        w.grants = {w.granted(3), w.granted(4)};
        CHECK(decide(w.build(), asked()).grant() == grant_id(3));
        w.grants.erase(w.grants.begin());
        CHECK(decide(w.build(), asked()).grant() == grant_id(4));
        w.grants.clear();
        CHECK_FALSE(decide(w.build(), asked()).allowed());
    }

    TEST_CASE("law: the order of facts, a fact added twice and one that is unrelated change nothing") {
        small_world w;
        w.grants = {w.granted(2), w.granted(1)};
        w.grants[0].only_run = run_id(6);
        w.grants[1].expires = asked().now;
        const auto first = decide(w.build(), asked());
        std::swap(w.grants[0], w.grants[1]);
        w.grants.push_back(w.grants[0]);
        grant unrelated = w.granted(9);
        unrelated.integration = integration_id(77);
        w.grants.push_back(unrelated);
        const auto second = decide(w.build(), asked());
        CHECK(first.verdict() == second.verdict());
        CHECK(first.grant() == second.grant());
        // Added twice by id: the last one stands.
        small_world twice;
        snapshot_builder b{revision(1)};
        integration open = twice.i;
        open.all_pipelines_allowed = true;
        pipeline elsewhere = twice.p;
        elsewhere.project = project_id(9);
        b.add(open).add(twice.i).add(elsewhere).add(twice.p);
        b.add(user{user_id(1), workspace_role::owner, {}}).add(user{user_id(1), workspace_role::member, {}});
        CHECK_FALSE(decide(std::move(b).build(), asked()).allowed());
    }

    TEST_CASE("law: a grant allows exactly its pair") {
        small_world w;
        w.grants = {w.granted()};
        const snapshot s = w.build();
        for (int i = 1; i <= 3; ++i)
            for (int p = 1; p <= 3; ++p) {
                use_request q = asked();
                q.integration = integration_id(i);
                q.pipeline = pipeline_id(p);
                CHECK_EQ(decide(s, q).allowed(), i == 1 && p == 1);
            }
    }

    TEST_CASE("levels: administrators, own rows, groups, others, and values that are none") {
        small_world w;
        w.i.admins = level::denied;
        w.i.others = level::use_only;
        snapshot s = w.build();
        CHECK(level_of(s, user_id(1), w.i.id) == level::delete_only);  // nobody is locked out of removing it
        CHECK(may_see(s, user_id(1), w.i.id));
        CHECK(level_of(s, user_id(4), w.i.id) == level::use_only);
        CHECK(level_of(s, user_id(9), w.i.id) == level::denied);
        CHECK(level_of(s, user_id(1), integration_id(9)) == level::denied);
        CHECK_FALSE(may_see(s, user_id(9), w.i.id));
        w.i.users = {{user_id(1), level::manage}, {user_id(4), level::delete_only}, {user_id(3), level::denied}};
        w.i.groups = {{group_id(1), level::manage}};
        s = w.build();
        CHECK(level_of(s, user_id(1), w.i.id) == level::manage);  // their own row, if it is higher
        CHECK(level_of(s, user_id(3), w.i.id) == level::denied);  // the own row exactly, whatever the group has
        CHECK_FALSE(may_see(s, user_id(4), w.i.id));              // Delete-only is for administrators
        w.i.users = {
            {user_id(3), level::manage}, {user_id(3), level::use_only}, {user_id(4), static_cast<level>(200)}};
        s = w.build();
        CHECK(level_of(s, user_id(3), w.i.id) == level::use_only);  // two rows: the lower
        CHECK(level_of(s, user_id(4), w.i.id) == level::denied);
        w.i.users = {{user_id(3), level::use_only}, {user_id(3), level::manage}};
        CHECK(level_of(w.build(), user_id(3), w.i.id) == level::use_only);
        w.i.users.clear();
        w.i.groups = {
            {group_id(2), level::manage}, {group_id(1), level::delete_only}, {group_id(1), level::use_only}};
        CHECK(level_of(w.build(), user_id(3), w.i.id) == level::use_only);
    }

    TEST_CASE("edit, delete, revoke: what each level allows, and administrators may always delete") {
        struct row {
            level of;
            bool edits, deletes, admin_deletes, revokes;
        };
        for (const row& r :
             {row{level::denied, false, false, true, false}, row{level::delete_only, false, false, true, false},
              row{level::use_only, false, false, true, true}, row{level::manage, true, true, true, true}}) {
            small_world w;
            w.i.users = {{user_id(4), r.of}};
            w.i.admins = r.of;
            const snapshot s = w.build();
            CHECK_EQ(may_edit(s, user_id(4), w.i.id), r.edits);
            CHECK_EQ(may_delete(s, user_id(4), w.i.id), r.deletes);
            CHECK_EQ(may_revoke(s, user_id(4), w.i.id), r.revokes);
            CHECK_EQ(may_delete(s, user_id(1), w.i.id), r.admin_deletes);
            CHECK_EQ(may_edit(s, user_id(1), w.i.id), r.edits);
        }
        small_world w;
        CHECK_FALSE(may_edit(w.build(), user_id(9), w.i.id));
        CHECK_FALSE(may_delete(w.build(), user_id(9), w.i.id));
        CHECK_FALSE(may_revoke(w.build(), user_id(9), w.i.id));
    }

    TEST_CASE("access to a pipeline: administrators, own row, groups, others, the role in the project") {
        small_world w;
        const auto access = [&](std::int64_t user) { return access_to(w.build(), user_id(user), w.p.id); };
        CHECK(access(1) == pipeline_level::read_write);
        CHECK(access(2) == pipeline_level::read_write);
        CHECK(access(4) == pipeline_level::run_only);
        CHECK(access(9) == pipeline_level::denied);
        CHECK(access_to(w.build(), user_id(4), pipeline_id(9)) == pipeline_level::denied);
        w.p.others = pipeline_level::project_role;
        CHECK(access(4) == pipeline_level::denied);  // no role in the project
        w.members = {{project_id(1), user_id(4), {}, pipeline_level::read_only},
                     {project_id(1), {}, group_id(1), pipeline_level::run_only},
                     {project_id(2), user_id(3), {}, pipeline_level::read_write}};
        CHECK(access(4) == pipeline_level::read_only);
        CHECK(access(3) == pipeline_level::run_only);
        w.members.push_back({project_id(1), user_id(3), {}, pipeline_level::project_role});  // says nothing
        CHECK(access(3) == pipeline_level::denied);
        w.members.back() = {project_id(1), user_id(3), {}, static_cast<pipeline_level>(99)};
        CHECK(access(3) == pipeline_level::denied);
        w.members.back() = {project_id(1), {}, {}, pipeline_level::read_write};  // of nobody
        CHECK(access(3) == pipeline_level::run_only);
        w.members.pop_back();
        w.p.groups = {{group_id(1), pipeline_level::project_role},
                      {group_id(1), pipeline_level::read_only},
                      {group_id(2), pipeline_level::read_write}};
        CHECK(access(3) == pipeline_level::run_only);  // the role counts where a row points at it
        w.p.users = {{user_id(3), pipeline_level::read_write},
                     {user_id(3), pipeline_level::denied},
                     {user_id(4), static_cast<pipeline_level>(99)}};
        CHECK(access(3) == pipeline_level::denied);
        CHECK(access(4) == pipeline_level::denied);
        w.p.users = {{user_id(3), pipeline_level::denied}, {user_id(3), pipeline_level::read_write}};
        CHECK(access(3) == pipeline_level::denied);
    }
}
