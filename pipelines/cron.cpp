// SPDX-License-Identifier: Apache-2.0
#include "pipelines/cron.hpp"

#include "pipelines/diagnostic.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace latchkey::pipelines {

namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t longest_cron = 300;
constexpr int farthest_day = 40 * 366;

struct cron_field {
    std::string_view name;
    int least;
    int most;
    std::string_view names;  // three letters each
    int first_name;          // its number
};

constexpr std::array<cron_field, 5> cron_fields = {{
    {"minute", 0, 59, "", 0},
    {"hour", 0, 23, "", 0},
    {"day of the month", 1, 31, "", 0},
    {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec", 1},
    {"day of the week", 0, 7, "sunmontuewedthufrisat", 0},
}};

struct shorthand {
    std::string_view name;
    std::string_view meaning;
};

constexpr std::array<shorthand, 7> shorthands = {{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::optional<int> whole_number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text.front() == '-' || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::optional<int> value_in(const cron_field& f, std::string_view text) {
    if (text.size() == 3 && !f.names.empty()) {
        const std::size_t at = f.names.find(lower_case(text));
        if (at != std::string_view::npos && at % 3 == 0) return f.first_name + static_cast<int>(at / 3);
    }
    const auto value = whole_number(text);
    return value && *value >= f.least && *value <= f.most ? value : std::nullopt;
}

// One of a field's list: `*`, `5`, `1-5`, each also with `/2`.
std::optional<std::uint64_t> bits_of_part(const cron_field& f, std::string_view part, std::string& problem) {
    const std::string whole = in_backticks(part) + " as its " + std::string(f.name);
    const std::size_t slash = part.find('/');
    int step = 1;
    if (slash != std::string_view::npos) {
        const auto said = whole_number(part.substr(slash + 1));
        if (!said || *said < 1 || *said > f.most) {
            problem = "it has " + whole + ", whose step is none";
            return std::nullopt;
        }
        step = *said;
        part = part.substr(0, slash);
    }
    int from = f.least;
    int to = f.name == "day of the week" ? 6 : f.most;
    if (part != "*" && part != "?") {
        const std::size_t dash = part.find('-');
        const auto first = value_in(f, part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : value_in(f, part.substr(dash + 1));
        if (!first || !last) {
            problem =
                "it has " + whole + ", which goes from " + std::to_string(f.least) + " to " + std::to_string(f.most);
            return std::nullopt;
        }
        if (*last < *first) {
            problem = "it has " + whole + ", which goes backwards: write two ranges";
            return std::nullopt;
        }
        from = *first;
        if (dash != std::string_view::npos || slash == std::string_view::npos) to = *last;
    }
    std::uint64_t bits = 0;
    for (int value = from; value <= to; value += step) bits |= std::uint64_t{1} << static_cast<unsigned>(value);
    return bits;
}

std::optional<std::uint64_t> bits_of(const cron_field& f, std::string_view text, std::string& problem) {
    std::uint64_t bits = 0;
    for (;;) {
        const std::size_t comma = text.find(',');
        const auto part = bits_of_part(f, text.substr(0, comma), problem);
        if (!part) return std::nullopt;
        bits |= *part;
        if (comma == std::string_view::npos) return bits;
        text.remove_prefix(comma + 1);
    }
}

bool has(std::uint64_t bits, unsigned value) {
    return (bits >> value & 1U) != 0;
}

bool on_day(const cron& c, local_days day) {
    const std::chrono::year_month_day date(day);
    if (!has(c.months, static_cast<unsigned>(date.month()))) return false;
    const bool by_day = has(c.days, static_cast<unsigned>(date.day()));
    const bool by_weekday = has(c.weekdays, std::chrono::weekday(day).c_encoding());
    return c.any_day || c.any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

// Of the times of one day there; nothing: none of them is later. `told`: false where the zone's file can't tell.
std::optional<sys_seconds> first_on(const cron& c, const time_zone& zone, local_days day, sys_seconds after,
                                    bool& told) {
    if (!on_day(c, day)) return std::nullopt;
    const sys_seconds as_utc{day.time_since_epoch()};
    const auto before = zone.offset_at(as_utc - days(1));
    const auto later = zone.offset_at(as_utc + days(2));
    told = before && later;
    if (!told) return std::nullopt;
    const bool usual = *before == *later;
    const seconds earliest = std::min(*before, *later);
    std::optional<sys_seconds> best;
    const auto consider = [&](sys_seconds when) {
        if (when > after && (!best || when < *best)) best = when;
    };
    for (unsigned hour = 0; hour < 24; ++hour) {
        if (!has(c.hours, hour) || as_utc + std::chrono::hours(hour + 1) - earliest <= after) continue;
        for (unsigned minute = 0; minute < 60; ++minute) {
            if (!has(c.minutes, minute)) continue;
            if (usual) {
                consider(as_utc + std::chrono::hours(hour) + std::chrono::minutes(minute) - *before);
                if (best) return best;
                continue;
            }
            // Between these it is, whichever clock holds.
            const sys_seconds shown = as_utc + std::chrono::hours(hour) + std::chrono::minutes(minute);
            if (shown - earliest <= after) continue;
            if (best && shown - std::max(*before, *later) > *best) return best;
            const auto at = instants_of(zone, day + std::chrono::hours(hour) + std::chrono::minutes(minute));
            if (!at) {
                told = false;
                return std::nullopt;
            }
            if (c.any_hour && at->skipped) continue;
            consider(at->first);
            if (c.any_hour && at->again) consider(*at->again);
        }
    }
    return best;
}

}  // namespace

cron_reading read_cron(std::string_view text) {
    cron_reading out;
    if (text.size() > longest_cron) {
        out.problem = "it is too long";
        return out;
    }
    const std::string plain = lower_case(text);
    for (const shorthand& s : shorthands)
        if (plain == s.name) return read_cron(s.meaning);
    std::vector<std::string_view> words;
    for (std::string_view rest = text;;) {
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        if (rest.empty()) break;
        words.push_back(rest.substr(0, rest.find_first_of(" \t")));
        rest.remove_prefix(words.back().size());
    }
    if (words.size() != cron_fields.size()) {
        out.problem = "it has " + std::to_string(words.size()) + (words.size() == 1 ? " field" : " fields") +
                      ", and five are needed";
        return out;
    }
    std::array<std::uint64_t, 5> bits{};
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const auto field = bits_of(cron_fields[i], words[i], out.problem);
        if (!field) return out;
        bits[i] = *field;
    }
    const auto any = [](std::string_view word) { return word.front() == '*' || word.front() == '?'; };
    cron c{bits[0], bits[1], bits[2], bits[3], bits[4], any(words[2]), any(words[4]), any(words[1])};
    if (has(c.weekdays, 7)) c.weekdays = (c.weekdays | 1U) & 0x7FU;
    if (!next_after(c, {}, sys_seconds{})) {
        out.problem = "such a day never comes";
        return out;
    }
    out.value = c;
    return out;
}

std::optional<sys_seconds> next_after(const cron& c, const time_zone& zone, sys_seconds after) {
    const auto offset = zone.offset_at(after);
    if (!offset) return std::nullopt;
    const auto today = local_days{std::chrono::floor<days>(after + *offset).time_since_epoch()};
    bool told = true;
    for (int i = -1; i < farthest_day && told; ++i) {
        const auto found = first_on(c, zone, today + days(i), after, told);
        if (!found) continue;
        // A zone that crosses the date line leaves out a day: what was of it can come after the next one's first.
        const auto next = first_on(c, zone, today + days(i + 1), after, told);
        return next && *next < *found ? next : found;
    }
    return std::nullopt;
}

}  // namespace latchkey::pipelines
