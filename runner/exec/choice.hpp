// SPDX-License-Identifier: Apache-2.0
//
// The backend that chooses for each action: one that names an image runs in a container, any other on this machine. A
// person may choose for all. The engine is looked for when first a container is asked for. One loop.
#pragma once

#include "runner/exec/backend.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace latchkey::exec {

struct choice_options {
    std::string wanted;  // "host", "container"; empty: as the action says
    std::string executor_mark;
};

std::unique_ptr<backend> make_choosing_backend(boost::asio::any_io_executor, choice_options);

}  // namespace latchkey::exec
