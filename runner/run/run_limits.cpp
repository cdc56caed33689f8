// SPDX-License-Identifier: Apache-2.0
#include "runner/run/run_limits.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace latchkey::run {

namespace {

constexpr std::uint64_t smallest_memory = 1UL << 20U;  // no shell starts with less
constexpr double most_cpus = 1024;

template <class Number>
bool read_number(std::string_view text, Number& to) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc() && end == text.data() + text.size();
}

bool read_bytes(std::string_view text, std::uint64_t& to) {
    std::uint64_t unit = 1;
    if (text.ends_with('K') || text.ends_with('k')) unit = 1UL << 10U;
    if (text.ends_with('M') || text.ends_with('m')) unit = 1UL << 20U;
    if (text.ends_with('G') || text.ends_with('g')) unit = 1UL << 30U;
    if (unit != 1) text.remove_suffix(1);
    if (!read_number(text, to) || to > std::numeric_limits<std::int64_t>::max() / unit) return false;
    to *= unit;
    return to >= smallest_memory;
}

}  // namespace

result<run_limits> limits_from(const store::facts& written) {
    run_limits l;
    for (const auto& [name, value] : written) {
        const auto wrong = [&](const std::string& can_be) {
            return failure(errc::usage, "\"" + value + "\" can't be a limit of " + name + ": write " + can_be);
        };
        if (name == "memory") {
            if (!read_bytes(value, l.use.memory_bytes)) return wrong("at least 1M, as in 512M or 2G");
        } else if (name == "cpus") {
            if (!read_number(value, l.use.cpus) || !(l.use.cpus >= 0.01 && l.use.cpus <= most_cpus))
                return wrong("a number of processors, as in 2 or 0.5");
        } else if (name == "pids") {
            if (!read_number(value, l.use.pids) || l.use.pids < 2) return wrong("a number of processes, 2 or more");
        } else if (name == "network" && (value == "on" || value == "off")) {
            l.network = value == "on";
        } else {
            return failure(errc::usage, "there is no limit \"" + name + "\" with the value \"" + value + "\"");
        }
    }
    return l;
}

}  // namespace latchkey::run
