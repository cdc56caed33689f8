// SPDX-License-Identifier: Apache-2.0
//
// An execution that is a process of this machine, in an enclosure that keeps it apart: a namespace, the watch for
// what it leaves running, a sandbox. Used by the backends that start processes. One loop; see backend.hpp for the
// contract.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/launch.hpp"
#include "runner/exec/secret_files.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace latchkey::exec {

class enclosure {
public:
    // Kills what the action left in it. The action's process is gone before.
    virtual ~enclosure() = default;
    virtual void terminate(launched& process) { process.terminate(); }
    virtual void kill(launched& process) { process.kill(); }
    // After the process has ended: returns once nothing that it started is left. What it returns is how the action
    // ended, from a wait status as of waitpid.
    virtual async::task<result<exit_status>> end(boost::asio::any_io_executor, int status) = 0;
};

// What a wait status says.
exit_status exit_status_of(int wait_status);

// Connects the request's output, launches, and hands over. The launch request lacks nothing else. engine: why it
// could not be started.
result<std::unique_ptr<execution>> start_process(const boost::asio::any_io_executor&, launch_request&, secret_files,
                                                 std::unique_ptr<enclosure>);

}  // namespace latchkey::exec
