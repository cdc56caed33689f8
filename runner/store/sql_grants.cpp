// SPDX-License-Identifier: Apache-2.0
// Grants, and grant-and-retry.
#include "runner/store/sql_parts.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

void keep_key(sql_connection& in, const std::string& key, const std::string& request, int attempt,
              policy::revision revision) {
    in.exec(
        "INSERT INTO retry_keys (idempotency_key, request, attempt, revision) "
        "VALUES (:key, :request, :attempt, :revision)",
        key, request, attempt, revision.value());
}

// What a key was used for: using it for something else is a mistake of the caller, not a repetition.
std::string request_text(const grant_and_retry& request) {
    std::vector<std::string> parts{to_fact(request.run),
                                   to_fact(request.actor),
                                   request.spec.ref_pattern,
                                   request.spec.expires ? std::to_string(to_stored(*request.spec.expires)) : "",
                                   request.spec.once ? "once" : "",
                                   std::to_string(request.from_action) + (request.only_that_action ? " only" : "")};
    for (const auto id : request.integrations) parts.push_back(to_fact(id));
    return to_list_text(parts);
}

failure key_of_another_request() {
    return {errc::conflict, "this idempotency key was used for another request: send a new one"};
}

result<std::optional<granted>> earlier_use(sql_connection& in, const grant_and_retry& request) {
    const auto row = in.one<std::string, std::int64_t, std::int64_t>(
        "SELECT request, attempt, revision FROM retry_keys WHERE idempotency_key = :key", request.idempotency_key);
    if (!row) return std::optional<granted>();
    const auto& [text, attempt, revision] = *row;
    if (text != request_text(request)) return key_of_another_request();
    return std::optional(granted{static_cast<int>(attempt), policy::revision(revision), true});
}

void audit_refusal(sql_connection& in, const policy::refused_grant& refused, policy::user_id actor,
                   policy::pipeline_id pipeline, policy::run_id run, policy::time_point at) {
    append_audit(in, policy::audit_kind::grant, actor, current_revision(in),
                 {{"refused", std::string(policy::to_string(refused.why))},
                  {"integration", to_fact(refused.integration)},
                  {"pipeline", to_fact(pipeline)},
                  {"run", to_fact(run)}},
                 at);
}

// In words, for who asked: of what they may not see, no name.
std::string why_refused(sql_connection& in, const policy::grant& wanted, policy::grant_refusal refusal) {
    const auto identifier =
        in.one<std::string>("SELECT identifier FROM integrations WHERE id = :id", wanted.integration.value());
    const auto pipeline = load_pipeline(in, wanted.pipeline);
    const std::string name = identifier ? std::get<0>(*identifier) : to_fact(wanted.integration);
    const std::string of = pipeline ? "\"" + pipeline->name + "\"" : to_fact(wanted.pipeline);
    switch (refusal) {
        case policy::grant_refusal::unknown_integration:
            return "there is no such integration";
        case policy::grant_refusal::unknown_pipeline:
            return "there is no such pipeline";
        case policy::grant_refusal::level_too_low:
            return "you can't let " + of + " use " + name + ": your level on it is too low to grant it";
        case policy::grant_refusal::may_not_run_pipeline:
            return "you can't let " + of + " use " + name + ": you may not run that pipeline";
        case policy::grant_refusal::other_project:
            return "you can't let " + of + " use " + name + ": it belongs to another project";
        case policy::grant_refusal::none:
            break;
    }
    return "nothing was granted";
}

result<granted> make_grants_and_attempt(sql_connection& in, const grant_and_retry& request, const run_record& run) {
    const auto revision = next_revision(in);
    for (const auto integration : request.integrations) {
        policy::grant grant;
        grant.integration = integration;
        grant.pipeline = run.pipeline;
        grant.granted_by = request.actor;
        grant.granted_at = request.at;
        grant.from_run = request.run;
        grant.expires = request.spec.expires;
        grant.ref_pattern = request.spec.ref_pattern;
        if (request.spec.once) grant.only_run = request.run;
        insert_grant(in, grant, revision);
        settle_requests(in, integration, request.actor, request.at);
    }
    mark_changed(in, run.id);
    const attempt_record& last = run.attempts.back();
    const auto attempt = last.status == run::status::waiting_for_permission
                             ? result<int>(last.number)
                             : insert_attempt(in, run,
                                              {request.run, request.actor, "grant and retry", request.from_action,
                                               request.only_that_action, request.at, request.queued},
                                              revision);
    if (!attempt) return attempt.error();
    if (!request.idempotency_key.empty())
        keep_key(in, request.idempotency_key, request_text(request), *attempt, revision);
    return granted{*attempt, revision, false};
}

}  // namespace

policy::grant insert_grant(sql_connection& in, policy::grant grant, policy::revision revision) {
    const auto made = in.one<std::int64_t>(
        "INSERT INTO grants (integration, pipeline, granted_by, granted_at, from_run, expires, ref_pattern, "
        "only_run) "
        "VALUES (:integration, :pipeline, :granted_by, :granted_at, :from_run, :expires, :ref_pattern, :only_run) "
        "RETURNING id",
        grant.integration.value(), grant.pipeline.value(), grant.granted_by.value(), to_stored(grant.granted_at),
        grant.from_run.value(), to_stored(grant.expires), grant.ref_pattern, grant.only_run.value());
    if (!made) throw sql_error{{errc::store, "the store gave no number to a new grant: try again"}};
    grant.id = policy::grant_id(std::get<0>(*made));
    append_audit(in, policy::audit_kind::grant, grant.granted_by, revision,
                 {{"grant", to_fact(grant.id)},
                  {"integration", to_fact(grant.integration)},
                  {"pipeline", to_fact(grant.pipeline)},
                  {"run", to_fact(grant.from_run)},
                  {"ref", grant.ref_pattern},
                  {"expires", grant.expires ? std::to_string(to_stored(*grant.expires)) : "never"},
                  {"only run", to_fact(grant.only_run)}},
                 grant.granted_at);
    return grant;
}

result<void> set_allowed_pipelines(sql_connection& in, const integration_record& of,
                                   const std::vector<policy::pipeline_id>& allowed, bool without_condition,
                                   policy::user_id actor, policy::revision revision, policy::time_point at) {
    const auto id = of.rights.id;
    const auto before = load_grants(in, id);
    for (const policy::grant& each : before) {
        if (std::ranges::find(allowed, each.pipeline) != allowed.end()) continue;
        in.exec("DELETE FROM grants WHERE id = :id", each.id.value());
        append_audit(
            in, policy::audit_kind::revoke, actor, revision,
            {{"grant", to_fact(each.id)}, {"integration", to_fact(id)}, {"pipeline", to_fact(each.pipeline)}}, at);
    }
    for (const policy::pipeline_id pipeline : allowed) {
        const bool enough = std::ranges::any_of(before, [&](const policy::grant& g) {
            if (g.pipeline != pipeline || (g.expires && *g.expires <= at)) return false;
            return !without_condition || (!g.expires && g.ref_pattern.empty() && !g.only_run.valid());
        });
        if (enough) continue;
        const auto row = in.one<std::int64_t, std::int64_t>(
            "SELECT projects.id, projects.workspace FROM pipelines JOIN projects ON projects.id = pipelines.project "
            "WHERE pipelines.id = :id AND retired = 0",
            pipeline.value());
        const bool covered =
            row && std::get<1>(*row) == of.workspace.value() &&
            (of.rights.scope == policy::scope::workspace || std::get<0>(*row) == of.rights.project.value());
        if (!covered)
            return failure(errc::usage, "there is no pipeline " + to_fact(pipeline) +
                                            " that this integration's scope covers: it can't be allowed");
        policy::grant grant;
        grant.integration = id;
        grant.pipeline = pipeline;
        grant.granted_by = actor;
        grant.granted_at = at;
        insert_grant(in, grant, revision);
    }
    return {};
}

result<policy::grant> sql_store::add_grant(policy::grant grant, policy::user_id actor) {
    // A refusal is written too, so it is no failure of the transaction.
    std::optional<failure> no;
    auto made = write([&](sql_connection& in) -> result<policy::grant> {
        no.reset();
        const auto facts_now = load_snapshot(in, grant.pipeline, {&grant.integration, 1});
        const auto refusal = policy::may_grant(facts_now, actor, grant.integration, grant.pipeline);
        if (refusal != policy::grant_refusal::none) {
            audit_refusal(in, {grant.integration, refusal}, actor, grant.pipeline, grant.from_run, grant.granted_at);
            no = failure(errc::denied, why_refused(in, grant, refusal));
            return grant;
        }
        grant.granted_by = actor;
        grant = insert_grant(in, grant, next_revision(in));
        settle_requests(in, grant.integration, actor, grant.granted_at);
        return grant;
    });
    if (made && no) return *no;
    return made;
}

result<int> sql_store::revoke(policy::integration_id integration, policy::pipeline_id pipeline, policy::user_id actor,
                              policy::time_point at) {
    return write([&](sql_connection& in) -> result<int> {
        const auto facts_now = load_snapshot(in, pipeline, {&integration, 1});
        if (!policy::may_revoke(facts_now, actor, integration))
            return failure(errc::denied, "you can't take that grant away: it needs Use or Manage on the integration");
        const auto gone = in.rows<std::int64_t>(
            "DELETE FROM grants WHERE integration = :integration AND pipeline = :pipeline RETURNING id",
            integration.value(), pipeline.value());
        if (gone.empty()) {
            return failure(errc::not_found, "pipeline " + to_fact(pipeline) + " has no grant for integration " +
                                                to_fact(integration) + ": nothing was revoked");
        }
        const auto revision = next_revision(in);
        for (const auto& [id] : gone) {
            append_audit(in, policy::audit_kind::revoke, actor, revision,
                         {{"grant", std::to_string(id)},
                          {"integration", to_fact(integration)},
                          {"pipeline", to_fact(pipeline)}},
                         at);
        }
        return static_cast<int>(gone.size());
    });
}

result<std::vector<policy::grant>> sql_store::grants(policy::integration_id integration) {
    return read(
        [&](sql_connection& in) -> result<std::vector<policy::grant>> { return load_grants(in, integration); });
}

result<grant_outcome> sql_store::grant_and_retry(const struct grant_and_retry& request) {
    if (request.integrations.empty()) {
        return failure(errc::usage, "grant and retry needs at least one integration: retry the run instead");
    }
    return write([&](sql_connection& in) -> result<grant_outcome> {
        append_decisions(in, request.decisions, request.actor, request.at);
        if (!request.idempotency_key.empty()) {
            auto before = earlier_use(in, request);
            if (!before) return before.error();
            if (*before) return grant_outcome(**before);
        }
        const auto run = load_run(in, request.run);
        if (!run) return failure(errc::not_found, "there is no run " + to_fact(request.run));
        if (request.waits && run->attempts.back().status != run::status::waiting_for_permission)
            return failure(errc::conflict, "run #" + std::to_string(run->number) +
                                               " does not wait for the permission any more: look at it again");
        const auto facts_now = load_snapshot(in, run->pipeline, request.integrations);
        auto refused = policy::check_grants(facts_now, request.actor, request.integrations, run->pipeline);
        if (!refused.empty()) {
            for (const policy::refused_grant& one : refused)
                audit_refusal(in, one, request.actor, run->pipeline, request.run, request.at);
            return grant_outcome(std::move(refused));
        }
        auto made = make_grants_and_attempt(in, request, *run);
        if (!made) return made.error();
        return grant_outcome(*made);
    });
}

void keep_retry_key(sql_connection& in, const new_attempt& wanted, int attempt, policy::revision revision) {
    grant_and_retry nothing_to_grant;
    nothing_to_grant.run = wanted.run;
    nothing_to_grant.actor = wanted.actor;
    nothing_to_grant.from_action = wanted.from_action;
    nothing_to_grant.only_that_action = wanted.only_that_action;
    keep_key(in, wanted.idempotency_key, request_text(nothing_to_grant), attempt, revision);
}

result<std::optional<int>> sql_store::attempt_by_key(policy::run_id run, const std::string& idempotency_key) {
    return read([&](sql_connection& in) -> result<std::optional<int>> {
        const auto row = in.one<std::string, std::int64_t>(
            "SELECT request, attempt FROM retry_keys WHERE idempotency_key = :key", idempotency_key);
        if (!row) return std::optional<int>();
        const auto& [text, attempt] = *row;
        const auto request = from_list_text(text);
        if (!request || request->empty() || request->front() != to_fact(run)) return key_of_another_request();
        return std::optional(static_cast<int>(attempt));
    });
}

}  // namespace latchkey::store
