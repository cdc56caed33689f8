// SPDX-License-Identifier: Apache-2.0
#include "runner/store/copy_store.hpp"

#include "runner/store/postgres_store.hpp"
#include "runner/store/sqlite_store.hpp"
#include "tests/runner/store/either_store.hpp"
#include "tests/runner/store/team_world.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;

TEST_SUITE("store.postgres") {
    TEST_CASE("what SQLite held is in PostgreSQL: every row, what is counted, the audit chain, and ids go on") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        const std::string url = postgres_at(folder.path());
        auto old = store::open_sqlite_stores(file).value();
        const world solo = make_world(*old.runs);
        const team_world w = make_team(old);
        REQUIRE(old.runs->create_attempt({solo.run.id, solo.owner, "retry", -1, false, at(900)}).has_value());
        auto odd = make_event(1, run::event_kind::waiting, run::status::waiting_for_apply,
                              std::string("nul \0 and \xff", 11));
        REQUIRE(old.runs->append_events(solo.run.id, 2, std::vector{odd}).has_value());
        const auto head = old.runs->head_of_audit().value();

        const auto copied = store::copy_to_postgres(file, url);
        REQUIRE_MESSAGE(copied.has_value(), (copied ? "" : copied.error().what));
        std::int64_t rows = 0;
        for (const auto& [table, count] : *copied) rows += count;
        CHECK(rows > 50);

        auto fresh = store::open_postgres_stores(url).value();
        CHECK_EQ(fresh.runs->head_of_audit().value().hash, head.hash);
        CHECK_EQ(verify_audit(*fresh.runs), head.entries);
        CHECK(fresh.runs->events(solo.run.id, 2, 0).value() == std::vector{odd});
        CHECK_EQ(fresh.runs->integration(w.slack.rights.id).value().name, "Slack production");
        CHECK_EQ(fresh.people->find_user("ana@acme.test").value().rights.id, w.admin);
        const auto next = fresh.people->user_with_email("new@acme.test", "New").value().rights.id;
        CHECK_EQ(next, old.people->user_with_email("new@acme.test", "New").value().rights.id);

        const auto again = store::copy_to_postgres(file, url);
        REQUIRE(again.has_error());
        CHECK_EQ(again.error().code, errc::conflict);
        CHECK_NE(again.error().what.find("holds a store already"), std::string::npos);
        CHECK_EQ(store::copy_to_postgres(folder / "none.db", url).error().code, errc::not_found);
    }
}
