// SPDX-License-Identifier: Apache-2.0
//
// Agents and servers that are killed, cut off, told to end, and runs that are cancelled meanwhile: everything ends
// once, says why, and nothing runs twice.
#include "tests/runner/agent/agent_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

using namespace latchkey::test;
using nlohmann::json;
using clock_type = std::chrono::steady_clock;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string build(const std::string& name, const std::string& command) {
    return "    - {action: " + name + ", type: BUILD, execute_commands: ['" + command + "']}\n";
}

}  // namespace

TEST_SUITE("agent.loss") {
    TEST_CASE("a cancel reaches what runs at an agent within two seconds, and nothing of it is left") {
        agent_world w;
        auto agent = w.agent("one");
        const std::string execution = w.start(w.pipeline("long", build("Wait", "echo ready; sleep 600")));
        w.wait_for_output(execution, 0, "ready");
        const auto asked = clock_type::now();
        w.ask("PATCH", execution, {{"operation", "CANCEL"}});
        const json done = w.ended(execution);
        CHECK_EQ(done["status"], "TERMINATED");
        CHECK_LT(clock_type::now() - asked, std::chrono::seconds(2));
        CHECK_EQ(w.log(done, 0), "ready\n");
        // It takes more.
        CHECK_EQ(w.ended(w.start(w.pipeline("next", build("Do", "echo next"))))["status"], "SUCCESSFUL");
    }

    TEST_CASE("an agent that is killed is lost: its action has failed with the reason, and what it ran ends") {
        agent_world w({"--agent-lease", "2s"});
        auto agent = w.agent("one");
        const std::string execution = w.start(w.pipeline(
            "long", build("Wait", "echo run >> count; echo ready; sleep 600") + build("Never", "echo never")));
        w.wait_for_output(execution, 0, "ready");
        agent->signal(SIGKILL);
        agent->wait();
        const json done = w.ended(execution);
        CHECK_EQ(done["status"], "FAILED");
        const std::string why = done["action_executions"][0]["error_message"];
        CHECK_EQ(why, "the agent one was lost: it has not been heard of for 2 seconds");
        CHECK_EQ(w.log(done, 0), "ready\n");
        CHECK_EQ(w.agents()[0]["state"], "offline");
        // Back, it works again, and finds nothing of what it had.
        auto again = w.agent_again("one");
        CHECK_EQ(w.ended(w.start(w.pipeline("next", build("Do", "echo next"))))["status"], "SUCCESSFUL");
        CHECK_EQ(w.ask("GET", execution)["attempts"].size(), 1);
    }

    TEST_CASE("started anew before anybody missed it, an agent has lost what it had at once") {
        agent_world w;
        auto agent = w.agent("one");
        const std::string execution = w.start(w.pipeline("long", build("Wait", "echo ready; sleep 600")));
        w.wait_for_output(execution, 0, "ready");
        agent->signal(SIGKILL);
        agent->wait();
        auto again = w.agent_again("one");
        const json done = w.ended(execution);
        CHECK_EQ(done["status"], "FAILED");
        CHECK_EQ(done["action_executions"][0]["error_message"], "the agent one was lost: it was started anew");
    }

    TEST_CASE(
        "a server that is killed: what agents ran has failed and ends there, what waited runs when it is back") {
        agent_world w;
        auto agent = w.agent("one");
        const std::string ran = w.start(w.pipeline("long", build("Wait", "echo ready; sleep 600")));
        w.wait_for_output(ran, 0, "ready");
        const std::string waits = w.start(w.pipeline("short", build("Do", "echo once >> count; cat count")));
        w.server->signal(SIGKILL);
        w.server->wait();
        w.start_again();
        const json lost = w.ended(ran);
        CHECK_EQ(lost["status"], "FAILED");
        CHECK_EQ(lost["error_message"], "its executor died");
        const json done = w.ended(waits);
        CAPTURE(done.dump(1));
        CAPTURE(agent->output());
        CHECK_EQ(done["status"], "SUCCESSFUL");
        CHECK_EQ(w.log(done, 0), "once\n");
        agent->signal(SIGTERM);
        CHECK_EQ(agent->wait(), 0);
    }

    TEST_CASE("told to end, an agent ends what it runs and takes no more, and another agent does") {
        agent_world w;
        auto one = w.agent("one");
        const std::string first = w.start(
            w.pipeline("first", build("Wait", "echo ready; until test -e go; do sleep 0.05; done; echo went")));
        w.wait_for_output(first, 0, "ready");
        one->signal(SIGTERM);
        REQUIRE(one->wait_for("ends when what it runs has ended"));
        const std::string second = w.start(w.pipeline("second", build("Do", "echo second; pwd")));
        auto two = w.agent("two");
        const json other = w.ended(second);
        CHECK_EQ(other["status"], "SUCCESSFUL");
        CHECK(has(w.log(other, 0), "/agent-two/"));
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(w.home.data() / "agent-one" / "filesystems"))
            if (entry.is_directory() && entry.path().filename() == "web") write_file(entry.path() / "go", "");
        const json done = w.ended(first);
        CHECK_EQ(done["status"], "SUCCESSFUL");
        CHECK_EQ(w.log(done, 0), "ready\nwent\n");
        CHECK_EQ(one->wait(), 0);
    }

    TEST_CASE("--once is one run, and a run that waits for an agent can be cancelled") {
        agent_world w;
        const std::string waits = w.start(w.pipeline("tagged", build("Do", "echo x"), "  tags: [gpu]\n"));
        const std::string first = w.start(w.pipeline("short", build("Do", "echo did")));
        auto one = w.agent("one", {"--once"});
        CHECK_EQ(w.ended(first)["status"], "SUCCESSFUL");
        CHECK_EQ(one->wait(), 0);
        CHECK_EQ(w.ask("GET", waits)["status"], "ENQUEUED");
        w.ask("PATCH", waits, {{"operation", "CANCEL"}});
        CHECK_EQ(w.ended(waits)["status"], "TERMINATED");
    }
}
