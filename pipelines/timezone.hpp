// SPDX-License-Identifier: Apache-2.0
//
// What a clock on the wall shows in a time zone of the IANA database, which the system provides as files. UTC needs
// no file. Functions without state; time_in_zone() reads one small file. Any thread may call them.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::pipelines {

inline constexpr const char* zone_directory = "/usr/share/zoneinfo";

struct wall_time {
    int day = 0;          // 1 = Monday … 7
    int hour = 0;         // 0–23
    std::string unknown;  // why the time there can't be told, one clause; empty: it can
};

wall_time time_in_zone(std::string_view zone, std::chrono::sys_seconds now,
                       const std::filesystem::path& directory = zone_directory);

// What to add to UTC at `now` according to a zone file's bytes; nullopt if they are not a zone file.
std::optional<std::chrono::seconds> zone_offset(std::string_view bytes, std::chrono::sys_seconds now);

}  // namespace latchkey::pipelines
