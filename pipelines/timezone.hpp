// SPDX-License-Identifier: Apache-2.0
//
// What a clock on the wall shows in a time zone of the IANA database, which the system provides as files. UTC needs
// no file. Values and functions without state; read_zone() and time_in_zone() read one small file. Any thread.
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

class time_zone {
public:
    time_zone() = default;  // UTC
    // Nothing: its file can't tell.
    std::optional<std::chrono::seconds> offset_at(std::chrono::sys_seconds) const;

private:
    friend struct zone_reading read_zone(std::string_view, const std::filesystem::path&);
    std::string bytes_;
};

struct zone_reading {
    std::optional<time_zone> zone;
    std::string unknown;  // why there is none, one clause
};

zone_reading read_zone(std::string_view name, const std::filesystem::path& directory = zone_directory);

// When a clock there shows a time.
struct instants {
    std::chrono::sys_seconds first{};
    std::optional<std::chrono::sys_seconds> again;  // the clock was put back over it
    bool skipped = false;  // the clock was put forward over it: `first` is as if that had not been done yet
};

std::optional<instants> instants_of(const time_zone&, std::chrono::local_seconds);

// What to add to UTC at `now` according to a zone file's bytes; nullopt if they are not a zone file.
std::optional<std::chrono::seconds> zone_offset(std::string_view bytes, std::chrono::sys_seconds now);

}  // namespace latchkey::pipelines
