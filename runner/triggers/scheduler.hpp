// SPDX-License-Identifier: Apache-2.0
//
// Starts what is due: asks for the schedules there are, and calls back for each whose time has come. When to look
// again is for its caller, who has a clock and a timer. Times that passed while nobody looked are made up for by one
// run, or none (pipelines/schedule.hpp). One thread at a time.
#pragma once

#include "pipelines/schedule.hpp"
#include "runner/error.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace latchkey::triggers {

struct planned {
    std::string key;  // which pipeline's, and which of its events
    pipelines::schedule when;
    std::chrono::sys_seconds seen{};  // up to here all is dealt with: at first, when it was set
};

struct due_start {
    std::string key;
    std::chrono::sys_seconds at{};  // the time that it was due
    int times = 1;                  // that it makes up for
};

class scheduler {
public:
    using clock = std::function<std::chrono::sys_seconds()>;
    using list = std::function<result<std::vector<planned>>()>;
    // Starts the run and notes `now` as seen, both or neither. conflict: another server was first, and nothing is to
    // be done.
    using starter = std::function<result<void>(const due_start&, std::chrono::sys_seconds now)>;

    scheduler(list plans, starter start, clock time)
        : plans_(std::move(plans)), start_(std::move(start)), time_(std::move(time)) {}

    struct outcome {
        std::chrono::sys_seconds look_again{};  // an hour from now at the latest
        std::vector<std::string> failed;  // what could not be started, a sentence each: it is due at the next look
    };
    outcome look();

private:
    list plans_;
    starter start_;
    clock time_;
};

}  // namespace latchkey::triggers
