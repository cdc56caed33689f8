// SPDX-License-Identifier: Apache-2.0
//
// Cron's times in time zones, also where clocks are changed, and what is due after a while when nobody looked.
#include "pipelines/schedule.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;
using namespace std::chrono;

namespace {

sys_seconds at(int y, unsigned mo, unsigned d, int h = 0, int mi = 0, int s = 0) {
    return sys_days(year(y) / month(mo) / day(d)) + hours(h) + minutes(mi) + seconds(s);
}

std::string shown(std::optional<sys_seconds> t) {
    if (!t) return "never";
    const auto day = floor<days>(*t);
    const year_month_day date(day);
    const hh_mm_ss clock(*t - day);
    char out[32];
    std::snprintf(out, sizeof out, "%04d-%02u-%02u %02d:%02d", int(date.year()), unsigned(date.month()),
                  unsigned(date.day()), int(clock.hours().count()), int(clock.minutes().count()));
    return std::string(out) + (clock.seconds() != seconds(0) ? "+" : "");
}

time_zone zone(const char* name) {
    const zone_reading read = read_zone(name);
    REQUIRE_MESSAGE(read.zone.has_value(), read.unknown);
    return *read.zone;
}

cron times(const char* text) {
    const cron_reading read = read_cron(text);
    REQUIRE_MESSAGE(read.value.has_value(), read.problem);
    return *read.value;
}

// The next few, in UTC.
std::string next(const char* text, const char* in, sys_seconds after, int count) {
    const cron c = times(text);
    const time_zone z = zone(in);
    std::string out;
    for (int i = 0; i < count; ++i) {
        const auto t = next_after(c, z, after);
        out += (out.empty() ? "" : ", ") + shown(t);
        if (!t) break;
        REQUIRE(*t > after);
        after = *t;
    }
    return out;
}

event scheduled(std::string cron_text, std::string in = "UTC") {
    event e;
    e.type = event_type::schedule;
    e.cron = std::move(cron_text);
    e.timezone = std::move(in);
    return e;
}

event every(std::string start, int delay, std::string in = "UTC") {
    event e;
    e.type = event_type::schedule;
    e.start_date = std::move(start);
    e.delay = delay;
    e.timezone = std::move(in);
    return e;
}

schedule read(const event& e) {
    const schedule_reading r = read_schedule(e);
    REQUIRE_MESSAGE(r.value.has_value(), r.problem);
    return *r.value;
}

}  // namespace

TEST_SUITE("pipelines.schedule") {
    TEST_CASE("cron: each kind of field") {
        const sys_seconds t = at(2026, 1, 1, 10, 7);  // a Thursday
        CHECK_EQ(next("*/15 * * * *", "UTC", t, 3), "2026-01-01 10:15, 2026-01-01 10:30, 2026-01-01 10:45");
        CHECK_EQ(next("7 10 * * *", "UTC", t, 2), "2026-01-02 10:07, 2026-01-03 10:07");
        CHECK_EQ(next("7 10 * * *", "UTC", t - seconds(1), 1), "2026-01-01 10:07");
        CHECK_EQ(next("0 0 1,15 * *", "UTC", t, 3), "2026-01-15 00:00, 2026-02-01 00:00, 2026-02-15 00:00");
        CHECK_EQ(next("30 6 * * MON-FRI", "UTC", t, 3), "2026-01-02 06:30, 2026-01-05 06:30, 2026-01-06 06:30");
        CHECK_EQ(next("0 12 * * 0", "UTC", t, 1), "2026-01-04 12:00");
        CHECK_EQ(next("0 12 * * 7", "UTC", t, 1), "2026-01-04 12:00");
        CHECK_EQ(next("0 12 * * 5-7", "UTC", t, 3), "2026-01-02 12:00, 2026-01-03 12:00, 2026-01-04 12:00");
        CHECK_EQ(next("0 0 13 * 5", "UTC", t, 3), "2026-01-02 00:00, 2026-01-09 00:00, 2026-01-13 00:00");  // either
        CHECK_EQ(next("0 0 */10 * MON", "UTC", t, 2), "2026-05-11 00:00, 2026-06-01 00:00");  // both: one has a *
        CHECK_EQ(next("0 0 29 2 *", "UTC", t, 2), "2028-02-29 00:00, 2032-02-29 00:00");
        CHECK_EQ(next("5-59/20 22 * Dec ?", "UTC", t, 4),
                 "2026-12-01 22:05, 2026-12-01 22:25, 2026-12-01 22:45, 2026-12-02 22:05");
        CHECK_EQ(next("50/5 0 * * *", "UTC", t, 3), "2026-01-02 00:50, 2026-01-02 00:55, 2026-01-03 00:50");
        CHECK_EQ(next("@hourly", "UTC", t, 1), "2026-01-01 11:00");
        CHECK_EQ(next("@Yearly", "UTC", t, 1), "2027-01-01 00:00");
        CHECK_EQ(next("@weekly", "UTC", t, 1), "2026-01-04 00:00");
        CHECK(times("@daily") == times(" 0\t0  * * * "));
    }

    TEST_CASE("cron: what is none, and why") {
        const auto problem = [](std::string_view text) { return read_cron(text).problem; };
        CHECK_EQ(problem(""), "it has 0 fields, and five are needed");
        CHECK_EQ(problem("* * * *"), "it has 4 fields, and five are needed");
        CHECK_EQ(problem("0 * * * * *"), "it has 6 fields, and five are needed");
        CHECK_EQ(problem("@reboot"), "it has 1 field, and five are needed");
        CHECK_EQ(problem("60 * * * *"), "it has `60` as its minute, which goes from 0 to 59");
        CHECK_EQ(problem("* 24 * * *"), "it has `24` as its hour, which goes from 0 to 23");
        CHECK_EQ(problem("* * 0 * *"), "it has `0` as its day of the month, which goes from 1 to 31");
        CHECK_EQ(problem("* * * 13 *"), "it has `13` as its month, which goes from 1 to 12");
        CHECK_EQ(problem("* * * MON *"), "it has `MON` as its month, which goes from 1 to 12");
        CHECK_EQ(problem("* * * * 8"), "it has `8` as its day of the week, which goes from 0 to 7");
        CHECK_EQ(problem("* 22-2 * * *"), "it has `22-2` as its hour, which goes backwards: write two ranges");
        CHECK_EQ(problem("*/0 * * * *"), "it has `*/0` as its minute, whose step is none");
        CHECK_EQ(problem("0 0 31 2,4 *"), "such a day never comes");
        CHECK_EQ(problem(std::string(1000, '*')), "it is too long");
        for (const char* text :
             {"-1 * * * *", "1- * * * *", "1,,2 * * * *", ", * * * *", "*/ * * * *", "*/-5 * * * *", "a * * * *",
              "1-2-3 * * * *", "0x1 * * * *", "* * L * *", "* * * * 5#2", "*5 * * * *", "99999999999 * * * *"})
            CHECK_MESSAGE(!read_cron(text).value, text);
    }

    TEST_CASE("a time zone's own hours, before and after its clocks are changed") {
        CHECK_EQ(next("0 9 * * *", "Europe/Warsaw", at(2026, 3, 27, 12), 3),
                 "2026-03-28 08:00, 2026-03-29 07:00, 2026-03-30 07:00");
        CHECK_EQ(next("0 9 * * *", "Europe/Warsaw", at(2026, 10, 23, 12), 3),
                 "2026-10-24 07:00, 2026-10-25 08:00, 2026-10-26 08:00");
        CHECK_EQ(next("45 23 * * *", "Asia/Kathmandu", at(2026, 1, 1), 1), "2026-01-01 18:00");
    }

    TEST_CASE(
        "clocks put forward (02:00 to 03:00 in Warsaw on 29 March 2026): a time in between comes, an hour late") {
        CHECK_EQ(next("30 2 * * *", "Europe/Warsaw", at(2026, 3, 28), 3),
                 "2026-03-28 01:30, 2026-03-29 01:30, 2026-03-30 00:30");  // 03:30 there on the 29th
        CHECK_EQ(next("0 2,3 * * *", "Europe/Warsaw", at(2026, 3, 28, 12), 2), "2026-03-29 01:00, 2026-03-30 00:00");
        // With any hour none is missed, and none comes twice.
        CHECK_EQ(next("30 * * * *", "Europe/Warsaw", at(2026, 3, 29), 4),
                 "2026-03-29 00:30, 2026-03-29 01:30, 2026-03-29 02:30, 2026-03-29 03:30");
    }

    TEST_CASE("clocks put back (03:00 to 02:00 in Warsaw on 25 October 2026): a time comes once, the first time") {
        CHECK_EQ(next("30 2 * * *", "Europe/Warsaw", at(2026, 10, 24, 12), 2), "2026-10-25 00:30, 2026-10-26 01:30");
        CHECK_EQ(next("30 * * * *", "Europe/Warsaw", at(2026, 10, 24, 23), 4),
                 "2026-10-24 23:30, 2026-10-25 00:30, 2026-10-25 01:30, 2026-10-25 02:30");
        CHECK_EQ(next("*/30 2 * * *", "Europe/Warsaw", at(2026, 10, 24, 12), 3),
                 "2026-10-25 00:00, 2026-10-25 00:30, 2026-10-26 01:00");
    }

    TEST_CASE("odd zones: half an hour, midnight that is not there, a day that is not there") {
        CHECK_EQ(next("15 2 * * *", "Australia/Lord_Howe", at(2026, 10, 3), 2), "2026-10-03 15:45, 2026-10-04 15:15");
        CHECK_EQ(next("0 0 * * *", "America/Sao_Paulo", at(2018, 11, 3, 12), 2),
                 "2018-11-04 03:00, 2018-11-05 02:00");
        // Samoa had no 30 December 2011.
        CHECK_EQ(next("0 9 * * *", "Pacific/Apia", at(2011, 12, 29, 12), 3),
                 "2011-12-29 19:00, 2011-12-30 19:00, 2011-12-31 19:00");
    }

    TEST_CASE("every minute of a night, over both changes: each passes once") {
        for (const sys_seconds begin : {at(2026, 3, 28, 22), at(2026, 10, 24, 22)}) {
            const time_zone z = zone("Europe/Warsaw");
            const cron c = times("* * * * *");
            sys_seconds t = begin;
            for (int i = 0; i < 8 * 60; ++i) {
                const auto n = next_after(c, z, t);
                REQUIRE(n.has_value());
                REQUIRE(*n == t + minutes(1));
                t = *n;
            }
        }
    }

    TEST_CASE("from a date on every so many minutes, by time that passes") {
        const schedule s = read(every("2026-03-28T10:00:00Z", 90));
        CHECK_EQ(shown(next_due(s, at(2026, 1, 1))), "2026-03-28 10:00");
        CHECK_EQ(shown(next_due(s, at(2026, 3, 28, 10))), "2026-03-28 11:30");
        CHECK_EQ(shown(next_due(s, at(2026, 3, 29, 10))), "2026-03-29 11:30");
        CHECK_EQ(shown(next_due(read(every("2026-03-28T10:00:00Z", 0)), at(2026, 3, 28, 9))), "2026-03-28 10:00");
        CHECK_EQ(shown(next_due(read(every("2026-03-28T10:00:00Z", 0)), at(2026, 3, 28, 10))), "never");
        for (const char* same : {"2026-03-28T10:00:00+02:00", "2026-03-28 08:00", "2026-03-28T08:00:00.123Z",
                                 "2026-03-28T03:30:00-0430"})
            CHECK_EQ(shown(next_due(read(every(same, 5)), at(2026, 1, 1))), "2026-03-28 08:00");
        CHECK_EQ(shown(next_due(read(every("2026-07-01T09:00", 5, "Europe/Warsaw")), at(2026, 1, 1))),
                 "2026-07-01 07:00");
        CHECK_EQ(shown(next_due(read(every("2026-07-01", 5)), at(2026, 1, 1))), "2026-07-01 00:00");
        event both = scheduled("0 9 * * *");
        both.start_date = "2026-07-01T09:00Z";
        CHECK_EQ(shown(next_due(read(both), at(2026, 1, 1))), "2026-07-01 09:00");
    }

    TEST_CASE("what is no schedule, and why") {
        const auto problem = [](const event& e) { return read_schedule(e).problem; };
        CHECK_EQ(problem(scheduled("")), "it has neither `cron` nor `start_date`");
        CHECK_EQ(problem(scheduled("x")), "its `cron` `x` is no time: it has 1 field, and five are needed");
        CHECK_EQ(problem(scheduled("* * * * *", "Europe/Nowhere")), "`Europe/Nowhere` is an unknown time zone");
        CHECK_EQ(problem(scheduled("* * * * *", "../../etc/passwd")),
                 "`../../etc/passwd` is not the name of a time zone");
        for (const char* text :
             {"tomorrow", "2026-02-30", "2026-1-1", "2026-01-01T25:00", "2026-01-01T10", "2026-01-01T10:00X",
              "2026-01-01T10:00Z+1", "2026-01-01T10:00:61Z", "-026-01-01", "2026-01-01T10:00+25:00"})
            CHECK_MESSAGE(problem(every(text, 5)).find("is no time") != std::string::npos, text);
        CHECK_EQ(problem(every("2026-01-01", -1)), "its `delay` is below 0");
    }

    TEST_CASE("due: one run for all times that nobody saw, none for what is older than a day, none twice") {
        const schedule hourly = read(scheduled("0 * * * *"));
        const sys_seconds now = at(2026, 5, 10, 12, 30);
        const auto due = [&](const schedule& s, sys_seconds seen) {
            const auto d = due_at(s, seen, now);
            return d ? shown(d->at) + " x" + std::to_string(d->times) : "none";
        };
        CHECK_EQ(due(hourly, now), "none");
        CHECK_EQ(due(hourly, at(2026, 5, 10, 12)), "none");
        CHECK_EQ(due(hourly, at(2026, 5, 10, 11, 59)), "2026-05-10 12:00 x1");
        CHECK_EQ(due(hourly, at(2026, 5, 10, 9, 30)), "2026-05-10 12:00 x3");
        CHECK_EQ(due(hourly, at(2020, 1, 1)), "2026-05-10 12:00 x24");
        CHECK_EQ(due(hourly, now + hours(5)), "none");  // our clock was put back
        const schedule monthly = read(scheduled("0 0 1 * *"));
        CHECK_EQ(due(monthly, at(2026, 4, 1)), "none");
        CHECK_EQ(due(read(scheduled("30 12 9 * *")), at(2026, 4, 1)),
                 "2026-05-09 12:30 x1");  // a day ago, to the second
        CHECK_EQ(due(read(scheduled("29 12 9 * *")), at(2026, 4, 1)), "none");
        CHECK_EQ(due(read(every("2026-05-10T12:00:00Z", 0)), at(2026, 4, 1)), "2026-05-10 12:00 x1");
        CHECK_EQ(due(read(every("2026-05-10T12:00:00Z", 0)), at(2026, 5, 10, 12)), "none");
        CHECK_EQ(due(read(every("2026-01-01T00:00:00Z", 1)), at(2026, 1, 1)), "2026-05-10 12:30 x1441");
    }
}
