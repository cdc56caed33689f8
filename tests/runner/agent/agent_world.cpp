// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/agent/agent_world.hpp"

#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

namespace latchkey::test {

using nlohmann::json;

agent_world::agent_world(std::vector<std::string> more)
    : words_({"--backend", "host", "--grace", "1s", "--local-repos", "yes"}) {
    const auto has = [&](const char* word) { return std::ranges::find(more, word) != more.end(); };
    if (!has("--agents")) words_.insert(words_.end(), {"--agents", "only"});
    words_.insert(words_.end(), more.begin(), more.end());
    std::vector<std::string> first = words_;
    first.insert(first.end(),
                 {"--init-owner", "ana@acme.test", "--init-workspace", "acme", "--token-file", "owner.token"});
    server = std::make_unique<running_server>(home, first);
    server->wait_until_up();
    token = read_file(home.project() / "owner.token");
    token.pop_back();
    words_.insert(words_.end(), {"--listen", "127.0.0.1:" + std::to_string(server->port())});
    ask("POST", "/workspaces/acme/projects", {{"display_name", "Web"}}, 201);
}

void agent_world::start_again() {
    server = std::make_unique<running_server>(home, words_);
    server->wait_until_up();
}

std::unique_ptr<running_server> agent_world::agent(const std::string& name, std::vector<std::string> more,
                                                   const json& registration) {
    const json made = ask("POST", "/latchkey/v1/agents/registrations", registration, 201);
    home.write(name + ".token", made["token"].get<std::string>() + "\n");
    more.insert(more.end(), {"--server", server->url(), "--token-file", name + ".token", "--name", name});
    return agent_again(name, std::move(more));
}

std::unique_ptr<running_server> agent_world::agent_again(const std::string& name, std::vector<std::string> more) {
    std::vector<std::string> words = {"--data", (home.data() / ("agent-" + name)).string(), "--backend", "host"};
    words.insert(words.end(), more.begin(), more.end());
    auto one = std::make_unique<running_server>(home, "agent", words);
    REQUIRE_MESSAGE(one->wait_for(" works for "), one->output());
    return one;
}

json agent_world::ask(const std::string& method, const std::string& target, const json& body, int status) const {
    const auto reply = server->ask(method, target, token, body);
    REQUIRE_MESSAGE((status == 0 ? reply.status < 300 : reply.status == status), reply.text);
    return reply.body;
}

std::string agent_world::pipeline(const std::string& name, const std::string& actions, const std::string& top) const {
    const json made = ask("POST", "/workspaces/acme/projects/web/pipelines",
                          {{"name", name}, {"yaml", "- pipeline: " + name + "\n" + top + "  actions:\n" + actions}});
    return "/workspaces/acme/projects/web/pipelines/" + made["id"].dump();
}

std::string agent_world::start(const std::string& pipeline) const {
    return pipeline + "/executions/" + ask("POST", pipeline + "/executions", json::object())["id"].dump();
}

json agent_world::when(const std::string& execution, const std::vector<std::string>& statuses) const {
    for (;;) {
        json now = ask("GET", execution);
        if (std::ranges::find(statuses, now["status"].get<std::string>()) != statuses.end()) return now;
        std::this_thread::yield();
    }
}

json agent_world::ended(const std::string& execution) const {
    return when(execution, {"SUCCESSFUL", "FAILED", "TERMINATED", "SKIPPED"});
}

std::string agent_world::log(const json& execution, std::size_t action) const {
    const std::string url = execution["action_executions"].at(action)["url"];
    const auto reply = server->ask("GET", "/latchkey/v1" + url.substr(url.find("/workspaces/")) + "/log/text", token);
    return reply.status == 200 ? reply.text : "";
}

void agent_world::wait_for_output(const std::string& execution, std::size_t action, const std::string& text) const {
    for (;;) {
        const json now = ask("GET", execution);
        if (log(now, action).find(text) != std::string::npos) return;
        const std::string status = now["status"];
        REQUIRE_MESSAGE((status == "INPROGRESS" || status == "ENQUEUED" || status == "INITIAL"), now.dump());
        std::this_thread::yield();
    }
}

json agent_world::agents() const {
    return ask("GET", "/latchkey/v1/agents")["agents"];
}

}  // namespace latchkey::test
