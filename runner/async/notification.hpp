// SPDX-License-Identifier: Apache-2.0
//
// Wakes the coroutines that wait for it. A notification before the wait is not lost; several count as one. Where more
// than one may wait, each looks at what it waits for before it does.
// Lives on one loop: every call from its thread. Owner: whoever waits.
#pragma once

#include "runner/async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace latchkey::async {

class notification {
public:
    explicit notification(const boost::asio::any_io_executor& executor)
        : timer_(executor, boost::asio::steady_timer::time_point::max()) {}

    void notify() {
        raised_ = true;
        timer_.cancel();
    }

    // Returns once notified since the last wait. A cancelled wait returns too: look at what you wait for.
    task<> wait() {
        if (!raised_) co_await timer_.async_wait(nothrow);
        raised_ = false;
    }

private:
    boost::asio::steady_timer timer_;
    bool raised_ = false;
};

}  // namespace latchkey::async
