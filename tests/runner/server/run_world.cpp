// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/server/run_world.hpp"

#include <doctest/doctest.h>

#include <thread>

namespace latchkey::test {

using nlohmann::json;

run_world::run_world(int slots) : api_world(executing{slots}) {
    admin = token(team.admin);
    developer = token(team.developer);
    viewer = token(team.viewer);
}

std::string run_world::pipeline(const std::string& name, const std::string& actions, const json& more) {
    json body = more;
    body["name"] = name;
    body["yaml"] = "- pipeline: " + name + "\n  actions:\n" + actions;
    const auto made = ask("POST", "/workspaces/acme/projects/web/pipelines", admin, body);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return "/workspaces/acme/projects/web/pipelines/" + std::to_string(made.body["id"].get<int>());
}

std::string run_world::start(const std::string& pipeline, const std::string& token, const json& body) {
    const auto made = ask("POST", pipeline + "/executions", token, body);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return pipeline + "/executions/" + std::to_string(made.body["id"].get<int>());
}

std::string run_world::events(const std::string& execution, const std::string& token, const std::string& after) {
    const auto reply = ask("GET", own(execution) + "/events" + (after.empty() ? "" : "?after=" + after), token);
    REQUIRE_EQ(reply.status, 200);
    REQUIRE_EQ(reply.headers.at("content-type"), "text/event-stream; charset=utf-8");
    return reply.text;
}

json run_world::ended(const std::string& execution, const std::string& token) {
    events(execution, token);
    return ask("GET", execution, token).body;
}

json run_world::when(const std::string& execution, const std::string& token, const std::string& status) {
    for (;;) {
        auto now = ask("GET", execution, token).body;
        if (now["status"] == status) return now;
        for (const char* end : {"SUCCESSFUL", "FAILED", "TERMINATED", "SKIPPED"})
            REQUIRE_MESSAGE(now["status"] != end, now.dump(2));
        std::this_thread::yield();
    }
}

std::string own(const std::string& address) {
    return "/latchkey/v1" + address;
}

}  // namespace latchkey::test
