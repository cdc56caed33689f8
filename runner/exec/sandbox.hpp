// SPDX-License-Identifier: Apache-2.0
//
// The sandbox backend: an action is a process of this machine, shut in by bubblewrap: own process, mount, IPC, host
// name and user namespaces, no capabilities, a system call filter, the view of the machine of sandbox_view.hpp, the
// network on or off, and limits by control groups. Needs no container engine and no root. What it starts ends with
// it. A signal is told as the exit code 128 + n. One loop; see backend.hpp for the contract.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/sandbox_view.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace latchkey::exec {

// engine: bubblewrap is not installed, or the view can't be made. Whether this kernel lets it work, trying tells.
result<std::unique_ptr<backend>> make_sandbox_backend(boost::asio::any_io_executor, const sandbox_options& = {});

// Executes nothing in it. engine: why it does not work here.
async::task<result<void>> try_sandbox(backend&);

// The same on a loop of its own, for doctor: blocks.
result<void> try_sandbox_now(const sandbox_options& = {});

}  // namespace latchkey::exec
