// SPDX-License-Identifier: Apache-2.0
//
// Where logs were moved to, as the store keeps it.
#include "tests/runner/store/either_store.hpp"
#include "tests/runner/store/team_world.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct opened_logs {
    temp_dir folder;
    store::stores all{open_stores(folder / "data")};
    team_world team = make_team(all);
    store::moved_logs& logs = *all.logs_elsewhere;

    policy::run_id run() const {
        store::new_run wanted;
        wanted.pipeline = team.deploy;
        wanted.actor = team.developer;
        wanted.at = at(100);
        return all.runs->create_run(wanted, "- pipeline: deploy\n").value().id;
    }
};

}  // namespace

TEST_SUITE("store.moved_logs") {
    TEST_CASE("noted once or again, found, listed, forgotten") {
        const opened_logs w;
        const auto one = w.run();
        const auto two = w.run();
        CHECK_FALSE(w.logs.find(one, 1, 0).value().has_value());
        REQUIRE(w.logs.note({one, 1, 0, "s3://logs at a", "logs/1/1/0.log", 10}).has_value());
        REQUIRE(w.logs.note({one, 2, 0, "s3://logs at a", "logs/1/2/0.log", 20}).has_value());
        REQUIRE(w.logs.note({one, 1, 3, "s3://logs at a", "logs/1/1/3.log", 1ULL << 40U}).has_value());
        REQUIRE(w.logs.note({two, 1, 0, "s3://logs at a", "logs/2/1/0.log", 0}).has_value());
        REQUIRE(w.logs.note({one, 1, 0, "file:/mnt", "x", 11}).has_value());
        const auto again = w.logs.find(one, 1, 0).value();
        REQUIRE(again.has_value());
        CHECK(again->run == one);
        CHECK_EQ(again->place, "file:/mnt");
        CHECK_EQ(again->object, "x");
        CHECK_EQ(again->size, 11);
        const auto all = w.logs.of_run(one).value();
        REQUIRE_EQ(all.size(), 3);
        CHECK_EQ(all[1].action, 3);
        CHECK_EQ(all[1].size, 1ULL << 40U);
        CHECK_EQ(all[2].attempt, 2);
        CHECK(w.logs.runs(0, 10).value() == std::vector{two, one});
        CHECK(w.logs.runs(0, 1).value() == std::vector{two});
        CHECK(w.logs.runs(two.value(), 10).value() == std::vector{one});
        for (const auto& log : all) REQUIRE(w.logs.forget(log).has_value());
        REQUIRE(w.logs.forget(all[0]).has_value());
        CHECK(w.logs.of_run(one).value().empty());
        CHECK(w.logs.runs(0, 10).value() == std::vector{two});
    }

    TEST_CASE("of a run that is not there nothing is noted") {
        const opened_logs w;
        CHECK(w.logs.note({policy::run_id(999), 1, 0, "file:/mnt", "x", 1}).has_error());
        CHECK(w.logs.runs(0, 10).value().empty());
    }
}
