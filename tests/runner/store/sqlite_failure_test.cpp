// SPDX-License-Identifier: Apache-2.0
// Every changing method, broken at its first, second, … last statement: nothing of it may be left.
#include "policy/decision.hpp"
#include "runner/store/sqlite_store.hpp"
#include "tests/runner/store/broken_database.hpp"
#include "tests/runner/store/store_conformance.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct changing_method {
    std::string name;
    std::function<bool(store::store&, const world&)> call;  // whether it succeeded
};

template <class T>
bool fine(const result<T>& outcome) {
    return outcome.has_value();
}

policy::grant slack_grant(const world& in) {
    policy::grant grant;
    grant.integration = in.slack.rights.id;
    grant.pipeline = in.pipeline;
    return grant;
}

std::vector<changing_method> changing_methods() {
    return {
        {"project_at", [](auto& store, const world&) { return fine(store.project_at("/new")); }},
        {"sync_pipelines",
         [](auto& store, const world& in) {
             const std::string names[] = {"a", "b"};
             return fine(store.sync_pipelines(in.project, "buddy.yml", names, {}));
         }},
        {"name_user", [](auto& store, const world& in) { return fine(store.name_user(in.owner, "e", "n")); }},
        {"add_key", [](auto& store, const world&) { return fine(store.add_key({2, "k"})); }},
        {"replace_keys",
         [](auto& store, const world& in) {
             const vault::wrapped_key keys[] = {{1, "x"}, {2, "y"}};
             return fine(store.replace_keys(keys, in.owner, at(900)));
         }},
        {"add_integration",
         [](auto& store, const world& in) {
             auto record = slack_record();
             record.identifier = "other";
             record.rights.users = {{in.owner, policy::level::manage}};
             record.fields = {{"token", 1, 1, "sealed"}};
             return fine(store.add_integration(record, nullptr, in.owner));
         }},
        {"edit_integration",
         [](auto& store, const world& in) {
             auto record = in.slack;
             record.name = "edited";
             return fine(store.edit_integration(record, in.owner, at(900)));
         }},
        {"remove_integration",
         [](auto& store, const world& in) {
             return fine(store.remove_integration(in.slack.rights.id, in.owner, at(900)));
         }},
        {"add_grant", [](auto& store, const world& in) { return fine(store.add_grant(slack_grant(in), in.owner)); }},
        {"revoke",
         [](auto& store, const world& in) {
             return fine(store.revoke(in.slack.rights.id, in.pipeline, in.owner, at(900)));
         }},
        {"next_decision_id", [](auto& store, const world&) { return fine(store.next_decision_id(4)); }},
        {"create_run",
         [](auto& store, const world& in) {
             store::new_run wanted;
             wanted.pipeline = in.pipeline;
             wanted.actor = in.owner;
             wanted.type_files = {{false, "action.yml", "name: x"}};
             return fine(store.create_run(wanted, "- pipeline: p"));
         }},
        {"create_attempt",
         [](auto& store, const world& in) {
             return fine(store.create_attempt({in.run.id, in.owner, "retry", -1, false, at(900)}));
         }},
        {"grant_and_retry",
         [](auto& store, const world& in) {
             const auto facts_now = store.snapshot(in.pipeline, {});
             if (!facts_now) return false;
             return fine(store.grant_and_retry({in.run.id,
                                                in.owner,
                                                {in.slack.rights.id},
                                                {},
                                                "key",
                                                at(900),
                                                -1,
                                                false,
                                                {{policy::decide(*facts_now, {}), "one"}},
                                                true}));
         }},
        {"append_events",
         [](auto& store, const world& in) {
             const auto id = store.unfinished_runs();
             if (!id || id->empty()) return false;
             const run::event events[] = {make_event(1, run::event_kind::attempt_started, run::status::in_progress),
                                          make_event(2, run::event_kind::attempt_ended, run::status::failed, "x")};
             static_cast<void>(in);
             return fine(store.append_events(id->front().id, 1, events));
         }},
        {"record_decisions",
         [](auto& store, const world& in) {
             const auto facts_now = store.snapshot(in.pipeline, {});
             if (!facts_now) return false;
             const auto decision = policy::decide(*facts_now, {});
             const store::decision_record records[] = {{decision, "one"}, {decision, "two"}};
             return fine(store.record_decisions(records, in.owner, at(900)));
         }},
        {"audit",
         [](auto& store, const world& in) {
             return fine(store.audit(policy::audit_kind::login, in.owner, {{"a", "b"}}, at(900)));
         }},
    };
}

}  // namespace

TEST_SUITE("store.sqlite_failure") {
    TEST_CASE("all or nothing: each changing method broken at each of its statements") {
        const temp_dir folder;
        const auto original = folder / "original" / "store.db";
        world made;
        {
            auto store = store::open_sqlite(original).value();
            made = make_world(*store);
            REQUIRE(store->add_grant(slack_grant(made), made.owner).has_value());
            store::new_run wanted;
            wanted.pipeline = made.pipeline;
            wanted.actor = made.owner;
            REQUIRE(store->create_run(wanted, "- pipeline: p").has_value());
        }
        const auto copy = folder / "copy" / "store.db";
        std::filesystem::create_directory(copy.parent_path());
        std::filesystem::permissions(copy.parent_path(), std::filesystem::perms(0700));
        for (const auto& method : changing_methods()) {
            CAPTURE(method.name);
            std::filesystem::copy_file(original, copy, std::filesystem::copy_options::overwrite_existing);
            const auto before = dump(copy);
            breaker hook;
            auto store = store::open_sqlite(copy, hook.options()).value();
            int statements = 0;
            for (bool whole = false; !whole; ++statements) {
                REQUIRE(statements < 100);
                hook.seen = 0;
                hook.until = statements;
                whole = method.call(*store, made);
                CAPTURE(statements);
                if (!whole) {
                    CHECK(dump(copy) == before);
                } else {
                    CHECK(dump(copy) != before);
                    CHECK(hook.seen == statements);  // every statement was broken once before it passed
                }
            }
            CHECK(statements >= 3);
            hook.until = -1;
            CHECK(verify_audit(*store) > 0);
            store.reset();
        }
    }
    TEST_CASE("all or nothing: making a new database, broken at each of its statements") {
        const temp_dir folder;
        const auto file = folder / "new" / "store.db";
        breaker hook;
        for (int statements = 0;; ++statements) {
            REQUIRE(statements < 200);
            hook.seen = 0;
            hook.until = statements;
            const auto opened = store::open_sqlite(file, hook.options());
            if (!opened) continue;
            CHECK(statements > 20);
            hook.until = -1;
            CHECK((*opened)->local_owner().value().rights.id == policy::user_id(1));
            break;
        }
    }
    TEST_CASE("nothing written: the sealer throws") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        auto store = store::open_sqlite(file).value();
        const auto before = dump(file);
        const auto seal = [](policy::integration_id) -> std::vector<vault::sealed_field> { throw std::bad_alloc(); };
        CHECK_THROWS_AS(static_cast<void>(store->add_integration(slack_record(), seal, policy::user_id(1))),
                        std::bad_alloc);
        CHECK(dump(file) == before);
        CHECK(store->add_integration(slack_record(), nullptr, policy::user_id(1)).has_value());
    }
}
