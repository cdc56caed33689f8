// SPDX-License-Identifier: Apache-2.0
#include "runner/run/run_limits.hpp"

#include <doctest/doctest.h>

using latchkey::run::limits_from;

TEST_SUITE("run.run_limits") {
    TEST_CASE("nothing asked for is no limit, and the network") {
        const auto l = limits_from({});
        REQUIRE(l.has_value());
        CHECK_FALSE(l->use.any());
        CHECK(l->network);
    }

    TEST_CASE("units of memory are powers of 1024, and the rest numbers") {
        for (const auto& [text, bytes] :
             std::vector<std::pair<std::string, std::uint64_t>>{{"1M", 1U << 20U},
                                                                {"2G", std::uint64_t{2} << 30U},
                                                                {"2g", std::uint64_t{2} << 30U},
                                                                {"2048K", 2U << 20U},
                                                                {"1048576", 1U << 20U}}) {
            const auto l = limits_from({{"memory", text}});
            REQUIRE(l.has_value());
            CHECK_EQ(l->use.memory_bytes, bytes);
        }
        const auto l = limits_from({{"cpus", "0.5"}, {"pids", "20"}, {"network", "off"}});
        REQUIRE(l.has_value());
        CHECK_EQ(l->use.cpus, 0.5);
        CHECK_EQ(l->use.pids, 20);
        CHECK_FALSE(l->network);
    }

    TEST_CASE("what can't be a limit is refused with what can") {
        for (const auto& [name, value] :
             std::vector<std::pair<std::string, std::string>>{{"memory", ""},
                                                              {"memory", "much"},
                                                              {"memory", "-1"},
                                                              {"memory", "1K"},
                                                              {"memory", "1T"},
                                                              {"memory", "1.5G"},
                                                              {"memory", "99999999999999999G"},
                                                              {"cpus", "0"},
                                                              {"cpus", "nan"},
                                                              {"cpus", "inf"},
                                                              {"cpus", "1e9"},
                                                              {"cpus", "two"},
                                                              {"pids", "1"},
                                                              {"pids", "-5"},
                                                              {"pids", "4294967296"},
                                                              {"network", "maybe"},
                                                              {"disk", "1G"}}) {
            CAPTURE(name);
            CAPTURE(value);
            const auto l = limits_from({{name, value}});
            REQUIRE_FALSE(l.has_value());
            CHECK_EQ(l.error().code, latchkey::errc::usage);
            CHECK_NE(l.error().what.find("\"" + value + "\""), std::string::npos);
        }
    }
}
