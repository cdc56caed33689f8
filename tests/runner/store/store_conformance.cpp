// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/store/store_conformance.hpp"

#include <doctest/doctest.h>

namespace latchkey::test {

run::event make_event(std::int64_t sequence, run::event_kind kind, run::status status, std::string text) {
    run::event event;
    event.sequence = sequence;
    event.at = at(1000 + sequence);
    event.kind = kind;
    event.status = status;
    event.text = std::move(text);
    return event;
}

store::integration_record slack_record() {
    store::integration_record record;
    record.identifier = "Slack_prod";
    record.name = "Slack production";
    record.type = "SLACK";
    record.settings = {{"host_url", "https://slack.test"}, {"empty", ""}};
    record.created_at = at(100);
    return record;
}

void end_attempt(store::store& store, policy::run_id run, int attempt) {
    const run::event events[] = {
        make_event(1, run::event_kind::denied, run::status::initial, "missing permissions"),
        make_event(2, run::event_kind::attempt_ended, run::status::failed, "failed before it started"),
    };
    REQUIRE(store.append_events(run, attempt, events).has_value());
}

world make_world(store::store& store) {
    world made;
    made.project = store.project_at("/home/ana/shop").value().id;
    const std::string names[] = {"deploy"};
    made.pipeline = store.sync_pipelines(made.project, "buddy.yml", names, {}).value().at(0).id;
    const auto seal = [](policy::integration_id id) {
        return std::vector<vault::sealed_field>{
            {"token", 1, 1, std::string("\0\xffsealed", 8) + std::to_string(id.value())}};
    };
    REQUIRE(store.add_key({1, std::string("\0wrapped", 8)}).has_value());
    made.slack = store.add_integration(slack_record(), seal, made.owner).value();
    store::new_run wanted;
    wanted.pipeline = made.pipeline;
    wanted.actor = made.owner;
    wanted.at = at(500);
    wanted.source.file = "buddy.yml";
    const std::string_view definition = "- pipeline: \"deploy\"\n\xc3\xa9";
    wanted.source.ref = {policy::ref_type::branch, "refs/heads/main"};
    wanted.source.trust = policy::source_trust::trusted;
    wanted.source.parameters = {{"A", "1:2"}};
    wanted.source.images = {{"node:*", "mirror.test/node:*"}};
    wanted.source.secret_names = {"TOKEN", ""};
    made.run = store.create_run(wanted, definition).value();
    end_attempt(store, made.run.id, 1);
    return made;
}

std::int64_t verify_audit(store::store& store) {
    policy::chain_verifier verifier;
    const auto walked = store.walk_audit(1, [&](const policy::audit_entry& entry) { return verifier.feed(entry); });
    REQUIRE(walked.has_value());
    return verifier.first_broken() != 0 ? -verifier.first_broken() : verifier.verified();
}

}  // namespace latchkey::test
