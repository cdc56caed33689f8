// SPDX-License-Identifier: Apache-2.0
//
// A server and agents as processes: what runs at an agent, and what nobody gets to see of it.
#include "tests/runner/agent/agent_world.hpp"

#include <doctest/doctest.h>

#include <csignal>

using namespace latchkey::test;
using nlohmann::json;

namespace {

constexpr const char* planted = "ghp_planted0secret0of0an0agent";

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void add_integration(const agent_world& w) {
    w.ask("POST", "/workspaces/acme/integrations",
          {{"name", "GH prod"},
           {"identifier", "gh_prod"},
           {"type", "GIT_HUB"},
           {"scope", "WORKSPACE"},
           {"token", planted}},
          201);
}

}  // namespace

TEST_SUITE("agent.flow") {
    TEST_CASE("a run of two actions: one workspace, a variable passed on, a secret that nobody sees") {
        agent_world w;
        add_integration(w);
        auto agent = w.agent("one");
        const std::string execution =
            w.start(w.pipeline("deploy",
                               "    - {action: Make, type: GIT_HUB_CLI, integration: gh_prod, execute_commands: "
                               "['echo token $GITHUB_TOKEN', "
                               "'echo made > file', 'export VERSION=1.2']}\n"
                               "    - {action: Use, type: BUILD, execute_commands: ['cat file', 'echo version "
                               "$VERSION', 'echo has ${GITHUB_TOKEN:-none}', 'pwd']}\n"));
        const json done = w.ended(execution);
        CAPTURE(done.dump(1));
        CAPTURE(agent->output());
        CAPTURE(w.server->output());
        REQUIRE_EQ(done["status"], "SUCCESSFUL");
        CHECK_EQ(w.log(done, 0), "token ***\n");
        CHECK(has(w.log(done, 1), "made\nversion 1.2\nhas none\n"));
        CHECK(has(w.log(done, 1), "/agent-one/filesystems/"));
        CHECK(w.home.files_with(planted).empty());
        CHECK_FALSE(has(agent->output(), planted));
        CHECK_FALSE(has(w.server->output(), planted));
        const json known = w.agents();
        REQUIRE_EQ(known.size(), 1);
        CHECK_EQ(known[0]["name"], "one");
        CHECK_EQ(known[0]["state"], "online");
        CHECK_EQ(known[0]["pool"], "default");
        agent->signal(SIGTERM);
        CHECK_EQ(agent->wait(), 0);
    }

    TEST_CASE("the server sends the run's commit: the agent has no login, and keeps what builds left") {
        agent_world w;
        const auto git = [&](std::vector<std::string> words) {
            words.insert(words.begin(), {"/usr/bin/git", "-c", "user.name=a", "-c", "user.email=a@acme.test"});
            const said done = w.home.program(words);
            REQUIRE_MESSAGE(done.code == 0, done.out);
        };
        git({"init", "-q", "-b", "main"});
        w.home.write("data.txt", "first\n");
        w.home.write("gone.txt", "x\n");
        git({"add", "data.txt", "gone.txt"});
        git({"commit", "-q", "-m", "one"});
        w.ask("PATCH", "/workspaces/acme/projects/web", {{"custom_repo_url", w.home.project().string()}});
        auto agent = w.agent("one");
        const std::string pipeline = w.pipeline(
            "build", "    - {action: Show, type: BUILD, execute_commands: ['ls', 'cat data.txt', 'touch left']}\n");
        const json one = w.ended(w.start(pipeline));
        CAPTURE(one.dump(1));
        CAPTURE(agent->output());
        CHECK_EQ(w.log(one, 0), "data.txt\ngone.txt\nfirst\n");
        w.home.write("data.txt", "second\n");
        git({"rm", "-q", "gone.txt"});
        git({"add", "data.txt"});
        git({"commit", "-q", "-m", "two"});
        const json two = w.ended(w.start(pipeline));
        CHECK_EQ(w.log(two, 0), "data.txt\nleft\nsecond\n");
    }
}
