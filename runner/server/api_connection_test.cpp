// SPDX-License-Identifier: Apache-2.0
// Whether an integration's service takes its credential: asked by the server, at the integration's own host, for who
// has Use. Decided, audited, counted; the credential goes there and nowhere else, and nothing of the answer goes on.
#include "policy/trial.hpp"
#include "runner/server/connection_check.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/sessions.hpp"

namespace latchkey::server {

namespace {

constexpr const char* subject = "test of the connection";

failure unknown() {
    return {errc::not_found, "there is no such integration"};
}

answer told(bool tested, const json& good, std::string message) {
    return {200, {{"tested", tested}, {"ok", good}, {"message", std::move(message)}}, {}};
}

result<policy::trial> decided(const call& c, policy::integration_id id) {
    store::store& s = *c.server.stores.runs;
    auto number = s.next_decision_id(1);
    if (!number) return number.error();
    auto facts = s.snapshot(policy::pipeline_id(), {&id, 1});
    if (!facts) return facts.error();
    const policy::trial t = policy::decide(*facts, policy::trial_request{*number, c.actor(), id});
    const store::facts what = {{"decision", std::to_string(t.id().value())},
                               {"allowed", t.allowed() ? "yes" : "no"},
                               {"verdict", std::string(policy::to_string(t.verdict()))},
                               {"integration", std::to_string(id.value())},
                               {"subject", subject}};
    if (auto noted = s.audit(policy::audit_kind::decision, c.actor(), what, c.now()); !noted) return noted.error();
    return t;
}

}  // namespace

result<answer> test_connection(call& c) {
    // Nobody says anything here of where the credential goes, or believes that they did.
    if (!c.body.is_null() && !(c.body.is_object() && c.body.empty()))
        return failure(errc::usage, "a test of the connection takes no fields: what is stored is what is tested");
    const auto standing = c.server.connection_tests->take(std::to_string(c.actor().value()), c.now());
    if (!standing.allowed) return too_many(standing, c.now());
    store::store& s = *c.server.stores.runs;
    // The address and the credential of one moment: what is changed meanwhile is not mixed with it.
    auto record = s.find_integration_by_hash(c.workspace->id, c.at.at("integration"));
    if (!record) return record.error().code == errc::not_found ? unknown() : record.error();
    const policy::integration_id id = record->rights.id;
    const auto trial = decided(c, id);
    if (!trial) return trial.error();
    if (trial->verdict() == policy::trial_verdict::unknown_integration) return unknown();
    if (!trial->allowed()) return failure(errc::denied, "that needs Use on the integration");

    const pipelines::integration_type* type = pipelines::find_integration_type(record->type);
    if (type == nullptr) return told(false, nullptr, "this version does not know the integration's type");
    auto question = question_of(*type, *record);
    if (!question) return told(false, nullptr, question.error().what);
    const auto opened = c.server.vault.open(*trial, id, record->fields);
    if (!opened) return opened.error();
    const store::facts what = {{"integration", std::to_string(id.value())},
                               {"decision", std::to_string(trial->id().value())},
                               {"subject", subject},
                               {"host", question->host}};
    if (auto noted = s.audit(policy::audit_kind::secret_opened, c.actor(), what, c.now()); !noted)
        return noted.error();
    const vault::secret credential = credential_of(*question, record->settings, *opened);
    if (credential.empty()) return told(false, nullptr, "the credential is empty: put one in");
    const auto said =
        outgoing::send(question->request, credential,
                       {.limit = c.server.connection_test_limit, .private_hosts = c.server.private_hosts});
    const connection_answer meaning = meaning_of(*type->check, question->host, said);
    return told(true, meaning.good, meaning.message);
}

}  // namespace latchkey::server
