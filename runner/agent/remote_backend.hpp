// SPDX-License-Identifier: Apache-2.0
//
// The backend that has an agent execute a run's actions: all of one attempt at one agent, whose workspace they share.
// See runner/exec/backend.hpp for the contract. An agent that is lost fails what it ran, with the reason; nothing of
// it is started again by itself. Owner: whoever executes the attempt; on its loop.
#pragma once

#include "runner/agent/exchange.hpp"
#include "runner/exec/backend.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace latchkey::agent {

struct remote_options {
    store::agent_work work;                 // the attempt, and which agents can do it
    nlohmann::json order;                   // what the agent needs to prepare the workspace (work_order.hpp)
    std::function<void(std::string)> tell;  // that it waits, for people; may be absent
};

std::unique_ptr<exec::backend> make_remote_backend(boost::asio::any_io_executor, exchange&, remote_options);

}  // namespace latchkey::agent
