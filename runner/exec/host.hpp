// SPDX-License-Identifier: Apache-2.0
//
// The host backend: an action is a process of this machine, in its own session and, where we may make one, its own
// process namespace with its own /proc. It runs as we do: this separates actions, it does not confine them (the
// sandbox does). Its environment is exactly the request's. One loop; see backend.hpp for the contract.
//
// The script is given to the shell with -c, under -e unless every command is to be executed, so `if`, `&&`, pipelines
// and here-documents that span items mean what they mean in a script; with execute_every_command the last command's
// exit code is the script's. A script too long for an argument goes through a sealed file in memory. Standard input
// is /dev/null.
#pragma once

#include "runner/exec/backend.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace latchkey::exec {

struct host_options {
    bool pid_namespace = true;  // false: as on a machine that refuses them
};

std::unique_ptr<backend> make_host_backend(boost::asio::any_io_executor, host_options = {});

// The program of a shell, or empty where it is not installed.
std::string program_of(shell);

}  // namespace latchkey::exec
