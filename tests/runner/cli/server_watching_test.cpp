// SPDX-License-Identifier: Apache-2.0
//
// What a running server tells of itself: metrics and its log, and what neither ever holds.
#include "tests/runner/cli/running_server.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/metrics_text.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using latchkey::test::api_reply;
using latchkey::test::ask_server;
using latchkey::test::read_file;
using latchkey::test::read_metrics;
using latchkey::test::running_server;
using latchkey::test::session;
using nlohmann::json;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::vector<std::string> with_owner(std::vector<std::string> words) {
    words.insert(words.end(),
                 {"--init-owner", "ana@acme.test", "--init-workspace", "acme", "--token-file", "owner.token"});
    return words;
}

std::string owner_token(const session& s) {
    std::string token = read_file(s.project() / "owner.token");
    REQUIRE_GT(token.size(), 20);
    token.pop_back();
    return token;
}

json a_secret_integration() {
    return {
        {"name", "Planted Releases"}, {"type", "GIT_HUB"}, {"scope", "WORKSPACE"}, {"token", "ghp_planted0secret"}};
}

}  // namespace

TEST_SUITE("cli.server watching") {
    TEST_CASE("metrics: what was asked and how it went, and no name that a user chose") {
        const session s;
        running_server server(s, with_owner({}));
        server.wait_until_up();
        const std::string token = owner_token(s);
        CHECK_EQ(server.ask("GET", "/workspaces/acme", token).status, 200);
        CHECK_EQ(server.ask("GET", "/api/workspaces/acme", token).status, 200);
        const api_reply made = server.ask("POST", "/workspaces/acme/integrations", token, a_secret_integration());
        REQUIRE_EQ(made.status, 201);
        CHECK_EQ(server.ask("GET", "/workspaces/acme/integrations/" + made.body["hash_id"].get<std::string>(), token)
                     .status,
                 200);
        CHECK_EQ(server.ask("GET", "/workspaces/acme", "lk_wrong").status, 401);
        CHECK_EQ(server.ask("GET", "/planted/nothing").status, 404);
        CHECK_EQ(ask_server(server.port(), "PLANTED", "/", "").status, 404);
        CHECK_EQ(ask_server(server.port(), "GET", "/%", "").status, 400);

        const api_reply shown = server.ask("GET", "/metrics");
        REQUIRE_EQ(shown.status, 200);
        CHECK_EQ(shown.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        const auto metrics = read_metrics(shown.text);
        const auto at = [&](const std::string& name) {
            CAPTURE(name);
            CAPTURE(shown.text);
            REQUIRE(metrics.contains(name));
            return metrics.at(name);
        };
        const std::string requests = "latchkey_http_requests_total";
        CHECK_EQ(at(requests + R"({method="GET",route="/workspaces/:workspace",status="2xx"})"), 2);
        CHECK_EQ(at(requests + R"({method="GET",route="/workspaces/:workspace",status="4xx"})"), 1);
        CHECK_EQ(at(requests + R"({method="POST",route="/workspaces/:workspace/integrations",status="2xx"})"), 1);
        CHECK_EQ(at(requests + R"x({method="GET",route="(none)",status="4xx"})x"), 1);
        CHECK_EQ(at(requests + R"x({method="other",route="(none)",status="4xx"})x"), 1);
        CHECK_EQ(at(R"(latchkey_http_request_seconds_count{method="GET",route="/workspaces/:workspace"})"), 3);
        CHECK_EQ(at(R"(latchkey_http_refused_total{status="400"})"), 1);
        CHECK_EQ(at("latchkey_http_unauthorized_total"), 1);
        CHECK_EQ(at("latchkey_http_rate_limited_total"), 0);
        CHECK_GE(at("latchkey_http_connections"), 1);
        CHECK_GT(at(R"(latchkey_store_seconds_count{kind="read"})"), 3);
        CHECK_GT(at(R"(latchkey_store_seconds_count{kind="write"})"), 1);
        CHECK_GT(at("process_resident_memory_bytes"), 1e6);
        CHECK_GT(at("process_open_fds"), 5);
        for (const char* hidden : {"lanted", "acme", "ana@", "owner"}) CHECK_FALSE(has(shown.text, hidden));
        CHECK_FALSE(has(shown.text, made.body["hash_id"]));
    }

    TEST_CASE("who may read metrics: this machine, not through a proxy of it, else a token, or nobody") {
        const session s;
        {
            running_server server(s, with_owner({}));
            server.wait_until_up();
            const std::string token = owner_token(s);
            const auto through_proxy = [&](const std::string& with) {
                return ask_server(server.port(), "GET", "/metrics", with, "", {{"X-Forwarded-For", "192.0.2.7"}})
                    .status;
            };
            CHECK_EQ(server.ask("GET", "/metrics").status, 200);
            CHECK_EQ(through_proxy(""), 403);
            CHECK_EQ(through_proxy(token), 200);
            const api_reply weak =
                server.ask("POST", "/user/tokens", token, {{"name", "weak"}, {"scopes", {"WORKSPACE"}}});
            REQUIRE_EQ(weak.status, 201);
            CHECK_EQ(through_proxy(weak.body["token"]), 403);
            server.signal(SIGTERM);
            CHECK_EQ(server.wait(), 0);
        }
        const std::string token = owner_token(s);
        running_server strict(s, {"--metrics", "token"});
        strict.wait_until_up();
        CHECK_EQ(strict.ask("GET", "/metrics").status, 403);
        CHECK_EQ(strict.ask("GET", "/metrics", token).status, 200);
        strict.signal(SIGTERM);
        CHECK_EQ(strict.wait(), 0);
        running_server off(s, {"--metrics", "off"});
        off.wait_until_up();
        CHECK_EQ(off.ask("GET", "/metrics", token).status, 404);
    }

    TEST_CASE("the log: a line a request, with its id, and never a token, a query or a secret") {
        const session s;
        running_server server(s, with_owner({"--log-level", "debug", "--log-format", "json"}));
        server.wait_until_up();
        const std::string token = owner_token(s);
        const api_reply asked = server.ask("GET", "/workspaces/acme?access_token=" + token + "&planted=query");
        CHECK_EQ(asked.status, 200);
        CHECK_EQ(server.ask("GET", "/planted-path/" + token).status, 404);
        CHECK_EQ(server.ask("GET", "/user?access_token=lk_planted_wrong").status, 401);
        CHECK_EQ(server.ask("POST", "/workspaces/acme/integrations", token, a_secret_integration()).status, 201);
        CHECK_EQ(ask_server(server.port(), "POST", "/latchkey/v1/setup", "", "{\"code\":\"planted-code").status, 400);
        server.signal(SIGTERM);
        CHECK_EQ(server.wait(), 0);

        const std::string all = server.output();
        for (const std::string& hidden : {token, std::string("lanted"), std::string("access_token")}) {
            CAPTURE(hidden);
            CHECK_FALSE(has(all, hidden));
        }
        std::vector<json> lines;
        std::istringstream text(all);
        for (std::string line; std::getline(text, line);)
            if (line.starts_with('{')) lines.push_back(json::parse(line));
        const auto request = std::ranges::find_if(
            lines, [&](const json& l) { return l.value("id", "") == asked.headers.at("x-request-id"); });
        REQUIRE(request != lines.end());
        CHECK_EQ((*request)["msg"], "request");
        CHECK_EQ((*request)["level"], "debug");
        CHECK_EQ((*request)["route"], "/workspaces/:workspace");
        CHECK_EQ((*request)["status"], 200);
        CHECK_EQ((*request)["peer"], "127.0.0.1");
        CHECK((*request)["user"].is_number());
        CHECK((*request)["time"].get<std::string>().starts_with("20"));
        CHECK_EQ(std::ranges::count_if(lines, [](const json& l) { return l["msg"] == "request"; }), 5);
        CHECK_EQ(lines.front()["msg"], "serving");
    }

    TEST_CASE("the log as it is without asking: what changed something or went wrong") {
        const session s;
        running_server server(s, with_owner({}));
        server.wait_until_up();
        const std::string token = owner_token(s);
        CHECK_EQ(server.ask("GET", "/workspaces/acme", token).status, 200);
        CHECK_EQ(server.ask("PATCH", "/workspaces/acme", token, {{"name", "New"}}).status, 200);
        CHECK_EQ(server.ask("GET", "/workspaces/other", token).status, 404);
        server.signal(SIGTERM);
        CHECK_EQ(server.wait(), 0);
        CHECK(has(server.output(), "level=info msg=request id="));
        CHECK(has(server.output(), "method=PATCH route=/workspaces/:workspace status=200 ms="));
        CHECK(has(server.output(), "method=GET route=/workspaces/:workspace status=404 ms="));
        CHECK_FALSE(has(server.output(), "status=200 ms=0 method=GET"));
        CHECK_FALSE(has(server.output(), "method=GET route=/workspaces/:workspace status=200"));
    }

    TEST_CASE("a service manager is told when it serves and when it ends") {
        session s;
        const std::string path = (s.project() / "notify").string();
        const int from = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        REQUIRE_LT(path.size(), sizeof name.sun_path);
        path.copy(name.sun_path, path.size());
        REQUIRE_EQ(::bind(from, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
        s.set("NOTIFY_SOCKET", path);
        const auto told = [from] {
            char text[64];
            const ssize_t n = ::recv(from, text, sizeof text, 0);
            return std::string(text, n > 0 ? static_cast<std::size_t>(n) : 0);
        };
        running_server server(s);
        CHECK_EQ(told(), "READY=1");
        server.wait_until_up();
        CHECK_EQ(server.ask("GET", "/latchkey/v1/ready").status, 200);
        server.signal(SIGTERM);
        CHECK_EQ(told(), "STOPPING=1");
        CHECK_EQ(server.wait(), 0);
        ::close(from);
    }

    TEST_CASE("the systemd units are such") {
        const session s;
        if (!std::filesystem::exists("/usr/bin/systemd-analyze")) {
            MESSAGE("skipped: systemd-analyze is not installed");
            return;
        }
        for (const auto& [name, words] :
             {std::pair("latchkey.service", " server --data /var/lib/latchkey"),
              std::pair("latchkey-agent.service", " agent --config /etc/latchkey/agent.toml")}) {
            CAPTURE(name);
            std::string unit = read_file(std::string(LATCHKEY_SOURCE_DIR "/examples/systemd/") + name);
            const std::string installed = "/usr/bin/latchkey";
            const std::size_t at = unit.find("ExecStart=" + installed + words);
            REQUIRE_NE(at, std::string::npos);
            unit.replace(at + 10, installed.size(), LATCHKEY_PROGRAM);
            s.write(name, unit);
            const latchkey::test::said verified =
                s.program({"/usr/bin/systemd-analyze", "verify", "--man=no", (s.project() / name).string()});
            CHECK_EQ(verified.out, "");
            CHECK_EQ(verified.code, 0);
        }
    }
}
