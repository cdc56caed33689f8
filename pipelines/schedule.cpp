// SPDX-License-Identifier: Apache-2.0
#include "pipelines/schedule.hpp"

#include "pipelines/diagnostic.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::pipelines {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// Cuts a number of exactly so many figures off.
std::optional<int> take_figures(std::string_view& text, std::size_t count) {
    int value = 0;
    if (text.size() < count) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
    if (error != std::errc() || end != text.data() + count || text.front() == '-') return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

struct written_time {
    std::chrono::local_seconds local;
    std::optional<seconds> offset;  // that it names itself
};

// T10:30, T10:30:05, T10:30:05.123
bool read_clock(std::string_view& text, written_time& out) {
    const auto hour = take_figures(text, 2);
    if (!hour || *hour > 23 || !take(text, ":")) return false;
    const auto minute = take_figures(text, 2);
    if (!minute || *minute > 59) return false;
    int second = 0;
    if (take(text, ":")) {
        const auto said = take_figures(text, 2);
        if (!said || *said > 59) return false;
        second = *said;
        if (take(text, ".")) {
            if (!take_figures(text, 1)) return false;
            while (take_figures(text, 1)) {
            }
        }
    }
    out.local += std::chrono::hours(*hour) + minutes(*minute) + seconds(second);
    return true;
}

// Z, +02:00, -0530
bool read_offset(std::string_view& text, written_time& out) {
    if (take(text, "Zz")) {
        out.offset = seconds(0);
        return true;
    }
    const bool west = text.starts_with('-');
    if (!take(text, "+-")) return false;
    const auto hour = take_figures(text, 2);
    take(text, ":");
    const auto minute = take_figures(text, 2);
    if (!hour || !minute || *hour > 14 || *minute > 59) return false;
    const seconds off = std::chrono::hours(*hour) + minutes(*minute);
    out.offset = west ? -off : off;
    return true;
}

std::optional<written_time> read_time(std::string_view text) {
    const auto year = take_figures(text, 4);
    if (!year || !take(text, "-")) return std::nullopt;
    const auto month = take_figures(text, 2);
    if (!month || !take(text, "-")) return std::nullopt;
    const auto day = take_figures(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    written_time out{std::chrono::local_days(date), std::nullopt};
    if (text.empty()) return out;
    if (!take(text, "Tt ") || !read_clock(text, out)) return std::nullopt;
    if (!text.empty() && (!read_offset(text, out) || !text.empty())) return std::nullopt;
    return out;
}

std::optional<sys_seconds> instant_of(const written_time& t, const time_zone& zone) {
    if (t.offset) return sys_seconds{t.local.time_since_epoch()} - *t.offset;
    const auto at = instants_of(zone, t.local);
    return at ? std::optional(at->first) : std::nullopt;
}

}  // namespace

schedule_reading read_schedule(const event& e, const std::filesystem::path& zones) {
    schedule_reading out;
    schedule s;
    zone_reading zone = read_zone(e.timezone, zones);
    if (!zone.zone) {
        out.problem = zone.unknown;
        return out;
    }
    s.zone = std::move(*zone.zone);
    if (e.delay < 0) {
        out.problem = "its `delay` is below 0";
        return out;
    }
    s.delay = minutes(e.delay);
    if (!e.start_date.empty()) {
        const auto written = read_time(e.start_date);
        if (written) s.start = instant_of(*written, s.zone);
        if (!s.start) {
            out.problem =
                "its `start_date` " + in_backticks(e.start_date) + " is no time: write one like 2026-01-31T06:30:00Z";
            return out;
        }
    }
    if (!e.cron.empty()) {
        const cron_reading read = read_cron(e.cron);
        if (!read.value) {
            out.problem = "its `cron` " + in_backticks(e.cron) + " is no time: " + read.problem;
            return out;
        }
        s.times = read.value;
    } else if (!s.start) {
        out.problem = "it has neither `cron` nor `start_date`";
        return out;
    }
    out.value = std::move(s);
    return out;
}

std::optional<sys_seconds> next_due(const schedule& s, sys_seconds after) {
    if (s.times) return next_after(*s.times, s.zone, s.start ? std::max(after, *s.start - seconds(1)) : after);
    if (!s.start) return std::nullopt;
    if (after < *s.start) return s.start;
    if (s.delay <= minutes(0)) return std::nullopt;
    return *s.start + ((after - *s.start) / seconds(s.delay) + 1) * seconds(s.delay);
}

std::optional<due_time> due_at(const schedule& s, sys_seconds seen, sys_seconds now) {
    due_time found;
    sys_seconds from = std::max(seen, now - seconds(oldest_missed) - seconds(1));
    for (;;) {
        const auto next = next_due(s, from);
        if (!next || *next > now) break;
        found.at = from = *next;
        ++found.times;
    }
    return found.times > 0 ? std::optional(found) : std::nullopt;
}

}  // namespace latchkey::pipelines
