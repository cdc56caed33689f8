// SPDX-License-Identifier: Apache-2.0
#include "pipelines/posix_zone.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// A day of every year, and the second of it (may lie outside of that day).
struct yearly_moment {
    enum class form : unsigned char { month_week_day, julian, zero_based } kind = form::month_week_day;
    int month = 0;
    int week = 0;  // 5: the last
    int day = 0;
    seconds time{7200};
};

struct zone_rule {
    seconds standard{};
    std::optional<seconds> daylight;
    yearly_moment begin{.month = 3, .week = 2};  // where the text names none
    yearly_moment end{.month = 11, .week = 1};
};

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

class rule_reader {
public:
    explicit rule_reader(std::string_view text) : rest_(text) {}

    std::optional<zone_rule> read() {
        zone_rule out;
        if (!skip_name() || !read_clock(out.standard)) return std::nullopt;
        out.standard = -out.standard;
        if (rest_.empty()) return out;
        seconds daylight = out.standard + std::chrono::hours(1);
        if (!skip_name()) return std::nullopt;
        if (!rest_.empty() && rest_.front() != ',') {
            if (!read_clock(daylight)) return std::nullopt;
            daylight = -daylight;
        }
        out.daylight = daylight;
        if (rest_.empty()) return out;
        if (!take(',') || !read_moment(out.begin) || !take(',') || !read_moment(out.end) || !rest_.empty())
            return std::nullopt;
        return out;
    }

private:
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    // `CET` or `<+0330>`
    bool skip_name() {
        const bool quoted = take('<');
        std::size_t length = 0;
        while (length < rest_.size() && (is_letter(rest_[length]) || (quoted && rest_[length] != '>'))) ++length;
        rest_.remove_prefix(length);
        return length >= 3 && (!quoted || take('>'));
    }

    bool read_number(int& out, int least, int most) {
        std::size_t length = 0;
        out = 0;
        while (length < rest_.size() && length < 4 && rest_[length] >= '0' && rest_[length] <= '9')
            out = out * 10 + (rest_[length++] - '0');
        rest_.remove_prefix(length);
        return length > 0 && out >= least && out <= most;
    }

    // [+-]hh[:mm[:ss]]; zone files use up to a week of hours.
    bool read_clock(seconds& out) {
        const bool negative = take('-');
        if (!negative) take('+');
        int hours = 0;
        int minutes = 0;
        int rest = 0;
        if (!read_number(hours, 0, 167)) return false;
        if (take(':') && !read_number(minutes, 0, 59)) return false;
        if (take(':') && !read_number(rest, 0, 59)) return false;
        out = std::chrono::hours(hours) + std::chrono::minutes(minutes) + seconds(rest);
        if (negative) out = -out;
        return true;
    }

    bool read_moment(yearly_moment& out) {
        if (take('M')) {
            if (!read_number(out.month, 1, 12) || !take('.') || !read_number(out.week, 1, 5) || !take('.') ||
                !read_number(out.day, 0, 6))
                return false;
        } else if (take('J')) {
            out.kind = yearly_moment::form::julian;
            if (!read_number(out.day, 1, 365)) return false;
        } else {
            out.kind = yearly_moment::form::zero_based;
            if (!read_number(out.day, 0, 365)) return false;
        }
        return !take('/') || read_clock(out.time);
    }

    std::string_view rest_;
};

// In local time of the year.
seconds moment_in(std::chrono::year year, const yearly_moment& moment) {
    const sys_days new_year = year / std::chrono::January / 1;
    sys_days day = new_year;
    if (moment.kind == yearly_moment::form::month_week_day) {
        const auto month = year / std::chrono::month(static_cast<unsigned>(moment.month));
        const std::chrono::weekday weekday(static_cast<unsigned>(moment.day));
        day = moment.week == 5 ? sys_days(month / weekday[std::chrono::last])
                               : sys_days(month / weekday[static_cast<unsigned>(moment.week)]);
    } else if (moment.kind == yearly_moment::form::julian) {
        // 29 February is never counted.
        const bool after_leap_day = year.is_leap() && moment.day >= 60;
        day = new_year + days(moment.day - (after_leap_day ? 0 : 1));
    } else {
        day = new_year + days(moment.day);
    }
    return day.time_since_epoch() + moment.time;
}

}  // namespace

std::optional<seconds> posix_offset(std::string_view text, sys_seconds now) {
    const std::optional<zone_rule> rule = rule_reader(text).read();
    if (!rule) return std::nullopt;
    if (!rule->daylight) return rule->standard;
    const sys_seconds local = now + rule->standard;
    const std::chrono::year year = std::chrono::year_month_day(std::chrono::floor<days>(local)).year();
    const sys_seconds begin(moment_in(year, rule->begin) - rule->standard);
    const sys_seconds end(moment_in(year, rule->end) - *rule->daylight);
    // South of the equator the summer spans the new year.
    const bool summer = begin < end ? now >= begin && now < end : now >= begin || now < end;
    return summer ? *rule->daylight : rule->standard;
}

}  // namespace latchkey::pipelines
