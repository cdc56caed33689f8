// SPDX-License-Identifier: Apache-2.0
//
// A server's agent protocol over HTTP with a clock that the test moves, agents that sign as real ones do, and the
// side of a run played by the test. One thread, but for what it starts itself.
#pragma once

#include "runner/agent/exchange.hpp"
#include "tests/runner/server/api_world.hpp"

#include <boost/asio/io_context.hpp>

#include <atomic>

namespace latchkey::test {

// How a call differs from a good one.
struct agent_call {
    std::string lease = {};
    std::string nonce = {};  // empty: a new one
    std::int64_t late = 0;   // seconds
    std::string as = {};     // another agent's number
    std::string sign = {};   // another body than is sent
};

class protocol_world {
    boost::asio::io_context loop_;  // of no run: nothing is woken; outlives what is to be woken

public:
    protocol_world();

    struct known {
        vault::key_pairs keys = vault::key_pairs::make();
        std::int64_t number = 0;
        store::agent_record record;
    };
    known enroll(const std::string& name, const nlohmann::json& registration = nlohmann::json::object());
    std::string registration(const nlohmann::json& = nlohmann::json::object());

    api_reply ask(const known&, const std::string& method, const std::string& path, const std::string& body,
                  const agent_call& = {}) const;
    api_reply ask(const known& a, const std::string& path, const nlohmann::json& body,
                  const agent_call& h = {}) const {
        return ask(a, "POST", path, body.dump(), h);
    }

    // What it is told now, without waiting.
    nlohmann::json orders(const known&, std::int64_t after = 0, int free = 1);
    // An attempt that waits for an agent.
    std::shared_ptr<agent::assignment> work(const store::agent_wish& = {});
    // The same, at an agent, which is ready for actions. Its lease.
    std::string begin(const known&, agent::assignment&);
    void pass(std::chrono::milliseconds t) {
        ahead_ += t.count();
        exchange->look();
    }
    policy::time_point now() const;

    std::unique_ptr<agent::exchange> exchange;
    std::unique_ptr<api_world> api;

private:
    std::atomic<std::int64_t> ahead_{0};
    std::map<std::int64_t, std::string> sessions_;
    std::int64_t runs_ = 1000;
};

}  // namespace latchkey::test
