// SPDX-License-Identifier: Apache-2.0
//
// Wakes the coroutines of one loop from any thread. Who waits looks at what they wait for before each wait, on the
// loop: a wake() that came before it is seen so, and one that comes later ends the wait. Made and waited for on its
// loop; held by shared_ptr; detach() before the loop is gone, after which wake() does nothing.
#pragma once

#include "runner/async/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

namespace latchkey::async {

class waker : public std::enable_shared_from_this<waker> {
public:
    explicit waker(const boost::asio::any_io_executor& executor)
        : timer_(
              std::make_unique<boost::asio::steady_timer>(executor, boost::asio::steady_timer::time_point::max())) {}

    // Also returns when the coroutine is cancelled.
    task<> wait() { co_await timer_->async_wait(nothrow); }
    // Where what is waited for is looked at elsewhere than on the loop: count() before the look is `seen`. With one
    // that waits at a time; also returns after this time.
    task<> wait(std::chrono::milliseconds at_most, std::uint64_t seen) {
        if (count() != seen) co_return;
        timer_->expires_after(at_most);
        co_await timer_->async_wait(nothrow);
    }

    std::uint64_t count() const { return wakes_; }

    void wake() {
        ++wakes_;
        const std::lock_guard lock(mutex_);
        if (detached_) return;
        boost::asio::post(timer_->get_executor(), [self = shared_from_this()] {
            if (!self->detached_) self->timer_->cancel();
        });
    }

    // On the loop.
    void detach() {
        const std::lock_guard lock(mutex_);
        detached_ = true;
        timer_.reset();
    }

private:
    std::atomic<std::uint64_t> wakes_{0};
    std::mutex mutex_;
    bool detached_ = false;
    std::unique_ptr<boost::asio::steady_timer> timer_;
};

}  // namespace latchkey::async
