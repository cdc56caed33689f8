// SPDX-License-Identifier: Apache-2.0
//
// The one coroutine type and completion token of the product. A coroutine family stays on one strand or on the
// loop's single thread; it reacts to terminal cancellation only. Nothing is detached: see task_group.hpp.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace latchkey::async {

template <class T = void>
using task = boost::asio::awaitable<T>;

// Errors come back as values: `auto [ec, n] = co_await stream.async_read_some(buffer, nothrow);`
inline constexpr auto nothrow = boost::asio::as_tuple(boost::asio::use_awaitable);

// Whether the coroutine has been asked to end. From the first call on, a cancellation between two operations throws
// nothing in it: whoever has something to undo asks before each operation, as one that begins too late is not ended.
inline task<bool> cancelled() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    co_return state.cancelled() != boost::asio::cancellation_type::none;
}

// From here on the coroutine is not cancelled: for what has to be undone.
inline task<> shielded() {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
}

}  // namespace latchkey::async
