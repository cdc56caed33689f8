// SPDX-License-Identifier: Apache-2.0
//
// Another attempt of a run: what it executes, what it needs to be allowed, and the grant that comes with it.
#include "runner/run/executor_lock.hpp"
#include "runner/run/report.hpp"
#include "runner/run/run_files.hpp"
#include "runner/run/run_history.hpp"
#include "runner/run/service.hpp"
#include "runner/run/signal_hold.hpp"

#include <algorithm>

namespace latchkey::run {

namespace {

std::string name_of(const store::run_record& run) {
    return run.pipeline_name + " #" + std::to_string(run.number);
}

std::string grant_command(const store::run_record& run) {
    return "latchkey retry " + std::to_string(run.number) + " --grant";
}

// What became of an attempt that was made before.
result<finished_attempt> as_it_ended(const store::run_record& run, int attempt) {
    finished_attempt done;
    done.run = run;
    done.attempt = attempt;
    for (const store::attempt_record& a : run.attempts)
        if (a.number == attempt) {
            done.outcome = a.status == status::successful   ? outcome::succeeded
                           : a.status == status::terminated ? outcome::cancelled
                           : a.status == status::skipped    ? outcome::skipped
                                                            : outcome::failed;
            done.report = a.error;
            return done;
        }
    return failure(errc::corrupt, "the store knows no attempt " + std::to_string(attempt) + " of this run");
}

// A retry runs the same again, and values of secrets are not kept.
result<void> same_secrets(const store::run_record& run, const std::map<std::string, vault::secret>& given_now) {
    const std::string name = name_of(run);
    const std::vector<std::string>& names = run.source.secret_names;
    const auto unknown = std::ranges::find_if(
        given_now, [&](const auto& given) { return std::ranges::find(names, given.first) == names.end(); });
    if (unknown != given_now.end())
        return failure(errc::usage, name + " was started without a secret \"" + unknown->first +
                                        "\": a retry runs the same again");
    const auto lacking =
        std::ranges::find_if(names, [&](const std::string& each) { return !given_now.contains(each); });
    if (lacking != names.end())
        return failure(errc::usage, name + " was started with a secret \"" + *lacking +
                                        "\", which is not kept: give it again with --secret-file");
    return {};
}

// -1: from the first that has not succeeded.
result<int> first_action(const store::run_record& run, const std::vector<pipelines::planned_action>& actions,
                         const retry_request& request) {
    if (request.from_action.empty()) return request.everything ? 0 : -1;
    const auto at = std::ranges::find_if(actions, [&](const pipelines::planned_action& p) {
        return p.name == request.from_action || p.definition->name.value == request.from_action;
    });
    if (at == actions.end())
        return failure(errc::usage, name_of(run) + " has no action \"" + request.from_action + "\"");
    return static_cast<int>(at->index);
}

}  // namespace

result<std::vector<missing_integration>> service::missing_in(const compiled& c, const definition& d,
                                                             const store::run_record& run, policy::user_id reader,
                                                             const retry_scope& scope,
                                                             std::vector<store::decision_record>* to_record) {
    access a(around_.store, around_.unlock, around_.clock,
             {run.id, run.project, run.pipeline, reader, run.source.ref, run.source.trust,
              run.source.fork_approved_by, false});
    return to_record != nullptr ? a.preflight(c.plan, d.source, scope.not_executed(), *to_record)
                                : a.explain(c.plan, d.source, scope.not_executed());
}

result<viewed_run> service::view(const store::run_record& run) {
    auto kept = kept_definition(around_.store, run);
    if (!kept) return kept.error();
    auto c = compile_now(around_, **kept, run.source, run.pipeline, run.attempts.back().actor, run.number, true);
    if (!c) return c.error();
    return viewed_run{std::move(*kept), std::move(*c)};
}

result<std::vector<missing_integration>> service::missing(const store::run_record& run, policy::user_id reader) {
    auto seen = view(run);
    if (!seen) return seen.error();
    const store::attempt_record& last = run.attempts.back();
    auto scope = scope_of(around_.store, run, seen->compiled.plan.actions, last.from_action, last.only_that_action);
    if (!scope) return scope.error();
    return missing_in(seen->compiled, *seen->definition, run, reader, *scope, nullptr);
}

// An attempt that is refused is no attempt: nothing has changed.
result<service::refused_or_made> service::new_attempt(const store::run_record& run, const definition& d,
                                                      const retry_request& request, turn begins,
                                                      const std::function<result<void>()>& before_it_is_made) {
    auto c = compile_now(around_, d, run.source, run.pipeline, request.actor, run.number);
    if (!c) return c.error();
    if (pipelines::has_errors(c->problems)) return refused_or_made(invalid_definition(d, c->problems));
    if (auto can = check_executable(c->plan, run.source.backend, around_.find_engine, around_.issue_token != nullptr);
        !can)
        return can.error();
    if (auto ready = before_it_is_made(); !ready) return ready.error();
    const auto first = first_action(run, c->plan.actions, request);
    if (!first) return first.error();
    if (request.grant) {
        auto scope = scope_of(around_.store, run, c->plan.actions, *first, request.only_that_action);
        if (!scope) return scope.error();
        store::grant_and_retry grant;
        auto missing = missing_in(*c, d, run, request.actor, *scope, &grant.decisions);
        if (!missing) return missing.error();
        for (const missing_integration& m : *missing)
            if (m.may_grant) grant.integrations.push_back(m.integration);
        finished_attempt refused;
        refused.outcome = outcome::denied;
        refused.run = run;
        refused.attempt = run.attempts.back().number;
        refused.report = report_of(*missing, grant_command(run));
        refused.missing = *missing;
        const bool to_grant = !missing->empty() && grant.integrations.size() == missing->size();
        if (!to_grant)
            if (auto told = around_.store.record_decisions(grant.decisions, request.actor, around_.clock()); !told)
                return told.error();
        // All or nothing: granting some and failing at the others helps nobody.
        if (!to_grant && !missing->empty()) return refused_or_made(std::move(refused));
        if (to_grant) {
            grant.run = run.id;
            grant.actor = request.actor;
            grant.spec = request.spec;
            grant.idempotency_key = request.idempotency_key;
            grant.at = around_.clock();
            grant.from_action = *first;
            grant.only_that_action = request.only_that_action;
            grant.queued = begins == turn::queued;
            grant.waits = run.attempts.back().status == status::waiting_for_permission;
            auto granted = around_.store.grant_and_retry(grant);
            if (!granted) return granted.error();
            if (std::holds_alternative<std::vector<policy::refused_grant>>(*granted))
                return refused_or_made(std::move(refused));
            const auto& done = std::get<store::granted>(*granted);
            return refused_or_made(numbered{done.attempt, std::move(*c), done.repeated});
        }
    }
    if (run.attempts.back().status == status::waiting_for_permission)
        return failure(errc::conflict, name_of(run) + " lacks nothing any more, and goes on by itself");
    auto made = around_.store.create_attempt({run.id, request.actor, "retry", *first, request.only_that_action,
                                              around_.clock(), begins == turn::queued,
                                              request.grant ? request.idempotency_key : std::string()});
    if (!made) return made.error();
    return refused_or_made(numbered{*made, std::move(*c)});
}

result<finished_attempt> service::retry(const retry_request& request, run_options options,
                                        const source_check& check_source) {
    auto run = around_.store.run_by_number(request.project, request.number);
    if (!run) return run.error();
    if (auto recovered = recover_one(*run); !recovered) return recovered.error();
    if (run = around_.store.run(run->id); !run) return run.error();
    // While nothing has been made yet, and a signal still ends the program.
    std::optional<source::filesystem> own;
    if (run::ended(run->attempts.back().status)) {
        auto taken = take_files(around_.data, run->source, run->pipeline, options.on_wait_for_files);
        if (!taken) return taken.error();
        if (*taken) own.emplace(std::move(**taken));
        if (run = around_.store.run(run->id); !run) return run.error();
    }
    signal_hold hold;
    // Before the attempt exists: whoever sees it sees that somebody executes it.
    auto lock = executor_lock::take(folder_of(run->id), around_.executor_mark);
    if (!lock && lock.error().code != errc::conflict) return lock.error();
    if (!lock || !run::ended(run->attempts.back().status))
        return failure(errc::conflict, name_of(*run) + " has not ended: wait for it, or cancel it first");

    if (request.grant && !request.idempotency_key.empty()) {
        auto before = around_.store.attempt_by_key(run->id, request.idempotency_key);
        if (!before) return before.error();
        if (*before) return as_it_ended(*run, **before);
    }
    auto kept = kept_definition(around_.store, *run);
    if (!kept) return kept.error();
    const definition& d = **kept;
    if (auto same = check_source(run->source); !same) return same.error();
    if (auto same = same_secrets(*run, options.secrets); !same) return same.error();
    std::optional<run_files> files;
    auto made = new_attempt(*run, d, request, turn::at_once, [&]() -> result<void> {
        auto ready = prepare_files(around_.store, around_.data, d, run->source, run->pipeline, std::move(own));
        if (!ready) return ready.error();
        files.emplace(std::move(*ready));
        return {};
    });
    if (!made) return made.error();
    if (auto* refused = std::get_if<finished_attempt>(&*made)) return std::move(*refused);
    if (run = around_.store.run(run->id); !run) return run.error();
    numbered& now = std::get<numbered>(*made);
    const store::attempt_record& attempt = run->attempts.back();
    auto scope =
        scope_of(around_.store, *run, now.compiled.plan.actions, attempt.from_action, attempt.only_that_action);
    if (!scope) return scope.error();
    return execute(d, std::move(now.compiled), *run, now.attempt, 0, std::move(options), *scope, files->notes, hold,
                   false);
}

result<made_attempt> service::create_retry(const retry_request& request,
                                           const std::map<std::string, vault::secret>& secrets) {
    auto run = around_.store.run_by_number(request.project, request.number);
    if (!run) return run.error();
    made_attempt made;
    if (request.grant && !request.idempotency_key.empty()) {
        auto before = around_.store.attempt_by_key(run->id, request.idempotency_key);
        if (!before) return before.error();
        if (*before) {
            auto ended = as_it_ended(*run, **before);
            if (!ended) return ended.error();
            made.run = std::move(*run);
            made.attempt = **before;
            made.ended = std::move(*ended);
            return made;
        }
    }
    const status last = run->attempts.back().status;
    made.goes_on = request.grant && last == status::waiting_for_permission;
    if (!run::ended(last) && !made.goes_on)
        return failure(errc::conflict, name_of(*run) + " has not ended: wait for it, or cancel it first");
    auto kept = kept_definition(around_.store, *run);
    if (!kept) return kept.error();
    if (!made.goes_on)
        if (auto same = same_secrets(*run, secrets); !same) return same.error();
    auto attempt = new_attempt(*run, **kept, request, turn::queued, [] { return result<void>(); });
    if (!attempt) return attempt.error();
    if (auto* refused = std::get_if<finished_attempt>(&*attempt)) {
        made.run = std::move(*run);
        made.attempt = made.run.attempts.back().number;
        made.ended = std::move(*refused);
        return made;
    }
    numbered& now = std::get<numbered>(*attempt);
    made.attempt = now.attempt;
    made.goes_on = made.goes_on || now.repeated;
    if (run = around_.store.run(run->id); !run) return run.error();
    made.run = std::move(*run);
    made.seen.emplace(std::move(*kept), std::move(now.compiled));
    return made;
}

}  // namespace latchkey::run
