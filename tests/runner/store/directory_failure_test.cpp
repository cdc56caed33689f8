// SPDX-License-Identifier: Apache-2.0
// What a team changes, broken at its first, second, … last statement: nothing of it may be left.
#include "tests/runner/store/broken_database.hpp"
#include "tests/runner/store/changing_resources.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;

namespace {

template <class T>
bool fine(const result<T>& outcome) {
    return outcome.has_value();
}

store::project_role_record role_of(policy::user_id user, policy::permission_set_id set) {
    store::project_role_record role;
    role.user = user;
    role.set.id = set;
    return role;
}

std::vector<changing_method> changing_methods() {
    using world = const team_world&;
    return {
        {"user_with_email", [](auto& s, world) { return fine(s.people->user_with_email("n@acme.test", "N")); }},
        {"rename_user", [](auto& s, world w) { return fine(s.people->rename_user(w.owner, "New")); }},
        {"set_password",
         [](auto& s, world w) { return fine(s.people->set_password(w.owner, "h", w.owner, at(99))); }},
        {"add_workspace",
         [](auto& s, world w) { return fine(s.people->add_workspace("third", "", w.owner, at(99))); }},
        {"rename_workspace",
         [](auto& s, world w) { return fine(s.people->rename_workspace(w.acme, "New", w.admin, at(99))); }},
        {"remove_workspace",
         [](auto& s, world w) { return fine(s.people->remove_workspace(w.acme, w.owner, at(99))); }},
        {"add_member",
         [](auto& s, world w) { return fine(s.people->add_member(w.acme, "n@acme.test", w.admin, at(99))); }},
        {"edit_member",
         [](auto& s, world w) {
             return fine(s.people->edit_member(w.acme, w.viewer, {true, {}, {}}, w.admin, at(99)));
         }},
        {"remove_member",
         [](auto& s, world w) { return fine(s.people->remove_member(w.acme, w.developer, w.admin, at(99))); }},
        {"add_group",
         [](auto& s, world w) {
             store::group_record group;
             group.name = "new";
             return fine(s.people->add_group(w.acme, group, w.admin, at(99)));
         }},
        {"edit_group",
         [](auto& s, world w) {
             return fine(s.people->edit_group(w.acme, {w.viewers, "new", "", false, {}}, w.admin, at(99)));
         }},
        {"remove_group",
         [](auto& s, world w) { return fine(s.people->remove_group(w.acme, w.viewers, w.admin, at(99))); }},
        {"set_group_member",
         [](auto& s, world w) {
             return fine(s.people->set_group_member(w.acme, w.viewers, w.outsider, true, w.admin, at(99)));
         }},
        {"remove_group_member",
         [](auto& s, world w) {
             return fine(s.people->remove_group_member(w.acme, w.viewers, w.viewer, w.admin, at(99)));
         }},
        {"add_permission_set",
         [](auto& s, world w) {
             store::permission_set_record set;
             set.name = "new";
             return fine(s.people->add_permission_set(w.acme, set, w.admin, at(99)));
         }},
        {"add_project",
         [](auto& s, world w) {
             store::team_project_record project;
             project.handle = "new";
             return fine(s.people->add_project(w.acme, project, w.admin, at(99)));
         }},
        {"edit_project",
         [](auto& s, world w) {
             auto project = s.people->project(w.acme, "web");
             if (!project) return false;
             project->name = "New";
             return fine(s.people->edit_project(*project, w.admin, at(99)));
         }},
        {"edit_project and its login",
         [](auto& s, world w) {
             auto project = s.people->project(w.acme, "web");
             if (!project) return false;
             const store::project_secret_record login{
                 "repository_key", {"repository_key", 1, 1, "k"}, w.admin, at(99)};
             const store::directory::project_change change{project->settings, {login}};
             project->settings = {{"custom_repo_url", "https://b.test/x"}};
             return fine(s.people->edit_project(*project, w.admin, at(99), change));
         }},
        {"remove_project",
         [](auto& s, world w) { return fine(s.people->remove_project(w.acme, w.web, w.admin, at(99))); }},
        {"set_project_role",
         [](auto& s, world w) {
             return fine(
                 s.people->set_project_role(w.acme, w.web, role_of(w.outsider, w.viewer_set), w.admin, at(99)));
         }},
        {"remove_project_role",
         [](auto& s, world w) {
             return fine(s.people->remove_project_role(w.acme, w.web, w.developer, {}, w.admin, at(99)));
         }},
        {"add a pipeline",
         [](auto& s, world w) {
             store::team_pipeline_record pipeline;
             pipeline.rights.project = w.web;
             pipeline.name = "new";
             pipeline.rights.users = {{w.viewer, policy::pipeline_level::run_only}};
             return fine(s.pipelines->add(pipeline, w.developer));
         }},
        {"edit a pipeline",
         [](auto& s, world w) {
             auto pipeline = s.pipelines->get(w.web, w.deploy);
             if (!pipeline) return false;
             pipeline->definition = "- pipeline: deploy";
             return fine(s.pipelines->edit(*pipeline, w.developer, at(99)));
         }},
        {"remove a pipeline",
         [](auto& s, world w) { return fine(s.pipelines->remove(w.web, w.deploy, w.developer, at(99))); }},
        {"add a token",
         [](auto& s, world w) {
             store::access_token_record token;
             token.user = token.created_by = w.owner;
             token.hash = "h";
             return fine(s.tokens->add(token));
         }},
        {"begin a session",
         [](auto& s, world w) {
             return fine(s.logins->begin_session({"h", w.owner, "password", at(99), at(99), at(99)}, "127.0.0.1"));
         }},
        {"change a password",
         [](auto& s, world w) { return fine(s.logins->change_password(w.owner, "h", "", at(99))); }},
        {"make a password link",
         [](auto& s, world w) {
             return fine(s.logins->add_password_link({"l", w.viewer, w.admin, at(999), w.acme}, at(99)));
         }},
        {"use a password link",
         [](auto& s, world) { return fine(s.logins->use_password_link("link", "h", at(99))); }},
        {"sign out everywhere", [](auto& s, world w) { return fine(s.logins->end_sessions(w.developer, at(99))); }},
        {"link another issuer's user",
         [](auto& s, world w) { return fine(s.logins->add_outside_user("https://i.test", "s", w.owner, at(99))); }},
        {"make a signing key",
         [](auto& s, world w) {
             return fine(s.signing->add({"new", "{}", {"new", 1, 1, "sealed"}, at(99), {}}, "old", at(0), w.owner));
         }},
    };
}

}  // namespace

TEST_SUITE("store.directory_failure") {
    TEST_CASE("all or nothing: each change of a team broken at each of its statements") {
        const temp_dir folder;
        const auto original = folder / "original" / "store.db";
        team_world w;
        {
            auto s = store::open_sqlite_stores(original).value();
            w = make_team(s);
            REQUIRE(
                s.logins->begin_session({"session", w.developer, "password", at(80), at(80), {}}, "::1").has_value());
            REQUIRE(s.logins->add_password_link({"link", w.developer, w.admin, at(999), w.acme}, at(80)).has_value());
            REQUIRE(s.signing->add({"old", "{}", {"old", 1, 1, "sealed"}, at(80), {}}, "", at(0), {}).has_value());
            add_resources(s, w);
        }
        const auto copy = folder / "copy" / "store.db";
        std::filesystem::create_directory(copy.parent_path());
        std::filesystem::permissions(copy.parent_path(), std::filesystem::perms(0700));
        auto methods = changing_methods();
        std::ranges::move(changing_resources(), std::back_inserter(methods));
        for (const auto& method : methods) {
            CAPTURE(method.name);
            std::filesystem::copy_file(original, copy, std::filesystem::copy_options::overwrite_existing);
            const auto before = dump(copy);
            breaker hook;
            auto s = store::open_sqlite_stores(copy, hook.options()).value();
            int statements = 0;
            for (bool whole = false; !whole; ++statements) {
                REQUIRE(statements < 150);
                hook.seen = 0;
                hook.until = statements;
                whole = method.call(s, w);
                CAPTURE(statements);
                if (!whole) {
                    const bool untouched = dump(copy) == before;
                    CHECK(untouched);
                } else {
                    const bool changed = dump(copy) != before;
                    CHECK(changed);
                }
            }
            hook.until = -1;
            CHECK(verify_audit(*s.runs) > 0);
        }
    }
}
