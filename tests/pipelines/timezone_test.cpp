// SPDX-License-Identifier: Apache-2.0
#include "pipelines/timezone.hpp"

#include "pipelines/posix_zone.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;
using namespace std::chrono;

namespace {

std::string number(std::int64_t value, int width) {
    std::string out;
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
    return out;
}

// A zone file with one change at `when` from one offset to another, and a rule after it.
std::string zone_file(std::int64_t when, int before, int after, const std::string& rule) {
    const auto block = [&](int width) {
        return "TZif2" + std::string(15, '\0') + number(0, 4) + number(0, 4) + number(0, 4) + number(1, 4) +
               number(2, 4) + number(4, 4) + number(when, width) + '\1' + number(before, 4) + std::string(2, '\0') +
               number(after, 4) + std::string(2, '\0') + std::string("XYZ\0", 4);
    };
    return block(4) + block(8) + "\n" + rule + "\n";
}

bool has_zones() {
    if (std::filesystem::is_regular_file(std::filesystem::path(zone_directory) / "Europe/Warsaw")) return true;
    MESSAGE(zone_directory << " is missing: real zones were not read");
    return false;
}

}  // namespace

TEST_SUITE("pipelines.timezone") {
    TEST_CASE("no file needed: UTC under its names") {
        const sys_seconds thursday = sys_days(1970y / January / 1) + 5h;
        for (const char* zone : {"", "UTC", "Etc/UTC", "GMT", "Z"}) {
            const wall_time time = time_in_zone(zone, thursday, "/nowhere");
            CHECK(time.unknown.empty());
            CHECK(time.day == 4);
            CHECK(time.hour == 5);
        }
    }

    TEST_CASE("the wall's time: real zones in winter, in summer and far ahead") {
        if (!has_zones()) return;
        const auto hour = [](const char* zone, sys_days day) { return time_in_zone(zone, day + 12h).hour; };
        CHECK(hour("Europe/Warsaw", 2026y / January / 15) == 13);
        CHECK(hour("Europe/Warsaw", 2026y / July / 15) == 14);
        CHECK(hour("Europe/Warsaw", 2090y / July / 15) == 14);
        CHECK(hour("Europe/Warsaw", 2090y / January / 15) == 13);
        CHECK(hour("America/New_York", 2026y / July / 15) == 8);
        CHECK(hour("Australia/Sydney", 2026y / January / 15) == 23);
        CHECK(hour("Australia/Sydney", 2090y / January / 15) == 23);
        CHECK(hour("Asia/Kolkata", 2026y / January / 15) == 17);
        CHECK(time_in_zone("Pacific/Auckland", sys_days(2026y / July / 5) + 13h).day == 1);
    }

    TEST_CASE("to the second: where summer begins and ends") {
        if (!has_zones()) return;
        const sys_seconds begin = sys_days(2026y / March / 29) + 1h;
        CHECK(time_in_zone("Europe/Warsaw", begin - 1s).hour == 1);
        CHECK(time_in_zone("Europe/Warsaw", begin).hour == 3);
        const sys_seconds end = sys_days(2026y / October / 25) + 1h;
        CHECK(time_in_zone("Europe/Warsaw", end - 1s).hour == 2);
        CHECK(time_in_zone("Europe/Warsaw", end).hour == 2);
    }

    TEST_CASE("refused with the reason: names that are no zone") {
        const latchkey::test::temp_dir folder;
        latchkey::test::write_file(folder.path() / "Broken", "TZif2");
        std::filesystem::create_directory(folder.path() / "Folder");
        const auto reason = [&](std::string_view zone) { return time_in_zone(zone, {}, folder.path()).unknown; };
        CHECK(reason("Broken") == "`Broken` is not a time zone's file");
        CHECK(reason("Europe/Nowhere") == "`Europe/Nowhere` is an unknown time zone");
        CHECK(reason("Folder") == "`Folder` is an unknown time zone");
        for (const char* name : {"../Broken", "/etc/passwd", "a//b", "-x", "a.b", "a b", "a\nb"}) {
            CAPTURE(name);
            CHECK(reason(name).ends_with("is not the name of a time zone"));
        }
        CHECK(reason(std::string(65, 'a')).ends_with("is not the name of a time zone"));
        CHECK(time_in_zone("Europe/Warsaw", {}, "/nowhere").unknown ==
              "the time in `Europe/Warsaw` can't be told, because the system has no /nowhere (install tzdata, or use "
              "UTC)");
    }

    TEST_CASE("before, after and beyond: a file's changes and its rule") {
        const std::string file = zone_file(1000, 3600, 7200, "");
        CHECK(zone_offset(file, sys_seconds(999s)) == 3600s);
        CHECK(zone_offset(file, sys_seconds(1000s)) == 7200s);
        const std::string with_rule = zone_file(1000, 3600, 7200, "<+05>-5");
        CHECK(zone_offset(with_rule, sys_seconds(999s)) == 3600s);
        CHECK(zone_offset(with_rule, sys_seconds(1000s)) == 5h);
        CHECK(zone_offset(zone_file(-4'000'000'000, -60, -3600, ""), sys_seconds(0s)) == -1h);
    }

    TEST_CASE("nothing: bytes that are no zone file, at any length") {
        const std::string file = zone_file(1000, 3600, 7200, "<+05>-5");
        for (std::size_t length = 0; length < file.size(); ++length)
            CHECK_FALSE(zone_offset(std::string_view(file).substr(0, length), sys_seconds(5s)));
        CHECK_FALSE(zone_offset(zone_file(1000, 3600, 200'000, ""), sys_seconds(1000s)));
        CHECK_FALSE(zone_offset(zone_file(1000, 3600, 7200, "not a rule"), sys_seconds(1000s)));
    }

    TEST_CASE("summer and winter: rules in each of their forms") {
        const auto at = [](const char* rule, sys_days day) { return posix_offset(rule, day + 12h); };
        const sys_days winter = 2026y / January / 15;
        const sys_days summer = 2026y / July / 15;
        CHECK(at("UTC0", winter) == 0s);
        CHECK(at("EST5EDT", winter) == -5h);
        CHECK(at("EST5EDT", summer) == -4h);
        CHECK(at("CET-1CEST,M3.5.0,M10.5.0/3", summer) == 2h);
        CHECK(at("NZST-12NZDT,M9.5.0,M4.1.0/3", winter) == 13h);
        CHECK(at("NZST-12NZDT,M9.5.0,M4.1.0/3", summer) == 12h);
        CHECK(at("<+0330>-3:30", summer) == 3h + 30min);
        CHECK(at("ABC-1DEF-3,J60/0,J300/0", summer) == 3h);
        CHECK(at("ABC-1DEF,59/0,299/-1", winter) == 1h);
        CHECK(posix_offset("ABC0DEF,J60/0,J300/0", sys_days(2024y / March / 1)) == 1h);
        CHECK(posix_offset("ABC0DEF,J60/0,J300/0", sys_days(2024y / February / 29)) == 0s);
        CHECK(posix_offset("ABC0DEF,59/0,300/0", sys_days(2024y / February / 29)) == 1h);
        for (const char* wrong : {"", "A1", "ABC", "ABC1D", "ABC1DEF,", "ABC1DEF,M3.5.0", "ABC1DEF,M13.1.0,M1.1.0",
                                  "ABC1DEF,M3.6.0,M4.1.0", "ABC1DEF,M3.5.7,M4.1.0", "ABC1DEF,J0,J1", "ABC200",
                                  "ABC1:60", "<AB>1x", "<ABC1", "ABC1DEF,J1,J2,J3"}) {
            CAPTURE(wrong);
            CHECK_FALSE(posix_offset(wrong, winter + 0s));
        }
    }
}
