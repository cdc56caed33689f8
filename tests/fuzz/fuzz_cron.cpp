// SPDX-License-Identifier: Apache-2.0
//
// Schedules, over any bytes: the cron text, the time zone and the start date on lines of their own. What is read has
// a next time that is later, in minutes or at the start, and the one after it is later still.
#include "pipelines/schedule.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace latchkey::pipelines;
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto line = [&rest] {
        const std::string out(rest.substr(0, rest.find('\n')));
        rest.remove_prefix(std::min(out.size() + 1, rest.size()));
        return out;
    };
    event e;
    e.type = event_type::schedule;
    e.cron = line();
    e.timezone = line();
    e.start_date = line();
    e.delay = static_cast<int>(size % 1000);
    const schedule_reading read = read_schedule(e);
    if (read.value.has_value() == !read.problem.empty()) std::abort();
    if (!read.value) return 0;
    const std::chrono::sys_seconds now{std::chrono::seconds(1'750'000'000)};
    const auto first = next_due(*read.value, now);
    if (!first) return 0;
    const auto second = next_due(*read.value, *first);
    if (*first <= now || (second && *second <= *first)) std::abort();
    if (second && !due_at(*read.value, *first, *second)) std::abort();
    return 0;
}
