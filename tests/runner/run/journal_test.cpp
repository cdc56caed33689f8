// SPDX-License-Identifier: Apache-2.0
#include "runner/run/journal.hpp"

#include "tests/runner/run/engine_world.hpp"
#include "tests/support/async_test.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>

using latchkey::async::task;
using latchkey::run::event;
using latchkey::run::event_kind;
using latchkey::run::journal;
using latchkey::test::engine_world;
using latchkey::test::run_async;

namespace {

event warning(int number) {
    event e;
    e.kind = event_kind::warning;
    e.status = latchkey::run::status::in_progress;
    e.number = number;
    return e;
}

}  // namespace

TEST_SUITE("run.journal") {
    TEST_CASE("kept: ten thousand events, in order, each durable before anybody is told of it") {
        engine_world w;
        const auto run = w.store->create_run(w.request_for(), "x").value();
        std::int64_t told = 0;
        std::size_t looked = 0;
        run_async([&](boost::asio::any_io_executor ex) -> task<> {
            journal j(
                *w.store, run.id, 1, 0, [] { return latchkey::policy::time_point(); }, ex,
                [&](const event& e) {
                    CHECK_EQ(e.sequence, ++told);
                    // Asking the store for each would be slow: every thousandth and its neighbours will do.
                    if (e.sequence % 1000 > 1) return;
                    ++looked;
                    CHECK_FALSE(w.store->events(run.id, 1, e.sequence - 1).value().empty());
                });
            for (int i = 1; i <= 10'000; ++i) j.push(warning(i));
            const auto written = co_await j.flush();
            CHECK(written.has_value());
            CHECK_FALSE(j.failed());
        });
        CHECK_EQ(told, 10'000);
        CHECK_GE(looked, 10);
        const auto events = w.store->events(run.id, 1, 0).value();
        REQUIRE_EQ(events.size(), 10'000);
        for (std::size_t i = 0; i < events.size(); ++i) REQUIRE_EQ(events[i].number, static_cast<int>(i) + 1);
    }

    TEST_CASE("written though nobody waits for it: what was pushed last is there after the end") {
        engine_world w;
        const auto run = w.store->create_run(w.request_for(), "x").value();
        run_async([&](boost::asio::any_io_executor ex) -> task<> {
            journal j(*w.store, run.id, 1, 0, [] { return latchkey::policy::time_point(); }, ex, nullptr);
            j.push(warning(1));
            j.push(warning(2));
            co_return;
        });
        CHECK_EQ(w.store->events(run.id, 1, 0).value().size(), 2);
    }

    TEST_CASE("failed: what the store did not take nobody is told of, and the failure is said") {
        std::atomic<bool> broken = false;
        latchkey::store::sqlite_options options;
        options.before_statement = [&broken](std::string_view) {
            if (broken) throw std::runtime_error("the disk is full");
        };
        engine_world w(std::move(options));
        const auto run = w.store->create_run(w.request_for(), "x").value();
        std::vector<std::int64_t> told;
        run_async([&](boost::asio::any_io_executor ex) -> task<> {
            journal j(
                *w.store, run.id, 1, 0, [] { return latchkey::policy::time_point(); }, ex,
                [&](const event& e) { told.push_back(e.sequence); });
            j.push(warning(1));
            CHECK((co_await j.flush()).has_value());
            broken = true;
            j.push(warning(2));
            const auto written = co_await j.flush();
            CHECK_FALSE(written.has_value());
            CHECK(j.failed());
            // It works again, and still there is no gap: what comes after a loss is not taken.
            broken = false;
            j.push(warning(3));
            const auto after = co_await j.flush();
            CHECK_FALSE(after.has_value());
        });
        CHECK(told == std::vector<std::int64_t>{1});
        CHECK_EQ(w.store->events(run.id, 1, 0).value().size(), 1);
    }
}
