// SPDX-License-Identifier: Apache-2.0
//
// Times as cron writes them: five fields (minute, hour, day of the month, month, day of the week; 0 and 7 are
// Sunday) with `*`, lists, ranges, steps and English names, or one of @hourly @daily @weekly @monthly @yearly. Where
// both days are given, either is enough, as cron has it. Pure functions, no thread rule.
#pragma once

#include "pipelines/timezone.hpp"

#include <cstdint>

namespace latchkey::pipelines {

struct cron {
    std::uint64_t minutes = 0;  // a bit each
    std::uint64_t hours = 0;
    std::uint64_t days = 0;
    std::uint64_t months = 0;
    std::uint64_t weekdays = 0;  // 0: Sunday
    bool any_day = false;        // the field begins with *
    bool any_weekday = false;
    bool any_hour = false;
    friend bool operator==(const cron&, const cron&) = default;
};

struct cron_reading {
    std::optional<cron> value;
    std::string problem;  // why there is none, one clause
};

cron_reading read_cron(std::string_view);

// The first time after `after`; nothing: none within 40 years, or the zone's file can't tell.
// Where the clock is put forward over a time, that time is when it would have been without; where it is put back over
// one, it comes once, the first time. With any hour (`*`), it goes by the hours that pass: each of them, none twice.
std::optional<std::chrono::sys_seconds> next_after(const cron&, const time_zone&, std::chrono::sys_seconds after);

}  // namespace latchkey::pipelines
