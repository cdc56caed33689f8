// SPDX-License-Identifier: Apache-2.0
//
// A server that executes nothing itself, and agents of it, as real processes of one session; and a project with a
// repository on this machine. One thread.
#pragma once

#include "tests/runner/cli/running_server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

class agent_world {
public:
    // `more`: words for the server.
    explicit agent_world(std::vector<std::string> more = {});

    session home;
    std::unique_ptr<running_server> server;

    // The server, started again on the same data and address.
    void start_again();
    // An agent of its own folder, which waits until it works.
    std::unique_ptr<running_server> agent(const std::string& name, std::vector<std::string> more = {},
                                          const nlohmann::json& registration = nlohmann::json::object());
    // The same one, started again in its folder.
    std::unique_ptr<running_server> agent_again(const std::string& name, std::vector<std::string> more = {});

    nlohmann::json ask(const std::string& method, const std::string& target, const nlohmann::json& body = nullptr,
                       int status = 0) const;
    // Makes a pipeline of these lines below `actions:`; `top` stands before them. Its address.
    std::string pipeline(const std::string& name, const std::string& actions, const std::string& top = "") const;
    std::string start(const std::string& pipeline) const;
    // Once its status is one of these, and once it has ended.
    nlohmann::json when(const std::string& execution, const std::vector<std::string>& statuses) const;
    nlohmann::json ended(const std::string& execution) const;
    // Until an action's log holds this.
    void wait_for_output(const std::string& execution, std::size_t action, const std::string& text) const;
    std::string log(const nlohmann::json& execution, std::size_t action) const;
    // The agents as the server sees them.
    nlohmann::json agents() const;

    std::string token;

private:
    std::vector<std::string> words_;
};

}  // namespace latchkey::test
