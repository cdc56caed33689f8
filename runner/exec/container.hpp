// SPDX-License-Identifier: Apache-2.0
//
// The container backend: an action runs in a container of the image that it names, on an engine (Docker or Podman)
// behind a unix socket. The workspace and what else the request says are mounted; the image's entry point is not
// used, the script is run by the image's shell. Secrets and the script reach it through files in memory
// (handover.hpp), so neither the container's settings nor the engine's disk have them; the engine keeps no output.
//
// Every container and network carries the executor's mark as a label: remove_left_by() removes what a dead executor
// left running. Exit codes above 128 are as the image's shell reports them: in a container 137 may be a signal.
// One loop; see backend.hpp for the contract.
#pragma once

#include "runner/engine/client.hpp"
#include "runner/exec/backend.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace latchkey::exec {

struct container_options {
    std::string socket;
    std::string executor_mark;
    bool waits_late = false;  // engine_facts::waits_late
};

std::unique_ptr<backend> make_container_backend(boost::asio::any_io_executor, container_options);

// engine::find_engine() for a caller without a loop: blocks.
result<std::pair<std::string, engine::engine_facts>> find_engine_now();
// What remove_left_by() does, on the engine that answers, if any. Blocks.
result<void> remove_left_by_now(const std::string& executor_mark);

// Removes the containers and networks of executors that are dead.
async::task<result<void>> remove_left_by(engine::client&, std::string executor_mark);

}  // namespace latchkey::exec
