// SPDX-License-Identifier: Apache-2.0
//
// The one coroutine type and completion token of the product. A coroutine family stays on one strand or on the
// loop's single thread; it reacts to terminal cancellation only. Nothing is detached: see task_group.hpp.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace latchkey::async {

template <class T = void>
using task = boost::asio::awaitable<T>;

// Errors come back as values: `auto [ec, n] = co_await stream.async_read_some(buffer, nothrow);`
inline constexpr auto nothrow = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace latchkey::async
