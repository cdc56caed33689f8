// SPDX-License-Identifier: Apache-2.0
//
// The backend that chooses for each action: one that names an image runs in a container, any other in a sandbox where
// this machine allows one, else as a process of this machine, which its log says. A person may choose for all. A
// program of ours is never shut in. What is needed is looked for when it is first asked for. One loop.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/sandbox_view.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace latchkey::exec {

struct choice_options {
    std::string wanted;  // "host", "sandbox", "container"; empty: as the action says
    std::string executor_mark;
    sandbox_options sandbox;
};

std::unique_ptr<backend> make_choosing_backend(boost::asio::any_io_executor, choice_options);

}  // namespace latchkey::exec
