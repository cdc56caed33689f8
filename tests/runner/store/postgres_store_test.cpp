// SPDX-License-Identifier: Apache-2.0
// What is PostgreSQL's own. The suites that every store passes run on it as test_store_on_postgres.
#include "runner/store/postgres_store.hpp"

#include "tests/runner/store/either_store.hpp"
#include "tests/runner/store/store_conformance.hpp"
#include "tests/runner/store/team_world.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <atomic>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

store::stores opened(const std::string& url) {
    auto all = store::open_postgres_stores(url);
    REQUIRE_MESSAGE(all.has_value(), (all ? "" : all.error().what));
    return std::move(*all);
}

// What an administrator does, on a connection of its own.
void administer(const std::string& url, const std::string& sql) {
    soci::session session(soci::postgresql, url);
    session << sql;
}

void end_all_connections(const std::string& url) {
    administer(url,
               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
               "pg_backend_pid()");
}

}  // namespace

TEST_SUITE("store.postgres") {
    TEST_CASE("the tables are made once when several servers start at the same moment") {
        const temp_dir folder;
        const std::string url = postgres_at(folder.path());
        std::atomic<int> fine = 0;
        std::vector<std::jthread> servers;
        for (int i = 0; i < 6; ++i)
            servers.emplace_back([&] { fine += store::open_postgres_stores(url).has_value() ? 1 : 0; });
        servers.clear();
        CHECK_EQ(fine, 6);
        auto all = opened(url);
        CHECK(make_team(all).slack.rights.id.valid());
    }

    TEST_CASE("no change of several servers is lost, and the audit chain is one") {
        const temp_dir folder;
        const std::string url = postgres_at(folder.path());
        auto first = opened(url);
        const team_world w = make_team(first);
        const auto before = first.runs->head_of_audit().value().entries;
        std::vector<std::jthread> servers;
        for (int s = 0; s < 4; ++s) {
            servers.emplace_back([&, s] {
                auto mine = store::open_postgres_stores(url).value();
                for (int i = 0; i < 25; ++i) {
                    const auto now = at(1000 + i);
                    if (!mine.runs->audit(policy::audit_kind::login, w.owner, {{"server", std::to_string(s)}}, now))
                        return;
                }
            });
        }
        servers.clear();
        CHECK_EQ(first.runs->head_of_audit().value().entries, before + 100);
        CHECK_EQ(verify_audit(*first.runs), before + 100);
    }

    TEST_CASE("connections that PostgreSQL has ended are made anew, for what reads and for what writes") {
        const temp_dir folder;
        const std::string url = postgres_at(folder.path());
        auto all = opened(url);
        const team_world w = make_team(all);
        end_all_connections(url);
        CHECK(all.runs->integration(w.slack.rights.id).has_value());
        end_all_connections(url);
        CHECK(all.people->rename_user(w.owner, "Olga Two").has_value());
        end_all_connections(url);
        auto moment = all.one_moment();
        CHECK_EQ(all.people->find_user("olga@acme.test").value().rights.id, w.owner);
    }

    TEST_CASE("a transaction whose connection ends in it fails as a whole and says so, and the next one works") {
        const temp_dir folder;
        const std::string url = postgres_at(folder.path());
        {
            auto made = opened(url);
            make_team(made);
        }
        int seen = -1;
        store::postgres_options options;
        options.before_statement = [&](std::string_view) {
            if (seen >= 0 && ++seen == 4) end_all_connections(url);
        };
        auto all = store::open_postgres_stores(url, options).value();
        const auto before = all.runs->head_of_audit().value().entries;
        seen = 0;
        const auto failed = all.runs->audit(policy::audit_kind::login, policy::user_id(1), {}, at(5000));
        seen = -1;
        REQUIRE(failed.has_error());
        CHECK_NE(failed.error().what.find("the connection to PostgreSQL was lost"), std::string::npos);
        CHECK_EQ(all.runs->head_of_audit().value().entries, before);
        CHECK(all.runs->audit(policy::audit_kind::login, policy::user_id(1), {}, at(5001)).has_value());
        CHECK_EQ(verify_audit(*all.runs), before + 1);
    }

    TEST_CASE("a server that stops in the middle of a change does not keep others from writing for long") {
        const temp_dir folder;
        const std::string url = postgres_at(folder.path());
        auto all = opened(url);
        soci::session frozen(soci::postgresql, url);
        frozen << "SET idle_in_transaction_session_timeout = 200";
        frozen << "BEGIN";
        frozen << "SELECT pg_advisory_xact_lock(7881698215321722)";
        CHECK(all.runs->audit(policy::audit_kind::login, policy::user_id(1), {}, at(5000)).has_value());
    }

    TEST_CASE(
        "a server that wants to be alone is, and one that lost its connection to another changes nothing more") {
        const temp_dir folder;
        const std::string url = postgres_at(folder.path());
        store::postgres_options options;
        options.alone = true;
        auto first = store::open_postgres_stores(url, options).value();
        const auto second = store::open_postgres_stores(url, options);
        REQUIRE(second.has_error());
        CHECK_EQ(second.error().code, errc::conflict);
        CHECK_EQ(second.error().what, "another server works on this database: end it, or name another one");
        const auto note = [](store::stores& by) {
            return by.runs->audit(policy::audit_kind::login, policy::user_id(1), {}, at(5000));
        };
        CHECK(note(first).has_value());
        end_all_connections(url);
        auto third = store::open_postgres_stores(url, options).value();
        CHECK(note(third).has_value());
        CHECK_EQ(note(first).error().code, errc::conflict);
        CHECK_EQ(verify_audit(*third.runs), third.runs->head_of_audit().value().entries);
    }

    TEST_CASE("a database that took no changes for a while takes them again, from the server that is alone on it") {
        const temp_dir folder;
        const std::string url = postgres_at(folder.path());
        store::postgres_options options;
        options.alone = true;
        auto all = store::open_postgres_stores(url, options).value();
        const auto note = [&] {
            return all.runs->audit(policy::audit_kind::login, policy::user_id(1), {}, at(5000));
        };
        CHECK(note().has_value());
        administer(url, "ALTER DATABASE " + url.substr(url.rfind('/') + 1, url.find('?') - url.rfind('/') - 1) +
                            " SET default_transaction_read_only = on");
        end_all_connections(url);
        CHECK_NE(note().error().what.find("PostgreSQL takes no changes at the moment"), std::string::npos);
        {
            soci::session session(soci::postgresql, url);
            session << "SET default_transaction_read_only = off";
            session << "ALTER DATABASE " + url.substr(url.rfind('/') + 1, url.find('?') - url.rfind('/') - 1) +
                           " RESET default_transaction_read_only";
        }
        CHECK(note().has_value());
    }

    TEST_CASE("a store of a newer version, and a server that is not there, are refused with what to do") {
        const temp_dir folder;
        const std::string url = postgres_at(folder.path());
        opened(url);
        administer(url, "INSERT INTO schema_versions (number, checksum) VALUES (99999, 'x')");
        const auto newer = store::open_postgres(url);
        REQUIRE(newer.has_error());
        CHECK_EQ(newer.error().code, errc::corrupt);
        const auto nobody = store::open_postgres("postgresql://latchkey:hidden@127.0.0.1:1/none");
        REQUIRE(nobody.has_error());
        CHECK_EQ(nobody.error().what.find("hidden"), std::string::npos);
        CHECK_NE(nobody.error().what.find("can't open the store in PostgreSQL"), std::string::npos);
    }

    TEST_CASE("an address is shown without its password") {
        CHECK_EQ(store::without_password("postgresql://u:p%40x@h:5/d"), "postgresql://u:***@h:5/d");
        CHECK_EQ(store::without_password("postgresql://u@h:5/d?password=secret&x=1"),
                 "postgresql://u@h:5/d?password=***&x=1");
        CHECK_EQ(store::without_password("postgresql://h1:5432,h2/d"), "postgresql://h1:5432,h2/d");
        CHECK(store::is_postgres_url("postgres://h/d"));
        CHECK_FALSE(store::is_postgres_url("/var/lib/latchkey"));
    }
}
