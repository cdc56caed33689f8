// SPDX-License-Identifier: Apache-2.0
// Integrations: identity, edits, removal.
#include "tests/runner/store/conformance_parts.hpp"

#include <doctest/doctest.h>

namespace latchkey::test {

void check_integrations(const fresh_store& fresh) {
    const auto open = fresh();
    const auto store = open();
    const auto made = make_world(*store);
    const auto id = made.slack.rights.id;

    SUBCASE("an integration comes back as it was put in, with bytes sealed for its id") {
        const auto known = open()->integration(id).value();
        CHECK(known.identifier == "Slack_prod");
        CHECK(known.settings == slack_record().settings);
        CHECK(known.hash_id.size() == 24);
        REQUIRE(known.fields.size() == 1);
        CHECK(known.fields[0].bytes == std::string("\0\xffsealed", 8) + std::to_string(id.value()));
        CHECK(known.rights == made.slack.rights);
        CHECK(store->integrations(store::local_workspace).value().size() == 1);
    }
    SUBCASE("identifiers are unique in their scope without case, and the project's own comes first") {
        auto twin = slack_record();
        twin.identifier = "SLACK_PROD";
        CHECK(store->add_integration(twin, nullptr, made.owner).error().code == errc::conflict);
        twin.rights.scope = policy::scope::project;
        twin.rights.project = made.project;
        const auto own = store->add_integration(twin, nullptr, made.owner).value();
        CHECK(store->find_integration(made.project, "slack_PROD").value().rights.id == own.rights.id);
        const auto other = store->project_at("/elsewhere").value().id;
        CHECK(store->find_integration(other, "slack_prod").value().rights.id == id);
        CHECK(store->find_integration(other, made.slack.hash_id).value().rights.id == id);
        CHECK(store->find_integration(other, std::to_string(id.value())).value().rights.id == id);
        for (const char* wrong : {"", "slack", "99", "1x", "99999999999999999999", "'; DROP TABLE grants"}) {
            CHECK(store->find_integration(other, wrong).error().code == errc::not_found);
        }
    }
    SUBCASE("an edit needs what was read last, and keeps the scope") {
        const auto before = store->revision().value();
        auto edit = made.slack;
        edit.name = "New name";
        edit.rights.others = policy::level::denied;
        edit.rights.users = {{made.owner, policy::level::use_only}};
        edit.rights.groups = {{policy::group_id(4), policy::level::manage}};
        const auto edited = store->edit_integration(edit, made.owner, made.slack.changed_at).value();
        CHECK(edited.name == "New name");
        CHECK(edited.rights == edit.rights);
        CHECK(edited.fields == made.slack.fields);
        CHECK(edited.changed_at > made.slack.changed_at);
        CHECK(store->revision().value() > before);
        CHECK(store->edit_integration(edit, made.owner, at(900)).error().code == errc::conflict);
        auto moved = edited;
        moved.rights.scope = policy::scope::project;
        moved.rights.project = made.project;
        CHECK(store->edit_integration(moved, made.owner, at(900)).error().code == errc::refused);
    }
    SUBCASE("removing one takes its grants along, and its id is never used again") {
        policy::grant wanted;
        wanted.integration = id;
        wanted.pipeline = made.pipeline;
        REQUIRE(store->add_grant(wanted, made.owner).has_value());
        REQUIRE(store->remove_integration(id, made.owner, at(900)).has_value());
        CHECK(store->integration(id).error().code == errc::not_found);
        CHECK(store->grants(id).value().empty());
        CHECK(store->remove_integration(id, made.owner, at(900)).error().code == errc::not_found);
        const auto again = store->add_integration(slack_record(), nullptr, made.owner).value();
        CHECK(again.rights.id > id);
        CHECK(store->grants(again.rights.id).value().empty());
        CHECK(verify_audit(*store) > 0);
    }
}

void check_grants(const fresh_store& fresh) {
    const auto open = fresh();
    const auto store = open();
    const auto made = make_world(*store);
    const policy::integration_id ids[] = {made.slack.rights.id};
    policy::grant wanted;
    wanted.integration = ids[0];
    wanted.pipeline = made.pipeline;
    wanted.granted_at = at(700);
    wanted.ref_pattern = "refs/heads/*";
    wanted.expires = at(9000);

    SUBCASE("a grant is in the next snapshot, at a newer revision, and a revoke takes it out") {
        const auto before = store->snapshot(made.pipeline, ids).value();
        CHECK(before.grants(ids[0], made.pipeline).empty());
        const auto grant = store->add_grant(wanted, made.owner).value();
        const auto after = open()->snapshot(made.pipeline, ids).value();
        CHECK(after.revision() > before.revision());
        REQUIRE(after.grants(ids[0], made.pipeline).size() == 1);
        CHECK(after.grants(ids[0], made.pipeline)[0] == grant);
        CHECK(store->revoke(ids[0], made.pipeline, made.owner, at(800)).value() == 1);
        CHECK(store->snapshot(made.pipeline, ids).value().grants(ids[0], made.pipeline).empty());
        CHECK(store->revoke(ids[0], made.pipeline, made.owner, at(800)).error().code == errc::not_found);
        CHECK(store->add_grant(wanted, made.owner).value().id > grant.id);
    }
    SUBCASE("whoever replaces grants must have seen them all, and only one that allows everything is kept") {
        const auto dead = store->add_grant(wanted, made.owner).value();
        const auto seen = store->grants(ids[0]).value();
        const store::store::pipeline_list list({made.pipeline});
        auto other = wanted;
        other.expires.reset();
        const auto since = store->add_grant(other, made.owner).value();
        CHECK(store->edit_integration(made.slack, made.owner, at(800), list, seen).error().code == errc::conflict);
        CHECK(store->grants(ids[0]).value().size() == 2);
        // A list without what was seen: one under a condition may yet allow something, one that is over may not.
        auto edited = store->edit_integration(made.slack, made.owner, at(9500), list).value();
        CHECK(store->grants(ids[0]).value() == std::vector{dead, since});
        edited = store->edit_integration(edited, made.owner, at(9600), list, store->grants(ids[0]).value()).value();
        const auto now = store->grants(ids[0]).value();
        REQUIRE(now.size() == 3);
        CHECK_FALSE(now[2].expires.has_value());
        CHECK(now[2].ref_pattern.empty());
        REQUIRE(store->edit_integration(edited, made.owner, at(9700), list, now).has_value());
        CHECK(store->grants(ids[0]).value() == now);
    }
    SUBCASE("a list of pipelines grants again what is over") {
        REQUIRE(store->add_grant(wanted, made.owner).has_value());
        const store::store::pipeline_list list({made.pipeline});
        REQUIRE(store->edit_integration(made.slack, made.owner, at(9000), list).has_value());
        CHECK(store->grants(ids[0]).value().size() == 2);
    }
    SUBCASE("nobody who may not grant can") {
        const auto refused = store->add_grant(wanted, policy::user_id(7));
        CHECK(refused.error().code == errc::denied);
        CHECK(refused.error().what == "there is no such integration");  // a stranger sees none
        auto elsewhere = wanted;
        elsewhere.pipeline = policy::pipeline_id(99);
        CHECK(store->add_grant(elsewhere, made.owner).error().code == errc::denied);
        // Both are in the audit log.
        int refusals = 0;
        REQUIRE(store
                    ->walk_audit(1,
                                 [&](const policy::audit_entry& e) {
                                     for (const auto& [key, value] : e.facts) refusals += key == "refused" ? 1 : 0;
                                     return true;
                                 })
                    .has_value());
        CHECK(refusals == 2);
        CHECK(store->grants(ids[0]).value().empty());
    }
    SUBCASE("grant and retry makes grant, attempt and revision, and the same key again nothing") {
        store::grant_and_retry request{made.run.id, made.owner, {ids[0]}, {"refs/heads/main", at(9000), true},
                                       "key",       at(800),    2};
        const auto first = std::get<store::granted>(store->grant_and_retry(request).value());
        CHECK(first.attempt == 2);
        CHECK_FALSE(first.repeated);
        CHECK(first.revision == store->revision().value());
        CHECK(store->attempt_by_key(made.run.id, request.idempotency_key).value() == first.attempt);
        CHECK_FALSE(store->attempt_by_key(made.run.id, "a key that nobody used").value().has_value());
        CHECK(store->attempt_by_key(policy::run_id(99), request.idempotency_key).error().code == errc::conflict);
        const auto again = std::get<store::granted>(open()->grant_and_retry(request).value());
        CHECK(again.attempt == 2);
        CHECK(again.revision == first.revision);
        CHECK(again.repeated);
        const auto run = store->run(made.run.id).value();
        REQUIRE(run.attempts.size() == 2);
        CHECK(run.attempts[1].from_action == 2);
        CHECK(run.attempts[1].decided_at == first.revision);
        const auto grants = store->grants(ids[0]).value();
        REQUIRE(grants.size() == 1);
        CHECK(grants[0].only_run == made.run.id);
        CHECK(grants[0].from_run == made.run.id);
        request.from_action = 0;
        CHECK(store->grant_and_retry(request).error().code == errc::conflict);
        request.idempotency_key = "another";
        CHECK(store->grant_and_retry(request).error().code == errc::conflict);
        CHECK(store->grants(ids[0]).value().size() == 1);
        CHECK(verify_audit(*store) > 0);
    }
    SUBCASE("what was decided before a grant and the retry's place in the queue are written with it, once") {
        const auto decisions = [&] {
            int count = 0;
            store
                ->walk_audit(1,
                             [&](const policy::audit_entry& e) {
                                 count += e.kind == policy::audit_kind::decision ? 1 : 0;
                                 return true;
                             })
                .value();
            return count;
        };
        const policy::decision no = policy::decide(store->snapshot(made.pipeline, ids).value(), {});
        store::grant_and_retry request{made.run.id, made.owner, {ids[0]}, {}, "key", at(800), -1};
        request.decisions = {{no, "one"}, {no, "two"}};
        request.queued = true;
        REQUIRE_EQ(std::get<store::granted>(store->grant_and_retry(request).value()).attempt, 2);
        CHECK_EQ(decisions(), 2);
        const auto events = store->events(made.run.id, 2, 0).value();
        REQUIRE_EQ(events.size(), 1);
        CHECK_EQ(events[0].kind, run::event_kind::attempt_created);
        CHECK_EQ(events[0].status, run::status::enqueued);
        CHECK_EQ(store->run(made.run.id).value().attempts[1].status, run::status::enqueued);
        CHECK(std::get<store::granted>(store->grant_and_retry(request).value()).repeated);
        CHECK_EQ(decisions(), 4);  // every decision is on record, whatever comes of it
        CHECK_EQ(store->events(made.run.id, 2, 0).value().size(), 1);
        CHECK(verify_audit(*store) > 0);
    }
    SUBCASE("a grant for a run that waited for it is none where it has ended meanwhile") {
        store::grant_and_retry request{made.run.id, made.owner, {ids[0]}, {}, "key", at(800), -1};
        request.waits = true;
        CHECK_EQ(store->grant_and_retry(request).error().code, errc::conflict);
        CHECK(store->grants(ids[0]).value().empty());
        CHECK_EQ(store->run(made.run.id).value().attempts.size(), 1);
    }
    SUBCASE("the key of a retry that had nothing to grant is kept with it") {
        REQUIRE_EQ(
            store->create_attempt({made.run.id, made.owner, "retry", -1, false, at(800), false, "key"}).value(), 2);
        CHECK(store->attempt_by_key(made.run.id, "key").value() == 2);
    }
    SUBCASE("a refused request changes nothing but the audit log") {
        const auto revision = store->revision().value();
        const auto audited = verify_audit(*store);
        store::grant_and_retry request{made.run.id, made.owner, {ids[0], policy::integration_id(99)}, {}, "key",
                                       at(800),     -1};
        const auto refused = std::get<std::vector<policy::refused_grant>>(store->grant_and_retry(request).value());
        REQUIRE(refused.size() == 1);
        CHECK(refused[0].integration == policy::integration_id(99));
        CHECK(store->revision().value() == revision);
        CHECK(store->grants(ids[0]).value().empty());
        CHECK(store->run(made.run.id).value().attempts.size() == 1);
        CHECK(verify_audit(*store) == audited + 1);
        // What was decided is on record all the same.
        request.decisions = {{policy::decide(store->snapshot(made.pipeline, ids).value(), {}), "one"}};
        CHECK_EQ(std::get<std::vector<policy::refused_grant>>(store->grant_and_retry(request).value()).size(), 1);
        CHECK(verify_audit(*store) == audited + 3);
        request.integrations.clear();
        CHECK(store->grant_and_retry(request).error().code == errc::usage);
        request.integrations = {ids[0]};
        request.run = policy::run_id(99);
        CHECK(store->grant_and_retry(request).error().code == errc::not_found);
    }
}

}  // namespace latchkey::test
