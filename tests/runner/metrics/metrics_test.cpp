// SPDX-License-Identifier: Apache-2.0
#include "runner/metrics/metrics.hpp"

#include "tests/support/golden.hpp"
#include "tests/support/metrics_text.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace latchkey::metrics;
using namespace std::chrono_literals;

TEST_SUITE("metrics") {
    TEST_CASE("the text: families by name, labels escaped, buckets up to all") {
        registry r;
        r.count("test_requests_total", "Requests,\nall \\ of them.", {{"route", "/a"}, {"status", "2xx"}}).add(3);
        r.count("test_requests_total", "ignored: the first stands", {{"route", "\"b\"\\\n"}}).add();
        r.measure("test_open", "Open.").set(2.5);
        r.total("test_cpu_seconds_total", "Used.").set(0.125);
        histogram& h = r.time("test_seconds", "Took.", {{"kind", "read"}});
        // A bound counts what is as long as it, and no longer.
        for (const auto took : {500us, 501us, 1000us, 10'000'000us, 10'000'001us}) h.observe(took);
        int asked = 0;
        auto asks = r.before_text([&] { r.measure("test_asked", "Asked.").set(++asked); });
        CHECK_GOLDEN("runner/metrics/golden/text.txt", r.text());
        CHECK_EQ(latchkey::test::read_metrics(r.text()).at("test_seconds_bucket{kind=\"read\",le=\"0.0005\"}"), 1);
        CHECK_NE(r.text().find("test_asked 3\n"), std::string::npos);
        asks.reset();
        CHECK_NE(r.text().find("test_asked 3\n"), std::string::npos);
        CHECK_EQ(&h, &r.time("test_seconds", "Took.", {{"kind", "read"}}));
        CHECK_THROWS(r.count("test_open", ""));
    }

    TEST_CASE("many threads: nothing is lost, and a text meanwhile is whole") {
        registry r;
        std::vector<std::thread> all;
        for (int t = 0; t < 4; ++t)
            all.emplace_back([&r, t] {
                for (int i = 0; i < 10'000; ++i) {
                    r.count("n_total", "N.", {{"t", std::to_string(i % 7)}}).add();
                    r.time("n_seconds", "N.").observe(std::chrono::microseconds(t * 1000 + i));
                    r.measure("n_now", "N.").add(i % 2 == 0 ? 1 : -1);
                    if (i % 1000 == 0) CHECK_FALSE(r.text().empty());
                }
            });
        for (std::thread& one : all) one.join();
        std::uint64_t sum = 0;
        for (int i = 0; i < 7; ++i) sum += r.count("n_total", "N.", {{"t", std::to_string(i)}}).value();
        CHECK_EQ(sum, 40'000);
        CHECK_EQ(r.time("n_seconds", "N.").up_to().back(), 40'000);
        CHECK_EQ(r.measure("n_now", "N.").value(), 0);
    }

    TEST_CASE("a process watches itself") {
        registry r;
        const auto watched = watch_process(r);
        r.text();
        CHECK_GT(r.measure("process_resident_memory_bytes", "").value(), 1'000'000);
        CHECK_GE(r.measure("process_open_fds", "").value(), 3);
        CHECK_GT(r.measure("process_start_time_seconds", "").value(), 1.7e9);
    }
}
