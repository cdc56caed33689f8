// SPDX-License-Identifier: Apache-2.0
//
// Runs one coroutine to its end on a loop of its own, with a deadline that only a hang reaches. One thread.
#pragma once

#include "runner/async/task.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>

namespace latchkey::test {

// Throws what the coroutine throws, and std::runtime_error if the deadline passes.
void run_async(const std::function<async::task<>(boost::asio::any_io_executor)>&,
               std::chrono::seconds deadline = std::chrono::seconds(60));

}  // namespace latchkey::test
