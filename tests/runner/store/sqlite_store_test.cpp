// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sqlite_store.hpp"

#include "runner/store/sql_connection.hpp"
#include "tests/runner/store/store_conformance.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <set>
#include <sys/stat.h>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// Statements are kept by their texts: one that is gone after the call does not compile.
template <class Text>
concept kept_by_exec = requires(store::sql_connection& c, Text&& sql) { c.exec(std::forward<Text>(sql), 1); };
template <class Text>
concept kept_by_rows =
    requires(store::sql_connection& c, Text&& sql) { c.rows<std::int64_t>(std::forward<Text>(sql), 1); };
template <class Text>
concept kept_by_one =
    requires(store::sql_connection& c, Text&& sql) { c.one<std::int64_t>(std::forward<Text>(sql), 1); };
template <class Text>
constexpr int ways_to_keep = int{kept_by_exec<Text>} + int{kept_by_rows<Text>} + int{kept_by_one<Text>};
static_assert(ways_to_keep<const char (&)[9]> == 3);
static_assert(ways_to_keep<std::string_view> == 3);
static_assert(ways_to_keep<const std::string&> == 3);
static_assert(ways_to_keep<std::string> == 0);

std::unique_ptr<store::store> open_at(const std::filesystem::path& file) {
    auto opened = store::open_sqlite(file);
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().what));
    return std::move(*opened);
}

struct raw_database {
    explicit raw_database(const std::filesystem::path& file) {
        REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
    }
    ~raw_database() { sqlite3_close(handle); }
    raw_database(const raw_database&) = delete;
    raw_database& operator=(const raw_database&) = delete;
    void run(const std::string& sql) {
        REQUIRE(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    sqlite3* handle = nullptr;
};

errc open_error(const std::filesystem::path& file) {
    auto opened = store::open_sqlite(file);
    REQUIRE(opened.has_error());
    return opened.error().code;
}

}  // namespace

TEST_SUITE("store.sqlite") {
    TEST_CASE("refused: a folder or file that others may enter, a link, another user's database format") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        open_at(file);
        struct stat found{};
        REQUIRE(::stat(file.c_str(), &found) == 0);
        CHECK((found.st_mode & 0777) == 0600);
        REQUIRE(::stat(file.parent_path().c_str(), &found) == 0);
        CHECK((found.st_mode & 0777) == 0700);
        std::filesystem::permissions(file, std::filesystem::perms(0640));
        CHECK(open_error(file) == errc::refused);
        std::filesystem::permissions(file, std::filesystem::perms(0600));
        std::filesystem::permissions(file.parent_path(), std::filesystem::perms(0755));
        CHECK(open_error(file) == errc::refused);
        std::filesystem::permissions(file.parent_path(), std::filesystem::perms(0700));
        std::filesystem::create_symlink(file, file.parent_path() / "link.db");
        CHECK(open_error(file.parent_path() / "link.db") == errc::refused);
        CHECK(open_error(file.parent_path() / "a\"b") == errc::usage);
        std::ofstream(file.parent_path() / "text.db") << std::string(4096, 'x');
        std::filesystem::permissions(file.parent_path() / "text.db", std::filesystem::perms(0600));
        CHECK(open_error(file.parent_path() / "text.db") == errc::corrupt);
    }
    TEST_CASE("corrupt: the schema of another version") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        open_at(file);
        raw_database(file).run("INSERT INTO schema_versions VALUES (1000, 'x')");
        CHECK(open_error(file) == errc::corrupt);
        raw_database(file).run(
            "DELETE FROM schema_versions WHERE number = 1000; UPDATE schema_versions SET checksum = 'x'");
        CHECK(open_error(file) == errc::corrupt);
    }
    TEST_CASE("one schema: many openings at once of a new database") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        std::atomic<int> fine{0};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i) {
                threads.emplace_back([&] {
                    auto opened = store::open_sqlite(file);
                    if (opened && (*opened)->local_owner()) ++fine;
                });
            }
        }
        CHECK(fine == 8);
        CHECK(open_at(file)->user(policy::user_id(2)).has_error());
    }
    TEST_CASE("one attempt: fifty threads over two handles with the same key") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        const auto first = open_at(file), second = open_at(file);
        const auto made = make_world(*first);
        const store::grant_and_retry request{made.run.id, made.owner, {made.slack.rights.id}, {}, "double click",
                                             at(800),     -1};
        std::atomic<int> fresh{0}, repeated{0};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 50; ++i) {
                threads.emplace_back([&, i] {
                    const auto outcome = (i % 2 ? first : second)->grant_and_retry(request);
                    if (!outcome) return;
                    const auto* done = std::get_if<store::granted>(&*outcome);
                    if (done && done->attempt == 2) ++(done->repeated ? repeated : fresh);
                });
            }
        }
        CHECK(fresh == 1);
        CHECK(repeated == 49);
        CHECK(first->run(made.run.id).value().attempts.size() == 2);
        CHECK(first->grants(made.slack.rights.id).value().size() == 1);
        CHECK(verify_audit(*second) > 0);
    }
    TEST_CASE("nothing lost: grants, events and decisions ids from many threads over two handles") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        const auto first = open_at(file), second = open_at(file);
        const auto made = make_world(*first);
        const auto before = first->revision().value();
        std::atomic<int> failed{0};
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i) {
                threads.emplace_back([&, i] {
                    auto& store = *(i % 2 ? first : second);
                    for (int n = 0; n < 20; ++n) {
                        policy::grant grant;
                        grant.integration = made.slack.rights.id;
                        grant.pipeline = made.pipeline;
                        if (!store.add_grant(grant, made.owner) || !store.next_decision_id(5)) ++failed;
                        if (!store.snapshot(made.pipeline, {&grant.integration, 1})) ++failed;
                    }
                });
            }
        }
        CHECK(failed == 0);
        CHECK(first->grants(made.slack.rights.id).value().size() == 160);
        CHECK(first->revision().value().value() == before.value() + 160);
        CHECK(first->next_decision_id(1).value().value() == 801);
        CHECK(verify_audit(*first) > 160);
    }
    TEST_CASE("ids of decisions that are taken ahead are nobody else's") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        const auto first = store::open_sqlite_stores(file, {.decision_ids_at_once = 10}).value();
        const auto second = store::open_sqlite_stores(file, {.decision_ids_at_once = 10}).value();
        std::set<std::int64_t> ids;
        std::size_t taken = 0;
        for (int round = 0; round < 6; ++round)
            for (const auto* of : {&first, &second})
                for (const int count : {1, 4, 25}) {
                    const auto id = of->runs->next_decision_id(count).value();
                    for (int i = 0; i < count; ++i, ++taken) ids.insert(id.value() + i);
                }
        CHECK(ids.size() == taken);
    }
    TEST_CASE("a version is another after every change, whoever made it, and the same as long as there is none") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        const auto mine = store::open_sqlite_stores(file, {}).value();
        const auto others = store::open_sqlite_stores(file, {}).value();
        const auto made = make_world(*mine.runs);
        const auto before = mine.version().value();
        CHECK(mine.version() == before);
        REQUIRE(mine.runs->run(made.run.id).has_value());
        CHECK(mine.version() == before);
        REQUIRE(mine.runs->next_decision_id(1).has_value());
        const auto then = mine.version().value();
        CHECK(then != before);
        REQUIRE(others.runs->next_decision_id(1).has_value());
        CHECK(mine.version() != then);
    }
    TEST_CASE("each for itself: changes that share a commit with changes that fail or throw") {
        const temp_dir folder;
        const auto store = open_at(folder / "data" / "store.db");
        const auto made = make_world(*store);
        std::vector<policy::run_id> runs;
        store::new_run wanted;
        wanted.pipeline = made.pipeline;
        wanted.actor = made.owner;
        for (int i = 0; i < 8; ++i) runs.push_back(store->create_run(wanted, "- pipeline: p").value().id);
        std::atomic<int> kept{0}, refused{0}, thrown{0};
        {
            std::vector<std::jthread> threads;
            for (const auto run : runs) {
                threads.emplace_back([&, run] {
                    for (std::int64_t n = 1; n <= 50; ++n) {
                        const auto warning = [](std::int64_t sequence) {
                            return make_event(sequence, run::event_kind::warning, run::status::initial);
                        };
                        const run::event gap[] = {warning(n), warning(n + 2)};
                        const auto bad = store->append_events(run, 1, gap);
                        if (bad.has_error() && bad.error().code == errc::conflict) ++refused;
                        auto other = slack_record();
                        other.identifier = "k" + std::to_string(run.value());
                        try {
                            static_cast<void>(store->add_integration(
                                other,
                                [](policy::integration_id) -> std::vector<vault::sealed_field> {
                                    throw std::bad_alloc();
                                },
                                made.owner));
                        } catch (const std::bad_alloc&) {
                            ++thrown;
                        }
                        const run::event next[] = {warning(n)};
                        if (store->append_events(run, 1, next)) ++kept;
                    }
                });
            }
        }
        CHECK(kept == 400);
        CHECK(refused == 400);
        CHECK(thrown == 400);
        for (const auto run : runs) CHECK(store->events(run, 1, 0).value().size() == 50);
        CHECK(store->integrations(store::local_workspace).value().size() == 1);
        CHECK(verify_audit(*store) > 0);
    }
    TEST_CASE("a log from before entries named integrations says up to when it does not") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        CHECK(open_at(file)->integrations_audited_after().value() == at(0));
        {
            const auto store = open_at(file);
            for (const std::int64_t ms : {7, 9, 8})
                REQUIRE(
                    store->audit(policy::audit_kind::login, policy::user_id(1), {{"a", "b"}}, at(ms)).has_value());
        }
        // As it was left by the version before.
        raw_database(file).run(
            "DROP TABLE agent_work; DROP TABLE agent_registrations; DROP TABLE agents; DROP TABLE moved_logs; "
            "DROP TABLE access_requests; DROP INDEX audit_integration; DROP INDEX "
            "runs_changed; DROP INDEX "
            "runs_project; DROP INDEX runs_of_event; ALTER TABLE runs DROP COLUMN repository_event; ALTER TABLE "
            "audit DROP COLUMN integration; ALTER TABLE runs DROP COLUMN changed; "
            "ALTER TABLE runs DROP COLUMN only_actions; ALTER TABLE runs DROP COLUMN base; DELETE FROM counters "
            "WHERE "
            "name NOT IN ('revision', 'decision'); DELETE FROM schema_versions WHERE number >= 18");
        const auto store = open_at(file);
        CHECK(store->integrations_audited_after().value() == at(9));
        CHECK(verify_audit(*store) == 3);
    }
    TEST_CASE("named: the first audit entry whose row was touched, whatever the column") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        const auto store = open_at(file);
        make_world(*store);
        REQUIRE(store->audit(policy::audit_kind::login, policy::user_id(1), {{"a", "b"}}, at(5)).has_value());
        const auto whole = verify_audit(*store);
        REQUIRE(whole == 3);
        raw_database raw(file);
        for (const char* touch :
             {"at = at + 1", "kind = 'login2'", "kind = 'grant'", "actor = actor + 1", "revision = revision + 1",
              "facts = facts || '1:x1:y'", "facts = '0' || facts", "facts = ''", "hash = upper(hash) || ''",
              "hash = '00' || substr(hash, 3)", "hash = ''"}) {
            CAPTURE(touch);
            raw.run("CREATE TEMP TABLE kept AS SELECT * FROM audit WHERE sequence = 2");
            raw.run(std::string("UPDATE audit SET ") + touch + " WHERE sequence = 2");
            CHECK(verify_audit(*store) == -2);
            raw.run("DELETE FROM audit WHERE sequence = 2");
            CHECK(verify_audit(*store) < 0);
            raw.run("INSERT INTO audit SELECT * FROM kept");
            raw.run("DROP TABLE kept");
            CHECK(verify_audit(*store) == whole);
        }
    }
}
