// SPDX-License-Identifier: Apache-2.0
// The SSH keys that a server makes for a workspace and for a project: over HTTP, and with a real sshd.
#include "tests/runner/server/run_world.hpp"
#include "tests/runner/source/clone_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <pwd.h>
#include <thread>
#include <unistd.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string variables = "/workspaces/acme/variables";

json key_of(const api_world& w, const std::string& token, const std::string& query = "") {
    const auto list = w.ask("GET", variables + query, token);
    REQUIRE_MESSAGE(list.status == 200, list.text);
    json found;
    for (const json& v : list.body["variables"])
        if (v["key"] == "id_workspace" || v["key"] == "id_project") {
            REQUIRE_EQ(found, nullptr);
            found = v;
        }
    return found;
}

std::string at_of(const json& variable) {
    return variables + "/" + std::to_string(variable["id"].get<int>());
}

std::string me() {
    return ::getpwuid(::geteuid())->pw_name;
}

struct ssh_world : run_world {
    test::server ssh{"runner/native/servers/sshd.sh"};

    void let_in(const json& key) const {
        std::ofstream(ssh.folder() / "authorized", std::ios::app) << key["public_value"].get<std::string>() << "\n";
    }
    // How it ended, and what its last action printed.
    std::pair<std::string, std::string> run(const std::string& actions, const json& body = json::object()) {
        const auto at = start(pipeline("p" + std::to_string(++made_), actions), developer, body);
        const json e = ended(at, developer);
        std::string printed;
        const auto id = e["action_executions"].back()["action_execution_id"].get<std::string>();
        const json logs = ask("GET", at + "/action_executions/" + id + "/logs", developer).body["logs"];
        for (const json& line : logs) printed += line.get<std::string>() + "\n";
        return {e["status"], printed};
    }
    std::string command(const std::string& fields) const {
        return "    - {action: In, type: SSH_COMMAND, host: 127.0.0.1, port: " + ssh.port() + ", login: " + me() +
               ", " + fields + ", commands: ['echo in; env']}\n";
    }

private:
    int made_ = 0;
};

}  // namespace

TEST_SUITE("server.default_keys") {
    TEST_CASE("a workspace and a project have a key each, which whoever looks finds, and which can be changed") {
        api_world w;
        const std::string viewer = w.token(w.team.viewer);
        const std::string admin = w.token(w.team.admin);
        std::vector<std::jthread> clients;
        for (int i = 0; i < 6; ++i) clients.emplace_back([&] { (void)w.ask("GET", variables, viewer); });
        clients.clear();
        const json key = key_of(w, viewer);
        CHECK_EQ(key["key"], "id_workspace");
        CHECK_EQ(key["type"], "SSH_KEY");
        CHECK_EQ(key["encrypted"], true);
        CHECK_EQ(key["file_place"], "NONE");
        CHECK(key["public_value"].get<std::string>().starts_with("ssh-ed25519 "));
        CHECK(key["key_fingerprint"].get<std::string>().starts_with("SHA256:"));
        CHECK(key["value"].get<std::string>().starts_with("secure!"));
        CHECK_EQ(key_of(w, viewer), key);
        const json of_project = key_of(w, viewer, "?project_name=web");
        CHECK_EQ(of_project["key"], "id_project");
        CHECK_NE(of_project["public_value"], key["public_value"]);
        CHECK_EQ(of_project["project"]["name"], "web");
        CHECK_EQ(key_of(w, viewer, "?pipeline_id=" + std::to_string(w.team.deploy.value())), nullptr);
        CHECK_EQ(w.ask("DELETE", at_of(key), viewer).status, 403);
        CHECK_EQ(w.ask("DELETE", at_of(key), admin).status, 204);
        CHECK_NE(key_of(w, viewer)["public_value"], key["public_value"]);
        CHECK_EQ(key_of(w, viewer, "?projectName=web"), of_project);
    }

    TEST_CASE("an action that says so logs in with it, and no action is given it") {
        ssh_world w;
        const json key = key_of(w, w.viewer);
        const json of_project = key_of(w, w.viewer, "?project_name=web");
        const std::string by_key = w.command("authentication_mode: WORKSPACE_KEY");
        CHECK_EQ(w.run(by_key).first, "FAILED");
        w.let_in(key);
        const auto [status, printed] = w.run(by_key);
        CHECK_EQ(status, "SUCCESSFUL");
        CHECK_NE(printed.find("\nin\n"), std::string::npos);
        CHECK_EQ(printed.find("id_workspace"), std::string::npos);
        CHECK_EQ(printed.find("PRIVATE"), std::string::npos);
        CHECK_EQ(w.run(w.command("authentication_mode: ENV_KEY, env_key: $id_workspace")).first, "SUCCESSFUL");
        const std::string target = "targets: [{target: t, type: SSH, host: 127.0.0.1, port: " + w.ssh.port() +
                                   ", auth: {method: ASSETS_KEY, username: " + me() + ", asset: id_project}}]";
        const std::string by_target =
            "    - {action: In, type: SSH_COMMAND, " + target + ", commands: ['echo in']}\n";
        CHECK_EQ(w.run(by_target).first, "FAILED");
        CHECK_EQ(w.run(w.command("authentication_mode: PUBLIC_KEY")).first, "FAILED");
        w.let_in(of_project);
        CHECK_EQ(w.run(by_target).first, "SUCCESSFUL");
        CHECK_EQ(w.run(w.command("authentication_mode: PUBLIC_KEY")).first, "SUCCESSFUL");
        // A variable that is nearer to the action is what its name means; a mode means the server's.
        const auto mine = w.ssh.folder() / "mine";
        REQUIRE_EQ(std::system(("ssh-keygen -q -t ed25519 -N '' -f " + mine.string()).c_str()), 0);
        const std::string nearer = ", variables: [{key: id_workspace, value: " + json(read_file(mine)).dump() + "}]";
        const std::string by_name = w.command("authentication_mode: ENV_KEY, env_key: $id_workspace" + nearer);
        CHECK_EQ(w.run(by_name).first, "FAILED");
        CHECK_EQ(w.run(w.command("authentication_mode: WORKSPACE_KEY" + nearer)).first, "SUCCESSFUL");
        std::ofstream(w.ssh.folder() / "authorized", std::ios::app) << read_file(mine.string() + ".pub") << "\n";
        CHECK_EQ(w.run(by_name).first, "SUCCESSFUL");
        // A script has neither, although one beside it logs in with it, and whatever the pipeline calls its
        // variables.
        const std::string script =
            "    - {action: Look, type: BUILD, execute_commands: ['env | grep -c id_workspace; env | grep -c "
            "PRIVATE; "
            "echo [$id_workspace]'], execute_every_command: true, variables: [{key: id_workspace, value: mine}]}\n";
        const auto [unused, looked] = w.run(by_key + script);
        CHECK_EQ(looked, "1\n0\n[mine]\n");
    }

    TEST_CASE("a fork's run is not given it, and a variable of its name is not taken for it") {
        ssh_world w;
        w.let_in(key_of(w, w.viewer));
        const std::string by_key = w.command("authentication_mode: WORKSPACE_KEY");
        const auto [status, printed] = w.run(by_key, {{"pull_request", {{"name", "pull/7"}}}});
        CHECK_EQ(status, "FAILED");
        CHECK_NE(printed.find("WORKSPACE_KEY names a key that a server has, and gives to no fork's run"),
                 std::string::npos);
        REQUIRE_EQ(w.ask("DELETE", at_of(key_of(w, w.viewer)), w.admin).status, 204);
        const auto other = w.ask("POST", variables, w.admin, {{"key", "id_workspace"}, {"value", "text"}});
        REQUIRE_MESSAGE(other.status == 201, other.text);
        CHECK_EQ(key_of(w, w.viewer)["value"], "text");
        CHECK_EQ(w.run("    - {action: Say, type: BUILD, execute_commands: ['echo $id_workspace']}\n").second,
                 "text\n");
        const auto at = w.start(w.pipeline("none", by_key), w.developer);
        const json e = w.ended(at, w.developer);
        CHECK_EQ(e["status"], "FAILED");
        CHECK_NE(e.dump().find("the variable id_workspace is no SSH key"), std::string::npos);
    }

    TEST_CASE("a project's repository is fetched over SSH with it, or with the key that the project names") {
        ssh_world w;
        temp_dir files;
        shell(files.path(), "git init -q --bare there.git");
        fill(files.path() / "there.git");
        const std::string url =
            "ssh://" + me() + "@127.0.0.1:" + w.ssh.port() + (files.path() / "there.git").string();
        const std::string project = "/workspaces/acme/projects/web";
        REQUIRE_EQ(w.ask("PATCH", project, w.admin, {{"custom_repo_url", url}}).status, 200);
        const auto look = [&] { return w.ask("GET", project + "/repository/contents", w.viewer).status; };
        CHECK_EQ(look(), 403);
        w.let_in(key_of(w, w.viewer));
        CHECK_EQ(look(), 200);
        // Another of the workspace's.
        const auto file = files.path() / "key";
        REQUIRE_EQ(std::system(("ssh-keygen -q -t ed25519 -N '' -f " + file.string()).c_str()), 0);
        const auto other =
            w.ask("POST", variables, w.admin, {{"key", "OTHER"}, {"type", "SSH_KEY"}, {"value", read_file(file)}});
        REQUIRE_MESSAGE(other.status == 201, other.text);
        const auto set = w.ask("PATCH", project, w.admin, {{"custom_repo_ssh_key_id", other.body["id"]}});
        REQUIRE_MESSAGE(set.status == 200, set.text);
        CHECK_EQ(look(), 403);
        w.let_in(other.body);
        CHECK_EQ(look(), 200);
        REQUIRE_EQ(w.ask("DELETE", at_of(other.body), w.admin).status, 204);
        const auto gone = w.ask("GET", project + "/repository/contents", w.viewer);
        CHECK_EQ(gone.status, 403);
        CHECK_EQ(gone.message(),
                 "the SSH key that custom_repo_ssh_key_id of project web names is not there any more: name another");
        const auto plain = w.ask("POST", variables, w.admin, {{"key", "TEXT"}, {"value", "x"}});
        for (const json& id : {plain.body["id"], json(987654)})
            CHECK_EQ(w.ask("PATCH", project, w.admin, {{"custom_repo_ssh_key_id", id}}).message(),
                     "`custom_repo_ssh_key_id` must be the id of a variable of the type SSH_KEY, of the workspace or "
                     "of this project");
        REQUIRE_EQ(w.ask("PATCH", project, w.admin, {{"custom_repo_ssh_key_id", 0}}).status, 200);
        CHECK_EQ(look(), 200);
        // What is in the key's place is not waited for.
        REQUIRE_EQ(w.ask("DELETE", at_of(key_of(w, w.viewer)), w.admin).status, 204);
        REQUIRE_EQ(w.ask("POST", variables, w.admin, {{"key", "id_workspace"}, {"value", "text"}}).status, 201);
        const auto no_key = w.ask("GET", project + "/repository/contents", w.viewer);
        CHECK_EQ(no_key.status, 422);
        CHECK_EQ(no_key.message(),
                 "the variable id_workspace is no SSH key: rename it, that name is the workspace's key's");
    }

    TEST_CASE("who manages a project does not say what is opened with a key of the workspace") {
        api_world w;
        const std::string admin = w.token(w.team.admin);
        const std::string manager = w.token(w.team.outsider);
        const std::string project = "/workspaces/acme/projects/web";
        const auto let_in =
            w.ask("POST", project + "/members", admin,
                  {{"id", w.team.outsider.value()}, {"permission_set", {{"id", w.team.manager_set.value()}}}});
        REQUIRE_MESSAGE(let_in.status == 201, let_in.text);
        const auto set = [&](const json& body) { return w.ask("PATCH", project, manager, body); };
        const auto no = [&](const json& body) {
            const auto reply = set(body);
            CAPTURE(body);
            CHECK_EQ(reply.status, 403);
            CHECK_EQ(reply.message(),
                     "a repository that is opened with a key of the workspace is set by an administrator of the "
                     "workspace: give the project a key of its own with `custom_repo_key`, or name a variable of the "
                     "project with `custom_repo_ssh_key_id`");
        };
        test::temp_dir files;
        REQUIRE_EQ(std::system(("ssh-keygen -q -t ed25519 -N '' -f " + (files.path() / "key").string()).c_str()), 0);
        const std::string text = read_file(files.path() / "key");
        const std::string ours = "ssh://git@git.acme.test/web.git";
        const std::string others = "ssh://git@git.acme.test/other.git";
        no({{"custom_repo_url", ours}});
        CHECK_EQ(set({{"custom_repo_url", "https://git.acme.test/web.git"}}).status, 200);
        // With a key of its own any, until that goes.
        CHECK_EQ(set({{"custom_repo_url", others}, {"custom_repo_key", text}}).status, 200);
        CHECK_EQ(set({{"custom_repo_url", ours}}).status, 200);
        no({{"custom_repo_key", ""}});
        no({{"custom_repo_url", "ssh://git@git.other.test/web.git"}});
        // As an administrator has set it, it is left alone.
        REQUIRE_EQ(w.ask("PATCH", project, admin, {{"custom_repo_key", ""}}).status, 200);
        CHECK_EQ(set({{"custom_repo_url", ours}, {"fetch_submodules", false}, {"display_name", "Web!"}}).status, 200);
        no({{"custom_repo_url", others}});
        no({{"custom_repo_user", "root"}});
        no({{"fetch_submodules", true}});
        // A variable of the workspace is not the project's, one of the project is.
        const auto shared = w.ask("POST", variables, admin, {{"key", "OTHER"}, {"type", "SSH_KEY"}, {"value", text}});
        REQUIRE_MESSAGE(shared.status == 201, shared.text);
        no({{"custom_repo_ssh_key_id", shared.body["id"]}});
        const json own = key_of(w, admin, "?project_name=web");
        CHECK_EQ(set({{"custom_repo_ssh_key_id", own["id"]}, {"custom_repo_url", others}}).status, 200);
        no({{"custom_repo_ssh_key_id", 0}});
    }
}
