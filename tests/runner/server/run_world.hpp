// SPDX-License-Identifier: Apache-2.0
//
// A server that executes runs, with a pipeline of its own, and how a client waits for what becomes of them: by the
// stream of events, as a live view does. One thread.
#pragma once

#include "tests/runner/server/api_world.hpp"

namespace latchkey::test {

class run_world : public api_world {
public:
    explicit run_world(int slots = 4);

    // Makes a pipeline of these actions (as lines of YAML below `actions:`), by the administrator. Its address.
    std::string pipeline(const std::string& name, const std::string& actions,
                         const nlohmann::json& more = nlohmann::json::object());
    // Starts it and returns the execution's address.
    std::string start(const std::string& pipeline, const std::string& token,
                      const nlohmann::json& body = nlohmann::json::object());
    // Reads the stream of events to its end: the run has ended. All of what was streamed.
    std::string events(const std::string& execution, const std::string& token, const std::string& after = "");
    // As it is once it has ended.
    nlohmann::json ended(const std::string& execution, const std::string& token);
    // Once its status is this one.
    nlohmann::json when(const std::string& execution, const std::string& token, const std::string& status);

    std::string admin, developer, viewer;  // tokens
};

// The address of the product's own routes for one that Buddy has.
std::string own(const std::string& address);

}  // namespace latchkey::test
