// SPDX-License-Identifier: Apache-2.0
//
// The real server with its logs in a bucket of a real S3 server: read as before, with the keys nowhere, and whole
// however often the server is killed.
#include "tests/runner/cli/running_server.hpp"
#include "tests/runner/objects/s3_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

using latchkey::test::read_file;
using latchkey::test::running_server;
using latchkey::test::session;
using nlohmann::json;

namespace {

std::vector<std::string> words_for(const std::string& prefix, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"--backend",       "host",
                                      "--grace",         "5s",
                                      "--objects",       latchkey::test::s3_url(prefix),
                                      "--objects-login", latchkey::test::s3_login_file().string()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

const std::vector<std::string> first_owner = {"--init-owner", "ana@acme.test", "--init-workspace",
                                              "acme",         "--token-file",  "owner.token"};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

class object_team {
public:
    object_team(const running_server& server, const session& s)
        : server_(server), token_(read_file(s.project() / "owner.token")) {
        token_.pop_back();
    }

    latchkey::test::api_reply reply(const std::string& method, const std::string& target,
                                    const json& body = nullptr) const {
        return server_.ask(method, target, token_, body);
    }
    json ask(const std::string& method, const std::string& target, const json& body = nullptr) const {
        const auto said = reply(method, target, body);
        REQUIRE_MESSAGE(said.status < 300, said.text);
        return said.body;
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
    std::string status(const std::string& execution) const { return ask("GET", execution)["status"]; }
    json when_ended(const std::string& execution) const {
        for (;;) {
            json now = ask("GET", execution);
            if (now["status"] != "ENQUEUED" && now["status"] != "INPROGRESS" && now["status"] != "INITIAL")
                return now;
            std::this_thread::yield();
        }
    }
    // The address of its one action, below /latchkey/v1 too.
    std::string action(const std::string& execution) const {
        const std::string url = ask("GET", execution)["action_executions"][0]["url"];
        return url.substr(url.find("/workspaces/"));
    }
    std::string log(const std::string& execution) const {
        return reply("GET", "/latchkey/v1" + action(execution) + "/log/text").text;
    }

private:
    const running_server& server_;
    std::string token_;
};

int logs_here(const session& s) {
    int found = 0;
    std::error_code gone;
    namespace fs = std::filesystem;
    for (fs::recursive_directory_iterator at(s.data() / "latchkey" / "server" / "runs", gone), end;
         !gone && at != end; at.increment(gone))
        if (at->path().extension() == ".log") ++found;
    return found;
}

void wait_until_moved(const session& s) {
    while (logs_here(s) > 0) std::this_thread::yield();
}

std::string numbers(int to) {
    std::string text;
    for (int i = 1; i <= to; ++i) text += std::to_string(i) + "\n";
    return text;
}

}  // namespace

TEST_SUITE("cli.server_objects") {
    TEST_CASE("logs go to the bucket when a run has ended, and everybody reads them as before") {
        const session s;
        std::string execution;
        {
            running_server server(s, words_for("flow", first_owner));
            server.wait_until_up();
            const object_team t(server, s);
            t.ask("POST", "/workspaces/acme/projects", {{"display_name", "Web"}});
            execution = t.start(t.pipeline("count", "seq 1 1000"));
            CHECK_EQ(t.when_ended(execution)["status"], "SUCCESSFUL");
            wait_until_moved(s);
            const auto there = latchkey::test::s3_bucket("flow")->list("logs/", "", 10).value();
            REQUIRE_EQ(there.size(), 1);
            CHECK_EQ(there[0].key, "logs/1/1/0.log");
            CHECK_EQ(there[0].size, numbers(1000).size());

            const std::string at = "/latchkey/v1" + t.action(execution);
            CHECK_EQ(t.log(execution), numbers(1000));
            const auto bytes = t.reply("GET", at + "/log/bytes?from=2&count=4");
            CHECK_EQ(bytes.text, "2\n3\n");
            CHECK_EQ(bytes.headers.at("x-log-size"), std::to_string(numbers(1000).size()));
            const json lines = t.ask("GET", at + "/log/lines?from=999&count=10");
            CHECK_EQ(lines["lines"], json::array({"999", "1000"}));
            CHECK_EQ(lines["total"], 1000);
            CHECK_EQ(lines["over"], true);
            CHECK_EQ(t.ask("GET", at + "/log/search?q=777")["lines"][0]["line"], 777);
            CHECK_EQ(t.ask("GET", t.action(execution) + "/logs?offset=10&limit=2")["logs"],
                     json::array({"11", "12"}));
            const auto stream = t.reply("GET", at + "/log");
            CHECK(has(stream.text, "\\n1000\\n"));
            CHECK(has(t.reply("GET", "/metrics").text, "latchkey_logs_moved_total 1"));
            CHECK_FALSE(has(server.output(), "a/secret+of=tests"));
        }
        CHECK(s.files_with("a/secret+of=tests").empty());
        {
            // Told of no bucket, it says where the log is.
            running_server server(s, {"--backend", "host"});
            server.wait_until_up();
            const object_team t(server, s);
            const auto said = t.reply("GET", "/latchkey/v1" + t.action(execution) + "/log/text");
            CHECK_GE(said.status, 500);
            CHECK_FALSE(has(said.text, "1000\n"));
        }
        running_server server(s, words_for("flow"));
        server.wait_until_up();
        const object_team t(server, s);
        CHECK_EQ(t.log(execution), numbers(1000));
    }

    TEST_CASE("what is older than is to be kept is removed there, too") {
        const session s;
        {
            running_server server(s, words_for("retention", first_owner));
            server.wait_until_up();
            const object_team t(server, s);
            t.ask("POST", "/workspaces/acme/projects", {{"display_name", "Web"}});
            const std::string pipeline = t.pipeline("count", "seq 1 10");
            for (int i = 0; i < 3; ++i) t.when_ended(t.start(pipeline));
            wait_until_moved(s);
        }
        const auto bucket = latchkey::test::s3_bucket("retention");
        REQUIRE_EQ(bucket->list("", "", 10).value().size(), 3);
        running_server server(s, words_for("retention", {"--keep-logs", "1"}));
        server.wait_until_up();
        REQUIRE(server.wait_for("removed old logs"));
        const auto left = bucket->list("", "", 10).value();
        REQUIRE_EQ(left.size(), 1);
        CHECK_EQ(left[0].key, "logs/3/1/0.log");
    }

    TEST_CASE("killed at any moment: each log is whole, here or there, and in the end all are there") {
        const char* const asked = std::getenv("LATCHKEY_CRASH_ROUNDS");
        const int rounds = asked == nullptr ? 6 : std::atoi(asked);
        const session s;
        std::vector<std::string> executions;
        std::string pipeline;
        std::mt19937 random(7);
        int killed_with_logs_here = 0;
        for (int round = 0; round < rounds; ++round) {
            running_server server(s, words_for("crash", round == 0 ? first_owner : std::vector<std::string>{}));
            server.wait_until_up();
            const object_team t(server, s);
            if (round == 0) {
                t.ask("POST", "/workspaces/acme/projects", {{"display_name", "Web"}});
                pipeline = t.pipeline("count", "seq 1 20000");
            }
            for (int i = 0; i < 4; ++i) executions.push_back(t.start(pipeline));
            // Somewhere between the first action and some time after the last log has moved.
            for (auto looks = random() % 60; looks > 0; --looks) t.status(executions.back());
            server.signal(SIGKILL);
            server.wait();
            if (logs_here(s) > 0) ++killed_with_logs_here;
        }
        running_server server(s, words_for("crash"));
        server.wait_until_up();
        const object_team t(server, s);
        const std::string whole = numbers(20000);
        int successful = 0;
        for (const std::string& e : executions) t.when_ended(e);
        wait_until_moved(s);
        for (const std::string& e : executions) {
            CAPTURE(e);
            const std::string log = t.log(e);
            const std::string status = t.status(e);
            if (status == "SUCCESSFUL") {
                ++successful;
                CHECK(log == whole);
            } else {
                CHECK_EQ(status, "FAILED");
                CHECK(whole.starts_with(log));
            }
        }
        CHECK_GT(successful, 0);
        MESSAGE(rounds, " kills, ", killed_with_logs_here, " with logs that had not moved, ", successful, " of ",
                executions.size(), " runs successful");
    }
}
