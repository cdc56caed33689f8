// SPDX-License-Identifier: Apache-2.0
// Which actions log in with a key that a server makes.
#include "runner/run/default_keys.hpp"

#include "pipelines/parse.hpp"

#include <doctest/doctest.h>

using namespace latchkey;

namespace {

using keys = std::set<std::string>;

keys keys_of(const std::string& type, const std::string& fields, keys* by_mode = nullptr) {
    const std::string yaml = "- pipeline: p\n  actions:\n    - {action: A, type: " + type + ", " + fields + "}\n";
    const pipelines::parsed read = pipelines::parse(pipelines::source("buddy.yml", yaml));
    REQUIRE_EQ(read.model.pipelines.size(), 1);
    REQUIRE_EQ(read.model.pipelines.front().actions.size(), 1);
    const pipelines::action& a = read.model.pipelines.front().actions.front();
    if (by_mode != nullptr) *by_mode = run::default_keys_by_mode(a);
    return run::default_keys_of(a);
}

}  // namespace

TEST_SUITE("run.default_keys") {
    TEST_CASE("a key is asked for by a mode, or named whole in a field for keys") {
        const keys workspace = {"id_workspace"};
        const keys project = {"id_project"};
        keys by_mode;
        CHECK_EQ(keys_of("SSH_COMMAND", "authentication_mode: WORKSPACE_KEY", &by_mode), workspace);
        CHECK_EQ(by_mode, workspace);
        CHECK_EQ(keys_of("PUSH", "git_auth_mode: PUBLIC_KEY"), project);
        CHECK_EQ(keys_of("SFTP", "authentication_mode: PUBLIC_BUDDY_KEY"), project);
        for (const std::string name : {"id_workspace", "$id_workspace", "'${id_workspace}'"})
            CHECK_EQ(keys_of("SSH_COMMAND", "env_key: " + name, &by_mode), workspace);
        CHECK(by_mode.empty());
        CHECK_EQ(keys_of("SSH_COMMAND", "targets: [{target: t, auth: {method: ASSETS_KEY, asset: id_project}}]"),
                 project);
        CHECK_EQ(keys_of("SSH_COMMAND", "targets: [{target: t, auth: {method: SSH_KEY, key: $id_workspace}}]"),
                 workspace);
        CHECK_EQ(keys_of("PUSH", "targets: [{target: t, repository: r, auth: WORKSPACE_KEY}]", &by_mode), workspace);
        CHECK_EQ(by_mode, workspace);
    }

    TEST_CASE("no other field asks for one, nor a word that only holds its name, nor another type") {
        CHECK(keys_of("SSH_COMMAND", "host: id_project, login: id_workspace, env_key: $android_project").empty());
        CHECK(keys_of("SSH_COMMAND", "env_key: id_project_2, commands: ['cat android_project', WORKSPACE_KEY]")
                  .empty());
        CHECK(keys_of("SSH_COMMAND", "commands: ['echo $id_workspace'], host: WORKSPACE_KEY").empty());
        CHECK(
            keys_of("SSH_COMMAND", "targets: [{target: id_project, host: id_workspace, path: PUBLIC_KEY}]").empty());
        CHECK(keys_of("BUILD", "authentication_mode: WORKSPACE_KEY, env_key: id_project").empty());
    }
}
