// SPDX-License-Identifier: Apache-2.0
//
// The host backend: an action is a process of this machine, in its own session and, where we are root and may, its
// own process namespace with its own /proc; one that an action leaves as it found it (nothing runs, no mount changed)
// serves the next, any other ends with all that is in it. An ordinary user could have one
// only inside a user namespace, where sudo and other users' files don't work; there, and where the kernel refuses,
// what an action leaves running is found and killed (orphans.hpp), and its environment carries one mark more. It runs
// as we do, less the right to look into our memory: this separates actions, it does not confine them. Its
// environment is otherwise exactly the request's. One loop; see backend.hpp for the contract.
// Standard input is /dev/null.
#pragma once

#include "runner/exec/backend.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace latchkey::exec {

struct host_options {
    bool pid_namespace = true;  // false: as on a machine that refuses them
};

std::unique_ptr<backend> make_host_backend(boost::asio::any_io_executor, host_options = {});

}  // namespace latchkey::exec
