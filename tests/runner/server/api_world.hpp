// SPDX-License-Identifier: Apache-2.0
//
// A server's API on a free port of 127.0.0.1 with a database of its own and the small team of team_world in it, and a
// client that speaks real HTTP with it. The test's thread asks, the server lives on a thread of its own.
#pragma once

#include "runner/identity/token_issuer.hpp"
#include "runner/server/call.hpp"
#include "runner/server/run_executor.hpp"
#include "tests/runner/store/team_world.hpp"
#include "tests/support/api_client.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

class api_world {
public:
    // `adjust` sees the server's settings before it serves; `empty`: there is no team yet, nor an owner.
    explicit api_world(int calls_an_hour = 1'000'000, const std::function<void(server::state&)>& adjust = {},
                       bool empty = false);
    // That also executes runs, each action as a process of this machine.
    struct executing {
        int slots = 4;
        std::function<void(server::state&)> adjust = nullptr;
        std::chrono::milliseconds look = std::chrono::seconds(10);  // how long who looks waits for a first clone
    };
    explicit api_world(executing);
    ~api_world();
    api_world(const api_world&) = delete;
    api_world& operator=(const api_world&) = delete;

    team_world team;
    store::stores& stores();
    std::uint16_t port() const;
    identity::token_issuer& run_tokens();
    const vault::vault& vault() const;
    std::filesystem::path folder() const;
    server::run_executor& executor();

    // A token of that user with these scopes; all of them where none is named.
    std::string token(policy::user_id, std::vector<std::string> scopes = {});
    api_reply ask(const std::string& method, const std::string& target, const std::string& token,
                  const nlohmann::json& body = nullptr, const std::map<std::string, std::string>& headers = {}) const;
    api_reply ask_text(const std::string& method, const std::string& target, const std::string& token,
                       const std::string& body, const std::map<std::string, std::string>& headers = {}) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::test
