// SPDX-License-Identifier: Apache-2.0
#include "tests/support/async_test.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <stdexcept>

namespace latchkey::test {

void run_async(const std::function<async::task<>(boost::asio::any_io_executor)>& body,
               std::chrono::seconds deadline) {
    boost::asio::io_context loop(1);
    bool ended = false;
    std::exception_ptr error;
    boost::asio::co_spawn(loop, body(loop.get_executor()), [&](std::exception_ptr e) {
        ended = true;
        error = e;
    });
    loop.run_for(deadline);
    if (error) std::rethrow_exception(error);
    if (!ended) throw std::runtime_error("the coroutine did not end before the deadline");
}

}  // namespace latchkey::test
