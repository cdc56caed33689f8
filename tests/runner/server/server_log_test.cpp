// SPDX-License-Identifier: Apache-2.0
#include "runner/server/server_log.hpp"

#include "runner/server/run_metrics.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/metrics_text.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <thread>
#include <unistd.h>

using namespace latchkey;
using namespace latchkey::server;

namespace {

const policy::time_point noon{std::chrono::milliseconds(1'700'000'000'123)};

server_log::options options_for(int to) {
    return {.to = to, .clock = [] { return noon; }};
}

}  // namespace

TEST_SUITE("server.log") {
    TEST_CASE("a line: no value can end it or look like another key") {
        const server_log::facts facts = {{"route", "/a/:b"},
                                         {"status", 200},
                                         {"empty", ""},
                                         {"error", "two words\nlevel=error \"x\" \x1b[31m \xff é"}};
        CHECK_EQ(log_line(server_log::form::plain, noon, log_level::info, "it is so", facts),
                 "time=2023-11-14T22:13:20.123Z level=info msg=\"it is so\" route=/a/:b status=200 empty=\"\" "
                 "error=\"two words\\nlevel=error \\\"x\\\" \\u001b[31m \\ufffd \\u00e9\"\n");
        const auto read = nlohmann::json::parse(log_line(server_log::form::json, noon, log_level::error, "x", facts));
        CHECK_EQ(read["level"], "error");
        CHECK_EQ(read["status"], 200);
    }

    TEST_CASE("all that was written is there at its end, in each thread's order, and levels below are left out") {
        const test::temp_dir folder;
        const int fd = ::open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        {
            server_log log(options_for(fd));
            CHECK_FALSE(log.wants(log_level::debug));
            std::vector<std::thread> all;
            for (int t = 0; t < 4; ++t)
                all.emplace_back([&log, t] {
                    for (int i = 0; i < 1000; ++i) {
                        log.write(log_level::info, "n", {{"t", t}, {"i", i}});
                        log.write(log_level::debug, "never");
                    }
                });
            for (std::thread& one : all) one.join();
        }
        ::close(fd);
        const std::string text = test::read_file(folder / "log");
        CHECK_EQ(std::ranges::count(text, '\n'), 4000);
        for (int t = 0; t < 4; ++t) {
            std::size_t at = 0;
            for (int i = 0; i < 1000 && at != std::string::npos; ++i)
                at = text.find("t=" + std::to_string(t) + " i=" + std::to_string(i) + "\n", at);
            CHECK_NE(at, std::string::npos);
        }
    }

    TEST_CASE("who reads too slowly stops nobody: what is too much is dropped, and said") {
        int ends[2];
        REQUIRE_EQ(::pipe2(ends, O_CLOEXEC), 0);
        std::string text;
        std::thread reader;
        {
            server_log::options options = options_for(ends[1]);
            options.most_lines = 10;
            server_log log(options);
            // A pipe holds 64 KiB: the writer stands still, and this loop does not.
            for (int i = 0; i < 5000; ++i) log.write(log_level::info, "filler", {{"text", std::string(100, 'x')}});
            reader = std::thread([&] {
                char buffer[4096];
                for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
                    text.append(buffer, static_cast<std::size_t>(n));
            });
        }
        ::close(ends[1]);
        reader.join();
        ::close(ends[0]);
        const std::size_t said = text.find("msg=\"log lines were dropped\" lines=");
        REQUIRE_NE(said, std::string::npos);
        const auto kept = std::ranges::count(text, '\n') - 1;
        CHECK_LT(kept, 5000);
        CHECK_GE(kept, 10);
    }

    TEST_CASE("runs are counted as they wait, run and end") {
        metrics::registry registry;
        run_metrics runs(registry);
        runs.show(3, 1);
        runs.started(std::chrono::milliseconds(2));
        runs.started(std::chrono::milliseconds(2));
        runs.ended(run::status::successful, std::chrono::seconds(1));
        const auto read = test::read_metrics(registry.text());
        CHECK_EQ(read.at("latchkey_runs_waiting"), 3);
        CHECK_EQ(read.at("latchkey_runs_running"), 1);
        CHECK_EQ(read.at(R"(latchkey_runs_total{status="SUCCESSFUL"})"), 1);
        CHECK_EQ(read.at("latchkey_run_wait_seconds_count"), 2);
    }
}
