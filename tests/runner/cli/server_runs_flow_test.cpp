// SPDX-License-Identifier: Apache-2.0
//
// Runs of the real server across its ends: killed, nothing is lost and nothing runs twice; told to end, what runs is
// given its time.
#include "tests/runner/cli/running_server.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <thread>

using latchkey::test::read_file;
using latchkey::test::running_server;
using latchkey::test::session;
using nlohmann::json;

namespace {

const std::vector<std::string> owner_words = {
    "--init-owner", "ana@acme.test", "--init-workspace", "acme", "--token-file", "owner.token",
    "--backend",    "host",          "--runs",           "1",    "--grace",      "1s"};
const std::vector<std::string> next_words = {"--backend", "host", "--runs", "1", "--grace", "1s"};

std::string token_of(const session& s) {
    std::string token = read_file(s.project() / "owner.token");
    token.pop_back();
    return token;
}

class team {
public:
    team(running_server& server, const session& s) : server_(server), token_(token_of(s)) {}

    json ask(const std::string& method, const std::string& target, const json& body = nullptr) const {
        const auto reply = server_.ask(method, target, token_, body);
        REQUIRE_MESSAGE(reply.status < 300, reply.text);
        return reply.body;
    }
    std::string pipeline(const std::string& name, const std::string& command) const {
        const json made = ask(
            "POST", "/workspaces/acme/projects/web/pipelines",
            {{"name", name},
             {"yaml", "- pipeline: " + name + "\n  actions:\n    - {action: Do, type: BUILD, execute_commands: ['" +
                          command + "']}\n"}});
        return "/workspaces/acme/projects/web/pipelines/" + made["id"].dump();
    }
    std::string start(const std::string& pipeline) const {
        return pipeline + "/executions/" + ask("POST", pipeline + "/executions", json::object())["id"].dump();
    }
    json when(const std::string& execution, const std::string& status) const {
        for (;;) {
            json now = ask("GET", execution);
            if (now["status"] == status) return now;
            std::this_thread::yield();
        }
    }

private:
    running_server& server_;
    std::string token_;
};

}  // namespace

TEST_SUITE("cli.server_runs") {
    TEST_CASE("killed, what ran has failed with the reason, and what waited for its turn runs when it is back") {
        const session s;
        std::string ran;
        std::string waited;
        {
            running_server server(s, owner_words);
            server.wait_until_up();
            const team t(server, s);
            t.ask("POST", "/workspaces/acme/projects", {{"display_name", "Web"}});
            ran = t.start(t.pipeline("long", "echo once >> count; echo $$; sleep 600"));
            t.when(ran, "INPROGRESS");
            waited = t.start(t.pipeline("short", "echo ran >> count"));
            CHECK_EQ(t.ask("GET", waited)["status"], "ENQUEUED");
            server.signal(SIGKILL);
            server.wait();
        }
        running_server server(s, next_words);
        server.wait_until_up();
        const team t(server, s);
        t.when(waited, "SUCCESSFUL");
        const json lost = t.ask("GET", ran);
        CHECK_EQ(lost["status"], "FAILED");
        CHECK_EQ(lost["error_message"], "its executor died");
        CHECK_EQ(lost["attempts"].size(), 1);
        // It can be run again, and only then is.
        CHECK_EQ(t.ask("PATCH", ran, {{"operation", "RETRY"}})["attempts"].size(), 2);
        t.when(ran, "INPROGRESS");
        t.ask("PATCH", ran, {{"operation", "CANCEL"}});
        t.when(ran, "TERMINATED");
    }

    TEST_CASE("told to end, it lets what runs end in its time, cancels it after that, and keeps what waits") {
        const session s;
        std::string ran;
        std::string waited;
        {
            running_server server(s, owner_words);
            server.wait_until_up();
            const team t(server, s);
            t.ask("POST", "/workspaces/acme/projects", {{"display_name", "Web"}});
            ran = t.start(t.pipeline("long", "sleep 600"));
            t.when(ran, "INPROGRESS");
            waited = t.start(t.pipeline("short", "echo ran"));
            server.signal(SIGTERM);
            CHECK_EQ(server.wait(), 0);
        }
        running_server server(s, next_words);
        server.wait_until_up();
        const team t(server, s);
        CHECK_EQ(t.ask("GET", ran)["status"], "TERMINATED");
        t.when(waited, "SUCCESSFUL");
    }

    TEST_CASE("told a second time, it cancels what runs at once, and says so in its record") {
        const session s;
        std::string ran;
        std::vector<std::string> patient = owner_words;
        patient.back() = "10m";
        {
            running_server server(s, patient);
            server.wait_until_up();
            const team t(server, s);
            t.ask("POST", "/workspaces/acme/projects", {{"display_name", "Web"}});
            ran = t.start(t.pipeline("long", "echo $$ > pid; sleep 600"));
            t.when(ran, "INPROGRESS");
            server.signal(SIGTERM);
            // It serves nobody any more, and waits for the run.
            REQUIRE(server.wait_for("ending: what is under way may end"));
            server.signal(SIGTERM);
            CHECK(server.wait_for("ending at once: what runs is cancelled"));
            CHECK_EQ(server.wait(), 0);
        }
        running_server server(s, next_words);
        server.wait_until_up();
        const team t(server, s);
        const json e = t.ask("GET", ran);
        CHECK_EQ(e["status"], "TERMINATED");
        CHECK_EQ(e["attempts"].size(), 1);
        CHECK_EQ(e["action_executions"][0]["status"], "TERMINATED");
    }
}
