// SPDX-License-Identifier: Apache-2.0
//
// One try of one action, while the driver runs it. Private to the driver: run_driver.cpp says when and with what end,
// run_driver_execute.cpp how. One loop.
#pragma once

#include "runner/run/run_driver.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ctime>
#include <optional>

namespace latchkey::run {

// One try of one action, while it runs.
struct run_driver::running {
    std::uint32_t action = 0;
    std::unique_ptr<exec::execution> execution;
    log::masker armed;  // with everything that its output may hold
    std::unique_ptr<log::masker_stream> masker;
    log::log_writer* log = nullptr;
    passing passes;  // what it was given, and may change for those after it
    std::optional<failure> log_failure;
    end_reason stopped = end_reason::none;  // why we asked it to end
    cancel_switch* child = nullptr;         // of the pipeline that it runs
    std::time_t began = 0;                  // by the clock that files have
    bool over = false;                      // it has ended: nothing is left to stop
    boost::asio::steady_timer kill_at;
    async::task_group helpers;
    boost::asio::cancellation_signal starting;  // ends a start that takes long: an image that is pulled

    void say(const std::string& line) {
        if (log_failure) return;
        if (auto written = log->write(masker->feed(line + "\n")); !written) log_failure = written.error();
    }
    explicit running(const boost::asio::any_io_executor& ex) : kill_at(ex), helpers(ex) {}
};

}  // namespace latchkey::run
