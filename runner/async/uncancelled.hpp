// SPDX-License-Identifier: Apache-2.0
//
// Does something to its end whatever happens to who waits for it: for what makes a thing elsewhere that we must get
// hold of, as a request that was cut off may have been obeyed. A cancellation is not lost: the next operation of who
// waits sees it. The caller's executor.
#pragma once

#include "runner/async/task.hpp"

#include <boost/asio/co_spawn.hpp>

#include <utility>

namespace latchkey::async {

template <class Value>
task<Value> uncancelled(task<Value> work) {
    constexpr auto run = [](task<Value> w) -> task<Value> {
        co_await shielded();
        co_return co_await std::move(w);
    };
    const auto executor = co_await boost::asio::this_coro::executor;
    (void)co_await cancelled();
    co_return co_await boost::asio::co_spawn(executor, run(std::move(work)), boost::asio::use_awaitable);
}

}  // namespace latchkey::async
