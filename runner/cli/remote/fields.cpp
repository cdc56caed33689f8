// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/fields.hpp"

#include <cstdio>

namespace latchkey::cli::remote {

const json& field(const json& object, const char* name) {
    static const json nothing;
    if (!object.is_object()) return nothing;
    const auto at = object.find(name);
    return at == object.end() ? nothing : *at;
}

std::string text_in(const json& object, const char* name) {
    const json& f = field(object, name);
    return f.is_string() ? f.get<std::string>() : std::string();
}

std::int64_t number_in(const json& object, const char* name) {
    const json& f = field(object, name);
    return f.is_number_integer() ? f.get<std::int64_t>() : 0;
}

bool flag_in(const json& object, const char* name) {
    const json& f = field(object, name);
    return f.is_boolean() && f.get<bool>();
}

const std::vector<json>& list_in(const json& object, const char* name) {
    static const std::vector<json> nothing;
    const json& f = field(object, name);
    return f.is_array() ? f.get_ref<const json::array_t&>() : nothing;
}

std::optional<policy::time_point> time_in(const json& object, const char* name) {
    const std::string text = text_in(object, name);
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    int used = 0;
    if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u%n", &year, &month, &day, &hour, &minute, &second, &used) !=
        6)
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    policy::time_point at = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                            std::chrono::seconds(second);
    unsigned part = 0;
    int digits = 0;
    if (std::sscanf(text.c_str() + used, ".%3u%n", &part, &digits) == 1) {
        for (int i = digits - 1; i < 3; ++i) part *= 10;
        at += std::chrono::milliseconds(part);
    }
    return at;
}

std::string one_line(const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace latchkey::cli::remote
