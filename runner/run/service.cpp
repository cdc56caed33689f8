// SPDX-License-Identifier: Apache-2.0
#include "runner/run/service.hpp"

#include "runner/run/attempt.hpp"
#include "runner/run/changes.hpp"
#include "runner/run/executor_lock.hpp"
#include "runner/run/image_stand_ins.hpp"
#include "runner/run/report.hpp"
#include "runner/run/run_files.hpp"
#include "runner/run/run_history.hpp"
#include "runner/run/run_limits.hpp"
#include "runner/run/signal_hold.hpp"

#include <algorithm>

namespace latchkey::run {

namespace {

// A run that was just made may not have its lock yet.
constexpr std::chrono::seconds time_to_take_the_lock{5};

bool looks_at_other_pipelines(const std::vector<pipelines::condition>& conditions) {
    return std::ranges::any_of(conditions, [](const pipelines::condition& c) {
        return c.kind == pipelines::condition_kind::success_pipeline || looks_at_other_pipelines(c.operands);
    });
}

bool looks_at_other_pipelines(const pipelines::pipeline& p) {
    return looks_at_other_pipelines(p.conditions) || std::ranges::any_of(p.actions, [](const pipelines::action& a) {
               return looks_at_other_pipelines(a.conditions);
           });
}

bool looks_at_the_run_before(const pipelines::pipeline& p) {
    return std::ranges::any_of(p.actions, [](const pipelines::action& a) {
        return a.trigger_time == pipelines::trigger_time::on_back_to_success || a.run_only_on_first_failure;
    });
}

run::status last_status(const store::run_record& run) {
    return run.attempts.back().status;
}

finished_attempt invalid_definition(const definition& d, const pipelines::diagnostics& problems) {
    finished_attempt done;
    done.outcome = outcome::invalid;
    done.report = d.type_problems + pipelines::render(d.source, problems);
    return done;
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
result<void> same_secrets(const store::run_record& run, const run_options& options, const std::string& name) {
    const std::vector<std::string>& names = run.source.secret_names;
    const auto unknown = std::ranges::find_if(
        options.secrets, [&](const auto& given) { return std::ranges::find(names, given.first) == names.end(); });
    if (unknown != options.secrets.end())
        return failure(errc::usage, name + " was started without a secret \"" + unknown->first +
                                        "\": a retry runs the same again");
    const auto lacking =
        std::ranges::find_if(names, [&](const std::string& each) { return !options.secrets.contains(each); });
    if (lacking != names.end())
        return failure(errc::usage, name + " was started with a secret \"" + *lacking +
                                        "\", which is not kept: give it again with --secret-file");
    return {};
}

}  // namespace

service::service(surroundings around) : around_(std::move(around)) {}

std::filesystem::path service::logs() const {
    return around_.data / "runs";
}
std::filesystem::path service::folder_of(policy::run_id run) const {
    return logs() / std::to_string(run.value());
}

result<compiled> compile_now(const surroundings& around, const definition& d, const store::run_source& source,
                             policy::pipeline_id id, policy::user_id actor, std::int64_t number) {
    auto record = around.store.pipeline(id);
    if (!record) return record.error();
    auto user = around.store.user(actor);
    if (!user) return user.error();
    // The project's name is the last part of its root, which is where the workspace is.
    store::project_record project{record->project, source.workspace,
                                  std::filesystem::path(source.workspace).filename().string()};
    compile_facts facts{source, project, *user, id, number, around.clock(), {}};
    if (looks_at_other_pipelines(*d.pipeline)) {
        auto others = around.store.pipelines(record->project);
        if (!others) return others.error();
        for (const store::pipeline_record& other : *others) {
            auto last = around.store.runs({std::nullopt, other.id, 1});
            if (!last) return last.error();
            if (last->empty() || last_status(last->front()) != status::successful) continue;
            facts.successful_pipelines.insert({project.name, other.name});
            facts.successful_pipelines.insert({"", other.name});
        }
    }
    return compile(d, facts);
}

result<finished_attempt> service::start(const definition& d, store::new_run request, run_options options) {
    if (!request.source.repository.empty())
        request.source.workspace =
            source::filesystem_path(around_.data, request.pipeline.value(), request.source.repository).string();
    {
        auto changes = find_changes(around_.store, d, request.source, request.pipeline);
        if (!changes) return changes.error();
        request.source.changes = std::move(*changes);

        // Looked at before there is a run. The plan that is executed knows the run's number.
        auto c = compile_now(around_, d, request.source, request.pipeline, request.actor, 0);
        if (!c) return c.error();
        if (pipelines::has_errors(c->problems)) return invalid_definition(d, c->problems);
        if (auto limits = limits_from(request.source.limits); !limits) return limits.error();
        if (auto images = check_stand_ins(request.source.images); !images) return images.error();
        if (auto can = check_executable(c->plan, request.source.backend, around_.find_engine); !can)
            return can.error();
    }
    signal_hold hold;
    auto files = prepare_files(around_.store, around_.data, d, request.source, request.pipeline);
    if (!files) return files.error();
    store::new_run wanted = request;
    wanted.type_files = d.types;
    auto run = around_.store.create_run(wanted, d.source.text());
    if (!run) return run.error();
    auto lock = executor_lock::take(folder_of(run->id), around_.executor_mark);
    if (!lock) return lock.error();
    // Somebody may have looked for its executor in between, and waited in vain.
    if (run = around_.store.run(run->id); !run) return run.error();
    if (run::ended(last_status(*run)))
        return failure(errc::engine, run->pipeline_name + " #" + std::to_string(run->number) +
                                         " took so long to begin that it was taken for dead: nothing was executed");
    return execute(d, *run, 1, std::move(options), {}, files->notes, hold);
}

result<finished_attempt> service::execute(const definition& d, const store::run_record& run, int attempt,
                                          run_options options, const retry_scope& scope,
                                          const std::vector<std::string>& notes, signal_hold& hold) {
    auto c = compile_now(around_, d, run.source, run.pipeline, run.attempts.back().actor, run.number);
    if (!c) return c.error();
    bool previous_failed = false;
    if (looks_at_the_run_before(*d.pipeline)) {
        auto failed = failed_before(around_.store, run, attempt);
        if (!failed) return failed.error();
        previous_failed = *failed;
    }
    const auto child = [this, &d, &run, &options](child_request wanted, const std::function<void(std::string)>& made,
                                                  cancel_switch& off) {
        return run_child(d, run, options, std::move(wanted), made, off);
    };
    const attempt_request request{d, *c, run, attempt, scope, previous_failed, logs(), child, notes};
    return run_attempt(around_, request, options, hold);
}

result<std::vector<missing_integration>> service::missing_in(const compiled& c, const definition& d,
                                                             const store::run_record& run, const retry_scope& scope) {
    access a(around_.store, around_.unlock, around_.clock,
             {run.id, run.project, run.pipeline, run.attempts.back().actor, run.source.ref, run.source.trust,
              run.source.fork_approved_by});
    return a.preflight(c.plan, d.source, scope.not_executed());
}

result<finished_attempt> service::retry(const retry_request& request, run_options options,
                                        const source_check& check_source) {
    auto run = around_.store.run_by_number(request.project, request.number);
    if (!run) return run.error();
    if (auto recovered = recover_one(*run); !recovered) return recovered.error();
    if (run = around_.store.run(run->id); !run) return run.error();
    const std::string name = run->pipeline_name + " #" + std::to_string(run->number);
    signal_hold hold;
    // Before the attempt exists: whoever sees it sees that somebody executes it.
    auto lock = executor_lock::take(folder_of(run->id), around_.executor_mark);
    if (!lock && lock.error().code != errc::conflict) return lock.error();
    if (!lock || !run::ended(last_status(*run)))
        return failure(errc::conflict, name + " has not ended: wait for it, or cancel it first");

    if (request.grant && !request.idempotency_key.empty()) {
        auto before = around_.store.attempt_by_key(run->id, request.idempotency_key);
        if (!before) return before.error();
        if (*before) return as_it_ended(*run, **before);
    }
    auto kept = kept_definition(around_.store, *run);
    if (!kept) return kept.error();
    const std::unique_ptr<definition>& d = *kept;
    if (auto same = check_source(run->source); !same) return same.error();
    if (auto same = same_secrets(*run, options, name); !same) return same.error();
    auto c = compile_now(around_, *d, run->source, run->pipeline, request.actor, run->number);
    if (!c) return c.error();
    if (pipelines::has_errors(c->problems)) return invalid_definition(*d, c->problems);
    if (auto can = check_executable(c->plan, run->source.backend, around_.find_engine); !can) return can.error();

    auto files = prepare_files(around_.store, around_.data, *d, run->source, run->pipeline);
    if (!files) return files.error();

    const std::vector<pipelines::planned_action>& actions = c->plan.actions;
    std::size_t from = 0;
    if (!request.from_action.empty()) {
        const auto at = std::ranges::find_if(actions, [&](const pipelines::planned_action& p) {
            return p.name == request.from_action || p.definition->name.value == request.from_action;
        });
        if (at == actions.end()) return failure(errc::usage, name + " has no action \"" + request.from_action + "\"");
        from = at->index;
    }
    auto succeeded = succeeded_before(around_.store, *run, actions);
    if (!succeeded) return succeeded.error();
    retry_scope scope;
    scope.carried.resize(actions.size());
    scope.left_out.resize(actions.size());
    for (const pipelines::planned_action& p : actions) {
        const bool ordinary = p.definition->trigger_time == pipelines::trigger_time::on_every_execution;
        // --from asks for what comes after to be executed again; without it nothing that succeeded is.
        const bool again = request.everything || (!request.from_action.empty() && p.index >= from &&
                                                  (!request.only_that_action || p.index == from));
        scope.carried[p.index] = ordinary && (*succeeded)[p.index] && !again;
        scope.left_out[p.index] = request.only_that_action && p.index != from && !scope.carried[p.index];
    }

    if (auto carried = carry_variables(around_.store, *run, actions, scope); !carried) return carried.error();

    int attempt = 0;
    const int first = request.from_action.empty() ? -1 : static_cast<int>(from);
    if (request.grant) {
        auto missing = missing_in(*c, *d, *run, scope);
        if (!missing) return missing.error();
        store::grant_and_retry grant;
        for (const missing_integration& m : *missing)
            if (m.may_grant) grant.integrations.push_back(m.integration);
        finished_attempt refused;
        refused.outcome = outcome::denied;
        refused.run = *run;
        refused.attempt = run->attempts.back().number;
        refused.report = report_of(*missing, "latchkey retry " + std::to_string(run->number) + " --grant");
        refused.missing = *missing;
        // All or nothing: granting some and failing at the others helps nobody.
        if (grant.integrations.size() != missing->size()) return refused;
        if (!missing->empty()) {
            grant.run = run->id;
            grant.actor = request.actor;
            grant.spec = request.spec;
            grant.idempotency_key = request.idempotency_key;
            grant.at = around_.clock();
            grant.from_action = first;
            auto granted = around_.store.grant_and_retry(grant);
            if (!granted) return granted.error();
            if (std::holds_alternative<std::vector<policy::refused_grant>>(*granted)) return refused;
            attempt = std::get<store::granted>(*granted).attempt;
        }
    }
    if (attempt == 0) {
        auto made = around_.store.create_attempt(run->id, request.actor, "retry", first, request.only_that_action,
                                                 around_.clock());
        if (!made) return made.error();
        attempt = *made;
    }
    if (run = around_.store.run(run->id); !run) return run.error();
    return execute(*d, *run, attempt, std::move(options), scope, files->notes, hold);
}

result<void> service::cancel(const store::run_record& run, policy::user_id actor) {
    if (run::ended(last_status(run)))
        return failure(errc::conflict, run.pipeline_name + " #" + std::to_string(run.number) + " has ended already");
    auto asked = ask_executor_to_stop(folder_of(run.id));
    if (!asked && asked.error().code == errc::not_found) {
        auto recovered = recover_one(run);
        if (!recovered) return recovered.error();
        if (*recovered == 0)
            return failure(errc::conflict, "the process that executes this run can't be reached from here");
    } else if (!asked) {
        return asked.error();
    }
    return around_.store.audit(policy::audit_kind::run_cancelled, actor, {{"run", std::to_string(run.id.value())}},
                               around_.clock());
}

result<int> service::recover() {
    auto runs = around_.store.unfinished_runs();
    if (!runs) return runs.error();
    int count = 0;
    for (const store::run_record& run : *runs) {
        auto one = recover_one(run);
        if (!one) return one.error();
        count += *one;
    }
    return count;
}

result<int> service::recover_one(const store::run_record& run) {
    const store::attempt_record& attempt = run.attempts.back();
    if (run::ended(attempt.status)) return 0;
    // An executor that had its lock and has it no more is dead. Without a lock there is one that is only beginning.
    const bool had_a_lock = executor_lock::exists(folder_of(run.id));
    if (!had_a_lock && around_.clock() - attempt.created_at < time_to_take_the_lock) return 0;
    const std::string mark = executor_lock::mark_in(folder_of(run.id));
    const auto lock = executor_lock::take(folder_of(run.id), around_.executor_mark);
    if (!lock) return lock.error().code == errc::conflict ? result<int>(0) : lock.error();
    // Before anybody can run it again.
    if (around_.kill_left_by && !mark.empty() && mark != around_.executor_mark)
        if (auto killed = around_.kill_left_by(mark); !killed) return killed.error();
    auto events = around_.store.events(run.id, attempt.number, 0);
    if (!events) return events.error();
    // Now that nobody else can write: what was running is lost, and the attempt has failed.
    std::map<std::int32_t, bool> running;
    for (const event& e : *events) {
        if (e.kind == event_kind::action_started) running[e.action] = true;
        if (e.kind == event_kind::action_ended) running[e.action] = false;
        if (e.kind == event_kind::attempt_ended) return 0;
    }
    std::vector<event> last;
    const auto add = [&](event_kind kind, std::int32_t action, end_reason reason, std::string text) {
        event e;
        e.sequence = static_cast<std::int64_t>(events->size() + last.size()) + 1;
        e.at = around_.clock();
        e.kind = kind;
        e.status = status::failed;
        e.action = action;
        e.reason = reason;
        e.text = std::move(text);
        last.push_back(std::move(e));
    };
    for (const auto& [action, is_running] : running)
        if (is_running) add(event_kind::action_ended, action, end_reason::lost, "its executor died");
    add(event_kind::attempt_ended, -1, end_reason::lost, "its executor died");
    if (auto written = around_.store.append_events(run.id, attempt.number, last); !written) return written.error();
    return 1;
}

}  // namespace latchkey::run
