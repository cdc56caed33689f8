// SPDX-License-Identifier: Apache-2.0
#include "pipelines/timezone.hpp"

#include "pipelines/diagnostic.hpp"
#include "pipelines/posix_zone.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>

namespace latchkey::pipelines {

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t longest_zone_name = 64;
constexpr std::size_t largest_zone_file = 64U << 10U;
constexpr std::size_t header_size = 44;
constexpr std::size_t type_size = 6;  // offset, whether daylight saving, name

// A big-endian two's complement number.
std::int64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
    std::uint64_t out = static_cast<unsigned char>(bytes[at]) >= 0x80 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < width; ++i) out = out << 8U | static_cast<unsigned char>(bytes[at + i]);
    return static_cast<std::int64_t>(out);
}

struct zone_block {
    std::size_t times = 0;
    std::size_t types = 0;
    std::size_t time_width = 4;
    std::string_view body;
    std::size_t size = 0;  // of header and body
};

// One header and the tables it announces. A file has one with 4-byte times and then one with 8-byte times.
std::optional<zone_block> block_at(std::string_view bytes, std::size_t time_width) {
    if (bytes.size() < header_size || !bytes.starts_with("TZif")) return std::nullopt;
    std::array<std::size_t, 6> counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) {
        counts[i] = static_cast<std::size_t>(number_at(bytes, 20 + 4 * i, 4));
        if (counts[i] > bytes.size()) return std::nullopt;
    }
    const auto [universal, standard, leaps, times, types, characters] = counts;
    const std::size_t body =
        times * time_width + times + types * type_size + characters + leaps * (time_width + 4) + standard + universal;
    if (types == 0 || header_size + body > bytes.size()) return std::nullopt;
    return zone_block{times, types, time_width, bytes.substr(header_size, body), header_size + body};
}

std::optional<seconds> offset_of_type(const zone_block& block, std::size_t type) {
    if (type >= block.types) return std::nullopt;
    const std::int64_t offset = number_at(block.body, block.times * (block.time_width + 1) + type * type_size, 4);
    constexpr std::int64_t most = 26 * std::int64_t{3600};
    if (offset < -most || offset > most) return std::nullopt;
    return seconds(offset);
}

bool is_safe_zone_name(std::string_view name) {
    if (name.empty() || name.size() > longest_zone_name || name.front() == '/' || name.front() == '-') return false;
    return name.find("//") == std::string_view::npos && std::ranges::all_of(name, [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                      c == '-' || c == '+' || c == '/';
           });
}

bool is_utc(std::string_view name) {
    constexpr std::array<std::string_view, 5> names = {"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z"};
    return name.empty() || std::ranges::find(names, name) != names.end();
}

std::optional<std::string> read_zone_file(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    std::string bytes(largest_zone_file + 1, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (file.bad() || bytes.size() > largest_zone_file) return std::nullopt;
    return bytes;
}

wall_time wall_time_at(sys_seconds local) {
    const auto day = std::chrono::floor<std::chrono::days>(local);
    wall_time out;
    out.day = static_cast<int>(std::chrono::weekday(day).iso_encoding());
    out.hour = static_cast<int>(std::chrono::floor<std::chrono::hours>(local - day).count());
    return out;
}

}  // namespace

std::optional<seconds> zone_offset(std::string_view bytes, sys_seconds now) {
    std::optional<zone_block> block = block_at(bytes, 4);
    if (!block) return std::nullopt;
    std::string_view rule;
    if (bytes[4] >= '2') {
        bytes.remove_prefix(block->size);
        block = block_at(bytes, 8);
        if (!block) return std::nullopt;
        rule = bytes.substr(block->size);
        if (!rule.starts_with('\n')) return std::nullopt;
        rule.remove_prefix(1);
        const std::size_t end = rule.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        rule = rule.substr(0, end);
    }
    // How many of the ascending times are not after now.
    std::size_t passed = 0;
    for (std::size_t left = block->times; left > 0;) {
        const std::size_t half = left / 2;
        const std::size_t middle = passed + half;
        if (number_at(block->body, middle * block->time_width, block->time_width) <= now.time_since_epoch().count()) {
            passed = middle + 1;
            left -= half + 1;
        } else {
            left = half;
        }
    }
    if (passed == block->times && !rule.empty()) return posix_offset(rule, now);
    if (passed == 0) return offset_of_type(*block, 0);
    return offset_of_type(*block,
                          static_cast<unsigned char>(block->body[block->times * block->time_width + passed - 1]));
}

std::optional<seconds> time_zone::offset_at(sys_seconds when) const {
    if (bytes_.empty()) return seconds(0);
    return zone_offset(bytes_, when);
}

zone_reading read_zone(std::string_view name, const std::filesystem::path& directory) {
    zone_reading out;
    if (is_utc(name)) {
        out.zone.emplace();
        return out;
    }
    std::error_code ignored;
    if (!is_safe_zone_name(name)) {
        out.unknown = in_backticks(name) + " is not the name of a time zone";
        return out;
    }
    if (!std::filesystem::is_directory(directory, ignored)) {
        out.unknown = "the time in " + in_backticks(name) + " can't be told, because the system has no " +
                      directory.string() + " (install tzdata, or use UTC)";
        return out;
    }
    std::optional<std::string> bytes = read_zone_file(directory / name);
    if (bytes && zone_offset(*bytes, sys_seconds{})) {
        out.zone.emplace();
        out.zone->bytes_ = std::move(*bytes);
        return out;
    }
    out.unknown = in_backticks(name) + (bytes ? " is not a time zone's file" : " is an unknown time zone");
    return out;
}

std::optional<instants> instants_of(const time_zone& zone, std::chrono::local_seconds local) {
    constexpr std::chrono::hours a_day{24};
    const sys_seconds as_utc{local.time_since_epoch()};
    const auto before = zone.offset_at(as_utc - a_day);
    const auto after = zone.offset_at(as_utc + a_day);
    if (!before || !after) return std::nullopt;
    instants out;
    out.first = as_utc - *before;
    if (*before == *after) return out;
    const sys_seconds late = as_utc - *after;
    const bool early_holds = zone.offset_at(out.first) == before;
    const bool late_holds = zone.offset_at(late) == after;
    if (early_holds && late_holds) {
        out.again = late;
    } else if (late_holds) {
        out.first = late;
    } else {
        out.skipped = !early_holds;
    }
    return out;
}

wall_time time_in_zone(std::string_view zone, sys_seconds now, const std::filesystem::path& directory) {
    wall_time out;
    const zone_reading read = read_zone(zone, directory);
    out.unknown = read.unknown;
    if (!read.zone) return out;
    const std::optional<seconds> offset = read.zone->offset_at(now);
    if (offset) return wall_time_at(now + *offset);
    out.unknown = in_backticks(zone) + " is not a time zone's file";
    return out;
}

}  // namespace latchkey::pipelines
