// SPDX-License-Identifier: Apache-2.0
// What a denied execution lacks, and the one action that grants it and retries (design §3).
#include "policy/decision.hpp"
#include "policy/explain.hpp"
#include "runner/run/missing_json.hpp"
#include "runner/run/report.hpp"
#include "runner/server/execution_input.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/levels.hpp"
#include "runner/server/query.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/through.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::size_t longest_key = 200;
constexpr std::int64_t longest_grant = 10LL * 366 * 24 * 3600;  // seconds

// A client's key is its own: nobody else's can collide with it, or learn what it made.
result<std::string> key_of(const call& c, const store::run_record& run) {
    const std::string* given = c.request.header("Idempotency-Key");
    if (given == nullptr || given->empty()) return std::string();
    if (given->size() > longest_key)
        return failure(errc::usage, "Idempotency-Key has more than " + std::to_string(longest_key) + " characters");
    return "api " + std::to_string(c.actor().value()) + " " + std::to_string(run.id.value()) + " " + *given;
}

result<store::grant_spec> spec_from(const call& c, input& in) {
    store::grant_spec spec;
    spec.ref_pattern = in.text("ref").value_or("");
    spec.once = in.flag("once").value_or(false);
    const auto seconds = in.number("expires_in");
    const auto at = in.text("expires_at");
    if (seconds && at) in.refuse("say one of `expires_in` and `expires_at`");
    if (seconds && (*seconds < 1 || *seconds > longest_grant))
        in.refuse("`expires_in` must be a number of seconds, from 1 to " + std::to_string(longest_grant));
    if (auto fine = in.checked(); !fine) return fine.error();
    if (seconds) spec.expires = c.now() + std::chrono::seconds(*seconds);
    if (at) {
        spec.expires = time_from(*at);
        if (!spec.expires || *spec.expires <= c.now())
            return failure(errc::usage, "`expires_at` must be a time to come, like 2030-01-02T03:04:05Z");
    }
    return spec;
}

// Whether all that is lacking is named: granting a part would only fail again.
result<void> all_named(const call& c, const store::run_record& run, const std::vector<std::string>& named) {
    auto missing = c.server.runs->runs().missing(run, c.actor());
    if (!missing) return missing.error();
    std::vector<policy::integration_id> ids;
    for (const std::string& reference : named) {
        auto record = c.server.stores.runs->find_integration(c.project->id, reference);
        if (!record && record.error().code != errc::not_found) return record.error();
        bool seen = false;
        if (record) {
            auto facts = c.server.stores.runs->snapshot(run.pipeline, {&record->rights.id, 1});
            if (!facts) return facts.error();
            seen = policy::may_see(*facts, c.actor(), record->rights.id);
        }
        if (!seen) return failure(errc::not_found, "there is no integration \"" + reference + "\" for this project");
        ids.push_back(record->rights.id);
    }
    std::string others;
    bool hidden = false;
    for (const run::missing_integration& m : *missing) {
        if (std::ranges::find(ids, m.integration) != ids.end()) continue;
        hidden = hidden || m.name.empty();
        if (!m.name.empty()) others += (others.empty() ? "" : ", ") + m.name;
    }
    if (!others.empty() || hidden)
        return failure(errc::conflict,
                       "the execution lacks more than these: " + others +
                           (hidden ? (others.empty() ? "" : ", ") + std::string("some you may not see") : "") +
                           "; nothing was granted");
    return {};
}

answer refused(const run::finished_attempt& f) {
    const std::string why = f.report.empty() ? "this is not yours to grant" : f.report;
    return answer{
        403, {{"errors", json::array({{{"message", why}}})}, {"missing", run::json_of<json>(f.missing)}}, {}};
}

}  // namespace

result<answer> grant_and_retry(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    run::retry_request request;
    request.number = run->number;
    request.project = run->project;
    request.actor = c.actor();
    request.grant = true;
    input in(c.body);
    const auto named = in.texts("integrations");
    read_scope(in, request);
    auto spec = spec_from(c, in);
    if (!spec) return spec.error();
    request.spec = std::move(*spec);
    auto key = key_of(c, *run);
    if (!key) return key.error();
    request.idempotency_key = std::move(*key);
    if (named)
        if (auto all = all_named(c, *run, *named); !all) return all.error();
    auto made = c.server.runs->retry(request, {});
    if (!made) return made.error();
    if (made->ended && made->ended->outcome == run::outcome::denied && made->attempt == run->attempts.back().number)
        return refused(*made->ended);
    if (made->ended && made->ended->outcome == run::outcome::invalid)
        return failure(errc::refused, made->ended->report);
    auto now = c.server.stores.runs->run(run->id);
    if (!now) return now.error();
    auto seen = made->seen ? look_at(c, *now, std::move(*made->seen)) : look_at(c, *now);
    if (!seen) return seen.error();
    json v = view(c, *now, &*seen);
    v["attempt"] = made->attempt;
    // The same key again made nothing new.
    return answer{made->ended ? 200 : 201, std::move(v), {}};
}

namespace {

std::string why_not(const policy::snapshot& facts, const call& c, const run::missing_integration& m,
                    policy::pipeline_id pipeline) {
    switch (policy::may_grant(facts, c.actor(), m.integration, pipeline)) {
        case policy::grant_refusal::level_too_low:
            return "your level on it is too low to grant it";
        case policy::grant_refusal::may_not_run_pipeline:
            return "you may not run this pipeline";
        case policy::grant_refusal::other_project:
            return "it belongs to another project";
        case policy::grant_refusal::unknown_integration:
        case policy::grant_refusal::unknown_pipeline:
            return "you may not know of it";
        case policy::grant_refusal::none:
            break;
    }
    return "a permission would not help: " + m.reason;
}

// Besides what the command line shows: what the page names it by, and why its button is off.
result<json> view_missing(const call& c, const store::run_record& run,
                          const std::vector<run::missing_integration>& missing) {
    json all = run::json_of<json>(missing);
    for (std::size_t i = 0; i < missing.size(); ++i) {
        const run::missing_integration& m = missing[i];
        json& v = all[i];
        for (const char* field : {"integration_id", "name", "identifier", "type", "why_not"}) v[field] = nullptr;
        if (!m.integration.valid()) {
            v["why_not"] = m.name.empty() ? "you may not know of it" : "there is no such integration: add it first";
            continue;
        }
        auto record = c.server.stores.runs->integration(m.integration);
        if (!record && record.error().code == errc::not_found) continue;
        if (!record) return record.error();
        v["integration_id"] = record->hash_id;
        v["name"] = record->name;
        v["identifier"] = record->identifier;
        v["type"] = record->type;
        if (m.may_grant) continue;
        auto facts = c.server.stores.runs->snapshot(run.pipeline, {&m.integration, 1});
        if (!facts) return facts.error();
        v["why_not"] = why_not(*facts, c, m, run.pipeline);
    }
    return all;
}

}  // namespace

result<answer> show_missing(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    auto missing = c.server.runs->runs().missing(*run, c.actor());
    if (!missing) return missing.error();
    const bool may_run = c.access >= policy::pipeline_level::run_only;
    const bool all = std::ranges::all_of(*missing, &run::missing_integration::may_grant);
    const bool ended =
        run::ended(run->attempts.back().status) || run->attempts.back().status == run::status::waiting_for_permission;
    auto all_of_it = view_missing(c, *run, *missing);
    if (!all_of_it) return all_of_it.error();
    return answer{
        200,
        {{"missing", std::move(*all_of_it)},
         {"may_grant_and_retry", !missing->empty() && all && may_run && ended},
         {"report", run::report_of(*missing, "latchkey retry " + std::to_string(run->number) + " --grant")}},
        {}};
}

namespace {

// What the one whom the question is about has on it. not_found: nobody of the workspace; denied: another than the
// caller, who may not know.
result<json> asked_about(const call& c, const policy::snapshot& facts, policy::integration_id id) {
    const auto number = number_asked(c, "user", c.actor().value(), 1);
    if (!number) return number.error();
    const policy::user_id user(*number);
    if (user != c.actor() && !policy::may_edit(facts, c.actor(), id))
        return failure(errc::denied, "what others may do with an integration is shown to who has Manage on it");
    const policy::user* u = facts.find(user);
    const policy::integration* i = facts.find(id);
    if (u == nullptr || i == nullptr) return failure(errc::not_found, "there is no such member");
    const policy::grant_refusal refusal = policy::may_grant(facts, user, id, c.pipeline->rights.id);
    json v = {{"person", person(c, user)},
              {"level", to_word(policy::level_of(facts, user, id))},
              {"through", view_of_through(c, *i, *u)},
              {"may_grant", refusal == policy::grant_refusal::none},
              {"why_not", nullptr}};
    switch (refusal) {
        case policy::grant_refusal::none:
            break;
        case policy::grant_refusal::unknown_integration:
            v["why_not"] = "may not know of the integration";
            break;
        case policy::grant_refusal::unknown_pipeline:
            v["why_not"] = "may not see the pipeline";
            break;
        case policy::grant_refusal::level_too_low:
            v["why_not"] = "the level on the integration is too low to grant it";
            break;
        case policy::grant_refusal::may_not_run_pipeline:
            v["why_not"] = "may not run the pipeline";
            break;
        case policy::grant_refusal::other_project:
            v["why_not"] = "the integration belongs to another project";
            break;
    }
    return v;
}

}  // namespace

result<answer> show_why(call& c) {
    store::store& runs = *c.server.stores.runs;
    const failure none(errc::not_found, "there is no such integration");
    auto record = runs.find_integration(c.project->id, c.at.at("integration"));
    if (!record) return record.error().code == errc::not_found ? none : record.error();
    auto facts = runs.snapshot(c.pipeline->rights.id, {&record->rights.id, 1});
    if (!facts) return facts.error();
    if (!policy::may_see(*facts, c.actor(), record->rights.id)) return none;
    auto whom = asked_about(c, *facts, record->rights.id);
    if (!whom) return whom.error();
    policy::use_request request;
    request.pipeline = c.pipeline->rights.id;
    request.integration = record->rights.id;
    request.source = policy::source_trust::trusted;
    request.now = c.now();
    if (const std::string* ref = c.request.parameter("ref"); ref != nullptr && !ref->empty()) {
        const bool tag = ref->starts_with("refs/tags/");
        const bool full = ref->starts_with("refs/");
        request.ref = {tag                              ? policy::ref_type::tag
                       : ref->starts_with("refs/pull/") ? policy::ref_type::pull_request
                                                        : policy::ref_type::branch,
                       full ? *ref : "refs/heads/" + *ref};
    }
    auto id = runs.next_decision_id(1);
    if (!id) return id.error();
    request.id = *id;
    const policy::explanation e = policy::explain(*facts, request, c.actor());
    const store::decision_record asked{e.decision, "asked by `why`"};
    if (auto noted = runs.record_decisions({&asked, 1}, c.actor(), request.now); !noted) return noted.error();
    json rules = json::array();
    for (const policy::considered& r : e.rules)
        rules.push_back({{"rule", policy::to_string(r.rule)},
                         {"passed", r.passed},
                         {"settles", r.settled},
                         {"finding", r.finding}});
    json able = json::array();
    for (const policy::grantor& g : e.can_grant) {
        const auto who = runs.user(g.user);
        able.push_back({{"id", g.user.value()},
                        {"who", g.user == c.actor() ? "you"
                                : who               ? who->email
                                                    : "?"},
                        {"level", run::name_of(g.access)}});
    }
    return answer{200,
                  {{"decision", e.decision.id().value()},
                   {"revision", e.decision.revision().value()},
                   {"allowed", e.decision.allowed()},
                   {"verdict", policy::to_string(e.decision.verdict())},
                   {"pipeline", c.pipeline->name},
                   {"integration", record->name + " (" + record->identifier + ")"},
                   {"ref", request.ref.name.empty() ? json() : json(request.ref.name)},
                   {"user", std::move(*whom)},
                   {"rules", std::move(rules)},
                   {"can_grant", std::move(able)}},
                  {}};
}

}  // namespace latchkey::server
