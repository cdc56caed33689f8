// SPDX-License-Identifier: Apache-2.0
//
// Which engine answers on this machine, and a loop for a caller that has none.
#pragma once

#include "runner/engine/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace latchkey::engine {

// The engine that answers first, of those that may be there, with its socket; engine: none does, with the sockets
// tried.
async::task<result<std::pair<std::string, engine_facts>>> find_engine(boost::asio::any_io_executor);

// Blocks until `work` has ended on a loop of its own.
template <class T>
result<T> run_now(const std::function<async::task<result<T>>(boost::asio::any_io_executor)>& work) {
    boost::asio::io_context loop(1);
    std::optional<result<T>> done;
    constexpr auto keep = [](async::task<result<T>> w, std::optional<result<T>>& into) -> async::task<> {
        into = co_await std::move(w);
    };
    boost::asio::co_spawn(loop, keep(work(loop.get_executor()), done), [](const std::exception_ptr& e) {
        if (e) std::rethrow_exception(e);
    });
    loop.run();
    return std::move(*done);
}

}  // namespace latchkey::engine
