// SPDX-License-Identifier: Apache-2.0
//
// Runs a blocking function on a pool and resumes the awaiting coroutine on its own executor: how a loop uses stores,
// files and key derivation without ever standing still. The function owns or outlives what it touches.
#pragma once

#include "runner/async/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>

#include <type_traits>
#include <utility>

namespace latchkey::async {

template <class Function, class Value = std::invoke_result_t<Function>>
task<Value> offload(boost::asio::thread_pool& pool, Function function) {
    // The lambda's frame would be gone once it suspends: what it needs goes in as a parameter.
    constexpr auto call = [](Function f) -> task<Value> { co_return f(); };
    co_return co_await boost::asio::co_spawn(pool, call(std::move(function)), boost::asio::use_awaitable);
}

}  // namespace latchkey::async
