// SPDX-License-Identifier: Apache-2.0
#include "runner/async/task_group.hpp"

#include "runner/async/offload.hpp"
#include "tests/support/async_test.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

namespace asio = boost::asio;
using latchkey::async::task;

namespace {

task<> count_up(int& counter) {
    ++counter;
    co_return;
}

task<> wait_for_ever(bool& cancelled) {
    asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
    const auto [ec] = co_await timer.async_wait(latchkey::async::nothrow);
    cancelled = ec == asio::error::operation_aborted;
}

task<> fail_with(const char* text) {
    throw std::runtime_error(text);
    co_return;
}

}  // namespace

TEST_SUITE("async.task_group") {
    TEST_CASE("join returns: every spawned task has ended") {
        int counter = 0;
        latchkey::test::run_async([&](asio::any_io_executor ex) -> task<> {
            latchkey::async::task_group group(ex);
            for (int i = 0; i < 100; ++i) group.spawn(count_up(counter));
            co_await group.join();
            CHECK_EQ(group.running(), 0);
        });
        CHECK_EQ(counter, 100);
    }

    TEST_CASE("cancel ends all: tasks that wait for ever") {
        bool first = false;
        bool second = false;
        latchkey::test::run_async([&](asio::any_io_executor ex) -> task<> {
            latchkey::async::task_group group(ex);
            group.spawn(wait_for_ever(first));
            group.spawn(wait_for_ever(second));
            co_await asio::post(ex, asio::use_awaitable);
            group.cancel();
            co_await group.join();
        });
        CHECK(first);
        CHECK(second);
    }

    TEST_CASE("cancel ends a task that waits again: join does not take it for a bug") {
        bool cancelled = false;
        latchkey::test::run_async([&](asio::any_io_executor ex) -> task<> {
            latchkey::async::task_group group(ex);
            constexpr auto twice = [](bool& first) -> task<> {
                co_await wait_for_ever(first);
                co_await wait_for_ever(first);
            };
            group.spawn(twice(cancelled));
            co_await asio::post(ex, asio::use_awaitable);
            group.cancel();
            co_await group.join();
        });
        CHECK(cancelled);
    }

    TEST_CASE("join throws: a task failed by a bug after others were cancelled") {
        latchkey::test::run_async([](asio::any_io_executor ex) -> task<> {
            latchkey::async::task_group group(ex);
            group.cancel();
            group.spawn(fail_with("still a bug"));
            bool thrown = false;
            try {
                co_await group.join();
            } catch (const std::runtime_error& e) {
                thrown = std::string(e.what()) == "still a bug";
            }
            CHECK(thrown);
        });
    }

    TEST_CASE("join throws: a task failed by a bug,, after the others have ended") {
        int counter = 0;
        latchkey::test::run_async([&](asio::any_io_executor ex) -> task<> {
            latchkey::async::task_group group(ex);
            group.spawn(fail_with("the first"));
            group.spawn(count_up(counter));
            bool thrown = false;
            try {
                co_await group.join();
            } catch (const std::runtime_error& e) {
                thrown = std::string(e.what()) == "the first";
            }
            CHECK(thrown);
            co_await group.join();
        });
        CHECK_EQ(counter, 1);
    }

    TEST_CASE("join returns at once: nothing was spawned") {
        latchkey::test::run_async([](asio::any_io_executor ex) -> task<> {
            latchkey::async::task_group group(ex);
            co_await group.join();
        });
    }
}

TEST_SUITE("async.offload") {
    TEST_CASE("offload resumes on the loop: the function ran on the pool") {
        asio::thread_pool pool(1);
        const auto loop_thread = std::this_thread::get_id();
        latchkey::test::run_async([&](asio::any_io_executor) -> task<> {
            const auto worker = co_await latchkey::async::offload(pool, [] { return std::this_thread::get_id(); });
            CHECK(worker != loop_thread);
            CHECK(std::this_thread::get_id() == loop_thread);
        });
    }

    TEST_CASE("offload throws: the function failed by a bug") {
        asio::thread_pool pool(1);
        latchkey::test::run_async([&](asio::any_io_executor) -> task<> {
            bool thrown = false;
            try {
                co_await latchkey::async::offload(pool, []() -> int { throw std::runtime_error("no"); });
            } catch (const std::runtime_error&) {
                thrown = true;
            }
            CHECK(thrown);
        });
    }
}

TEST_SUITE("async.notification") {
    TEST_CASE("wait returns: it was notified before, between and during") {
        latchkey::test::run_async([](asio::any_io_executor ex) -> task<> {
            latchkey::async::notification bell(ex);
            bell.notify();
            bell.notify();
            co_await bell.wait();
            latchkey::async::task_group group(ex);
            constexpr auto ring = [](latchkey::async::notification& b) -> task<> {
                b.notify();
                co_return;
            };
            group.spawn(ring(bell));
            co_await bell.wait();
            co_await group.join();
        });
    }
}
