// SPDX-License-Identifier: Apache-2.0
// Runs, attempts, events, recorded decisions.
#include "policy/decision.hpp"
#include "tests/runner/store/conformance_parts.hpp"

#include <doctest/doctest.h>

namespace latchkey::test {

void check_runs(const fresh_store& fresh) {
    const auto open = fresh();
    const auto store = open();
    const auto made = make_world(*store);
    using run::event_kind;
    using run::status;

    SUBCASE("a run keeps the files of its action types, in their order, byte for byte") {
        store::new_run wanted;
        wanted.pipeline = made.pipeline;
        wanted.actor = made.owner;
        wanted.type_files = {{true, "/b.yml", "title: \xc3\xa9\n"}, {false, ".buddy/actions/a/action.yml", ""}};
        const auto id = store->create_run(wanted, "- pipeline: p").value().id;
        CHECK(open()->type_files_of(id).value() == wanted.type_files);
        CHECK(open()->type_files_of(made.run.id).value().empty());
    }

    SUBCASE("a run keeps what it was started with, byte for byte") {
        const auto known = open()->run_by_number(made.project, made.run.number).value();
        CHECK(known.id == made.run.id);
        CHECK(known.number == 1);
        CHECK(known.pipeline_name == "deploy");
        CHECK(open()->definition_of(known.id).value() == "- pipeline: \"deploy\"\n\xc3\xa9");
        CHECK(known.source.ref == policy::ref{policy::ref_type::branch, "refs/heads/main"});
        CHECK(known.source.trust == policy::source_trust::trusted);
        CHECK(known.source.parameters == made.run.source.parameters);
        CHECK(known.source.images == store::facts{{"node:*", "mirror.test/node:*"}});
        CHECK(known.source.secret_names == std::vector<std::string>{"TOKEN", ""});
        REQUIRE(known.attempts.size() == 1);
        CHECK(known.attempts[0].status == status::failed);
        CHECK(known.attempts[0].error == "missing permissions");
        CHECK(known.attempts[0].ended_at == at(1002));
        CHECK_FALSE(known.attempts[0].started_at.has_value());
        CHECK(store->run_by_number(made.project, 2).error().code == errc::not_found);
        CHECK(store->run(policy::run_id(77)).error().code == errc::not_found);
    }
    SUBCASE("the last success: of the last attempt, with all of its actions, of one ref where it is named") {
        const policy::ref main{policy::ref_type::branch, "refs/heads/main"};
        const policy::ref other{policy::ref_type::branch, "refs/heads/other"};
        CHECK_FALSE(store->last_success(made.pipeline, std::nullopt).value().has_value());
        const auto run_of = [&](const policy::ref& ref) {
            store::new_run wanted;
            wanted.pipeline = made.pipeline;
            wanted.actor = made.owner;
            wanted.source.ref = ref;
            wanted.source.repository = "/shop";
            wanted.source.changes = {{"added", "a b\n,c"}, {"added", ""}};
            return store->create_run(wanted, "- pipeline: p").value().id;
        };
        const auto end = [&](policy::run_id id, int attempt, status how) {
            run::event e;
            e.sequence = 1;
            e.kind = event_kind::attempt_ended;
            e.status = how;
            REQUIRE(store->append_events(id, attempt, std::span(&e, 1)).has_value());
        };
        const auto found = [&](const std::optional<policy::ref>& ref) {
            const auto run = open()->last_success(made.pipeline, ref).value();
            return run ? run->id : policy::run_id();
        };
        const auto first = run_of(main);
        end(first, 1, status::successful);
        const auto second = run_of(other);
        end(second, 1, status::successful);
        end(run_of(main), 1, status::failed);
        CHECK(found(std::nullopt) == second);
        CHECK(found(main) == first);
        CHECK(open()->run(second).value().source.repository == "/shop");
        CHECK(open()->run(second).value().source.changes == store::facts{{"added", "a b\n,c"}, {"added", ""}});
        // Failed when it was run again: not a success any more. Nor is one action of it.
        REQUIRE_EQ(store->create_attempt({second, made.owner, "retry", -1, false, at(1)}).value(), 2);
        end(second, 2, status::failed);
        CHECK(found(std::nullopt) == first);
        REQUIRE_EQ(store->create_attempt({second, made.owner, "retry", 0, true, at(1)}).value(), 3);
        end(second, 3, status::successful);
        CHECK(found(std::nullopt) == first);
    }
    SUBCASE("numbers count within the project, newest first, as many as asked") {
        store::new_run wanted;
        wanted.pipeline = made.pipeline;
        wanted.actor = made.owner;
        const auto second = store->create_run(wanted, "- pipeline: p").value();
        CHECK(second.number == 2);
        const auto other = store->project_at("/other").value().id;
        const std::string names[] = {"deploy"};
        wanted.pipeline = store->sync_pipelines(other, "buddy.yml", names, {}).value().at(0).id;
        CHECK(store->create_run(wanted, "- pipeline: p").value().number == 1);
        const auto of_project = store->runs({made.project, std::nullopt, 20}).value();
        REQUIRE(of_project.size() == 2);
        CHECK(of_project[0].number == 2);
        CHECK(store->runs({std::nullopt, std::nullopt, 2}).value().size() == 2);
        CHECK(store->runs({std::nullopt, made.pipeline, 20}).value().size() == 2);
        CHECK(store->runs({other, made.pipeline, 20}).value().empty());
        CHECK(store->runs({std::nullopt, std::nullopt, 0}).value().empty());
        CHECK(store->unfinished_runs().value().size() == 2);
        REQUIRE(store->sync_pipelines(other, "buddy.yml", {}, {}).has_value());
        CHECK(store->create_run(wanted, "- pipeline: p").error().code == errc::conflict);
        wanted.pipeline = policy::pipeline_id(99);
        CHECK(store->create_run(wanted, "- pipeline: p").error().code == errc::not_found);
    }
    SUBCASE("a retry needs an attempt that has ended, and there is one open attempt at most") {
        CHECK(store->create_attempt({made.run.id, made.owner, "retry", 3, true, at(900)}).value() == 2);
        const auto attempt = store->run(made.run.id).value().attempts.at(1);
        CHECK(attempt.from_action == 3);
        CHECK(attempt.only_that_action);
        CHECK(attempt.status == status::initial);
        CHECK(store->create_attempt({made.run.id, made.owner, "retry", -1, false, at(900)}).error().code ==
              errc::conflict);
        CHECK(store->create_attempt({policy::run_id(9), made.owner, "retry", -1, false, at(9)}).error().code ==
              errc::not_found);
    }
    SUBCASE("events keep their order without gaps, and carry the attempt from start to end") {
        REQUIRE(store->create_attempt({made.run.id, made.owner, "retry", -1, false, at(900)}).has_value());
        const auto append = [&](std::vector<run::event> events) {
            return store->append_events(made.run.id, 2, events);
        };
        auto action = make_event(3, event_kind::action_ended, status::failed, std::string("nul \0 and \xff", 11));
        action.action = 4;
        action.reason = run::end_reason::signalled;
        action.number = 9;
        const std::vector first{make_event(1, event_kind::waiting, status::waiting_for_apply),
                                make_event(2, event_kind::attempt_started, status::in_progress), action};
        CHECK(append({first[1]}).error().code == errc::conflict);
        REQUIRE(append(first).has_value());
        CHECK(append({first[2]}).error().code == errc::conflict);
        CHECK(append({make_event(5, event_kind::warning, status::initial)}).error().code == errc::conflict);
        CHECK(append({make_event(4, event_kind::warning, status::initial),
                      make_event(6, event_kind::warning, status::initial)})
                  .error()
                  .code == errc::conflict);
        CHECK(append({make_event(4, event_kind::attempt_ended, status::in_progress)}).error().code == errc::usage);
        CHECK(append({make_event(4, event_kind::waiting, status::failed)}).error().code == errc::usage);
        CHECK(open()->events(made.run.id, 2, 0).value() == first);
        CHECK(store->events(made.run.id, 2, 2).value() == std::vector{first[2]});
        REQUIRE(append({make_event(4, event_kind::attempt_ended, status::successful)}).has_value());
        CHECK(append({make_event(5, event_kind::warning, status::initial)}).error().code == errc::conflict);
        const auto attempt = store->run(made.run.id).value().attempts.at(1);
        CHECK(attempt.status == status::successful);
        CHECK(attempt.started_at == at(1002));
        CHECK(attempt.ended_at == at(1004));
        CHECK(store->unfinished_runs().value().empty());
        CHECK(store->append_events(made.run.id, 3, first).error().code == errc::not_found);
        CHECK(store->events(made.run.id, 3, 0).error().code == errc::not_found);
        CHECK(append({}).has_value());
    }
    SUBCASE("an answer is taken once, while the attempt waits, and is audited") {
        REQUIRE(store->create_attempt({made.run.id, made.owner, "retry", -1, false, at(900)}).has_value());
        const store::answer_record yes{2, true, made.owner, at(960), {{"VERSION", "1.2"}}};
        CHECK(store->answer(made.run.id, 2, yes).error().code == errc::conflict);
        const std::vector waits{make_event(1, event_kind::waiting, status::waiting_for_variables)};
        REQUIRE(store->append_events(made.run.id, 2, waits).has_value());
        CHECK_FALSE(store->answer_of(made.run.id, 2, 2).value().has_value());
        const auto before = verify_audit(*store);
        REQUIRE(store->answer(made.run.id, 2, yes).has_value());
        CHECK(verify_audit(*open()) == before + 1);
        auto no = yes;
        no.accepted = false;
        CHECK(store->answer(made.run.id, 2, no).error().code == errc::conflict);
        const auto kept = open()->answer_of(made.run.id, 2, 2).value();
        REQUIRE(kept.has_value());
        CHECK(kept->accepted);
        CHECK(kept->actor == made.owner);
        CHECK(kept->at == at(960));
        CHECK(kept->variables == yes.variables);
        CHECK_FALSE(store->answer_of(made.run.id, 2, 1).value().has_value());
        CHECK(store->answer(made.run.id, 9, yes).error().code == errc::not_found);
        const std::vector goes_on{make_event(2, event_kind::answered, status::in_progress)};
        REQUIRE(store->append_events(made.run.id, 2, goes_on).has_value());
        CHECK(store->run(made.run.id).value().attempts.at(1).status == status::in_progress);
        CHECK(store->append_events(made.run.id, 2, std::vector{make_event(3, event_kind::answered, status::failed)})
                  .error()
                  .code == errc::usage);
    }
    SUBCASE("decisions are written down, allow and deny alike, in one chain") {
        const policy::integration_id ids[] = {made.slack.rights.id};
        const auto facts_now = store->snapshot(made.pipeline, ids).value();
        policy::use_request request;
        request.id = store->next_decision_id(1).value();
        request.pipeline = made.pipeline;
        request.integration = ids[0];
        request.run = made.run.id;
        request.source = policy::source_trust::trusted;
        const store::decision_record records[] = {
            {policy::decide(facts_now, request), "action \"Notify\" (buddy.yml:3:1)"},
            {policy::decide(facts_now, request), "again"}};
        const auto before = verify_audit(*store);
        REQUIRE(store->record_decisions(records, made.owner, at(950)).has_value());
        REQUIRE(
            store->audit(policy::audit_kind::secret_opened, made.owner, {{"field", "token"}}, at(951)).has_value());
        CHECK(verify_audit(*open()) == before + 3);
        std::vector<policy::audit_entry> entries;
        REQUIRE(store
                    ->walk_audit(before + 1,
                                 [&](const policy::audit_entry& entry) {
                                     entries.push_back(entry);
                                     return entries.size() < 2;
                                 })
                    .has_value());
        REQUIRE(entries.size() == 2);
        CHECK(entries[0].kind == policy::audit_kind::decision);
        CHECK(entries[0].revision == facts_now.revision());
        CHECK(entries[0].facts.at(1) == std::pair<std::string, std::string>("allowed", "no"));
        CHECK(entries[1].facts.back().second == "again");
    }
}

void check_store_conformance(const fresh_store& fresh) {
    SUBCASE("identity") {
        check_identity(fresh);
    }
    SUBCASE("integrations") {
        check_integrations(fresh);
    }
    SUBCASE("grants") {
        check_grants(fresh);
    }
    SUBCASE("runs") {
        check_runs(fresh);
    }
}

}  // namespace latchkey::test
