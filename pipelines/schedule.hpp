// SPDX-License-Identifier: Apache-2.0
//
// When a SCHEDULE event starts its pipeline: by cron in a time zone, or from a date on every so many minutes. And
// what becomes of times that passed while nobody looked. Pure functions, no thread rule.
#pragma once

#include "pipelines/cron.hpp"
#include "pipelines/model.hpp"

namespace latchkey::pipelines {

struct schedule {
    std::optional<cron> times;  // else by `start` and `delay`
    time_zone zone;
    std::optional<std::chrono::sys_seconds> start;  // not before it
    std::chrono::minutes delay{0};                  // 0: once, at the start
};

struct schedule_reading {
    std::optional<schedule> value;
    std::string problem;  // why there is none, one clause
};

// A start_date without a zone of its own is of the event's.
schedule_reading read_schedule(const event&, const std::filesystem::path& zones = zone_directory);

// The first time after `after`; nothing: it never comes again.
std::optional<std::chrono::sys_seconds> next_due(const schedule&, std::chrono::sys_seconds after);

// Times that passed unseen are made up for by one run, however many they were, and by none if the latest of them is
// older than this: nobody expects yesterday's nightly build at noon two days later.
inline constexpr std::chrono::hours oldest_missed{24};

struct due_time {
    std::chrono::sys_seconds at{};  // the latest of them
    int times = 0;                  // that are made up for, this one among them
};

// What is due at `now`, when everything up to `seen` has been dealt with.
std::optional<due_time> due_at(const schedule&, std::chrono::sys_seconds seen, std::chrono::sys_seconds now);

}  // namespace latchkey::pipelines
