// SPDX-License-Identifier: Apache-2.0
#include "runner/run/service.hpp"

#include "runner/run/attempt.hpp"
#include "runner/run/changes.hpp"
#include "runner/run/default_keys.hpp"
#include "runner/run/executor_lock.hpp"
#include "runner/run/image_stand_ins.hpp"
#include "runner/run/integration_fit.hpp"
#include "runner/run/report.hpp"
#include "runner/run/run_files.hpp"
#include "runner/run/run_history.hpp"
#include "runner/run/run_limits.hpp"
#include "runner/run/signal_hold.hpp"

#include <algorithm>

namespace latchkey::run {

namespace {

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

}  // namespace

finished_attempt invalid_definition(const definition& d, const pipelines::diagnostics& problems) {
    finished_attempt done;
    done.outcome = outcome::invalid;
    done.report = d.type_problems + pipelines::render(d.source, problems);
    return done;
}

service::service(surroundings around) : around_(std::move(around)) {}

std::filesystem::path service::logs() const {
    return around_.data / "runs";
}
std::filesystem::path service::folder_of(policy::run_id run) const {
    return logs() / std::to_string(run.value());
}

result<compiled> compile_now(const surroundings& around, const definition& d, const store::run_source& source,
                             policy::pipeline_id id, policy::user_id actor, std::int64_t number, bool only_to_look) {
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
            if (last->empty() || last->front().attempts.back().status != status::successful) continue;
            facts.successful_pipelines.insert({project.name, other.name});
            facts.successful_pipelines.insert({"", other.name});
        }
    }
    const auto files = std::make_shared<std::vector<pipelines::variable>>();
    if (around.outer_variables) {
        auto outer = around.outer_variables({id, source, actor, only_to_look});
        if (!outer) return outer.error();
        files->reserve(outer->size());  // they are pointed to
        for (outer_variable& each : *outer) {
            const pipelines::variable* file = each.file ? &files->emplace_back(std::move(*each.file)) : nullptr;
            facts.inherited.push_back({std::move(each.name), std::move(each.value), each.secret, file});
        }
    }
    compiled c = compile(d, facts);
    c.outer = files;
    if (auto looked = check_integration_types(around.store, c.plan, record->project, id, actor, c.problems); !looked)
        return looked.error();
    return c;
}

result<std::optional<finished_attempt>> service::prepare(const definition& d, store::new_run& request) const {
    if (!request.source.repository.empty())
        request.source.workspace =
            source::filesystem_path(around_.data, request.pipeline.value(), request.source.repository).string();
    auto changes = find_changes(around_.store, d, request.source, request.pipeline);
    if (!changes) return changes.error();
    request.source.changes = std::move(*changes);
    request.type_files = d.types;

    // The plan that is executed knows the run's number.
    auto c = compile_now(around_, d, request.source, request.pipeline, request.actor, 0);
    if (!c) return c.error();
    if (pipelines::has_errors(c->problems)) return std::optional(invalid_definition(d, c->problems));
    if (auto limits = limits_from(request.source.limits); !limits) return limits.error();
    if (auto images = check_stand_ins(request.source.images); !images) return images.error();
    // Elsewhere there may be an engine.
    const auto find_engine = goes_elsewhere(d, request.source) ? [] { return result<void>(); } : around_.find_engine;
    if (auto can = check_executable(c->plan, request.source.backend, find_engine, around_.issue_token != nullptr);
        !can)
        return can.error();
    return std::optional<finished_attempt>();
}

bool service::goes_elsewhere(const definition& d, const store::run_source& source) const {
    return around_.goes_elsewhere && around_.goes_elsewhere(source, *d.pipeline);
}

result<finished_attempt> service::start(const definition& d, store::new_run request, run_options options) {
    // Looked at before there is a run.
    auto invalid = prepare(d, request);
    if (!invalid) return invalid.error();
    if (*invalid) return std::move(**invalid);
    const bool elsewhere = goes_elsewhere(d, request.source);
    auto own = elsewhere ? result<std::optional<source::filesystem>>(std::nullopt)
                         : take_files(around_.data, request.source, request.pipeline, options.on_wait_for_files);
    if (!own) return own.error();
    signal_hold hold;
    auto files =
        elsewhere ? result<run_files>(run_files())
                  : prepare_files(around_.store, around_.data, d, request.source, request.pipeline, std::move(*own));
    if (!files) return files.error();
    auto run = around_.store.create_run(request, d.source.text());
    if (!run) return run.error();
    auto lock = executor_lock::take(folder_of(run->id), around_.executor_mark);
    if (!lock) return lock.error();
    // Somebody may have looked for its executor in between, and waited in vain.
    if (run = around_.store.run(run->id); !run) return run.error();
    if (run::ended(run->attempts.back().status))
        return failure(errc::engine, run->pipeline_name + " #" + std::to_string(run->number) +
                                         " took so long to begin that it was taken for dead: nothing was executed");
    auto c = compile_now(around_, d, run->source, run->pipeline, request.actor, run->number);
    if (!c) return c.error();
    return execute(d, std::move(*c), *run, 1, 0, std::move(options), {}, files->notes, hold, elsewhere);
}

result<made_attempt> service::create(const definition& d, store::new_run request) {
    made_attempt made;
    auto invalid = prepare(d, request);
    if (!invalid) return invalid.error();
    if (*invalid) {
        made.ended = std::move(**invalid);
        return made;
    }
    auto run = around_.store.create_run(request, d.source.text());
    if (!run) return run.error();
    made.run = std::move(*run);
    made.attempt = made.run.attempts.back().number;
    // Made for the same event before: it has its place, or its end.
    made.goes_on = made.run.attempts.back().status != status::initial;
    if (made.goes_on) return made;
    if (auto queued = enqueue(made); !queued) return queued.error();
    return made;
}

result<void> service::enqueue(made_attempt& made) {
    event e;
    e.sequence = 1;
    e.at = around_.clock();
    e.kind = event_kind::attempt_created;
    e.status = status::enqueued;
    for (const store::attempt_record& a : made.run.attempts)
        if (a.number == made.attempt) e.text = a.reason;
    if (auto written = around_.store.append_events(made.run.id, made.attempt, {&e, 1}); !written) return written;
    auto run = around_.store.run(made.run.id);
    if (!run) return run.error();
    made.run = std::move(*run);
    return {};
}

result<finished_attempt> service::perform(policy::run_id id, run_options options) {
    signal_hold hold;
    // Before it is looked at: whoever sees it begin sees who executes it.
    auto lock = executor_lock::take(folder_of(id), around_.executor_mark);
    if (!lock) return lock.error();
    auto run = around_.store.run(id);
    if (!run) return run.error();
    const store::attempt_record attempt = run->attempts.back();
    const auto events = not_begun(*run);
    if (!events) return events.error();
    const auto failed = [&](const failure& why) -> result<finished_attempt> {
        // It can't be executed, and must not wait for ever.
        if (auto ended = end_attempt(*run, status::failed, why.what); !ended) return ended.error();
        return why;
    };
    auto kept = kept_definition(around_.store, *run);
    if (!kept) return failed(kept.error());
    const bool elsewhere = goes_elsewhere(**kept, run->source);
    auto own = elsewhere ? result<std::optional<source::filesystem>>(std::nullopt)
                         : take_files(around_.data, run->source, run->pipeline, [] {});
    if (!own) return failed(own.error());
    if (*own) run->source.workspace = (*own)->path().string();
    auto c = compile_now(around_, **kept, run->source, run->pipeline, attempt.actor, run->number);
    if (!c) return failed(c.error());
    auto files =
        elsewhere ? result<run_files>(run_files())
                  : prepare_files(around_.store, around_.data, **kept, run->source, run->pipeline, std::move(*own));
    if (!files) return failed(files.error());
    retry_scope scope;
    if (attempt.number > 1 || !run->source.only_actions.empty()) {
        auto found = scope_of(around_.store, *run, c->plan.actions, attempt.from_action, attempt.only_that_action);
        if (!found) return failed(found.error());
        scope = std::move(*found);
    }
    auto done = execute(**kept, std::move(*c), *run, attempt.number, *events, std::move(options), scope, files->notes,
                        hold, elsewhere);
    if (!done && not_begun(*run)) return failed(done.error());
    return done;
}

result<finished_attempt> service::execute(const definition& d, compiled c, const store::run_record& run, int attempt,
                                          std::int64_t events_before, run_options options, const retry_scope& scope,
                                          const std::vector<std::string>& notes, signal_hold& hold, bool elsewhere) {
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
    // A fork's code is a stranger's until somebody vouches for it: it is given no secret.
    const bool trusted = run.source.trust == policy::source_trust::trusted || run.source.fork_approved_by.valid();
    if (around_.open_outer && trusted) {
        auto opened = around_.open_outer({run.pipeline, run.source, run.attempts.back().actor});
        if (!opened) return opened.error();
        // What was given for this run wins.
        for (auto& [name, value] : *opened) options.secrets.try_emplace(name, std::move(value));
    }
    if (const auto names = default_keys_of(c.plan); around_.open_keys && trusted && !names.empty()) {
        auto opened = around_.open_keys(run.pipeline, names);
        if (!opened) return opened.error();
        options.keys = std::move(*opened);
    }
    cancel_switch own;
    if (options.off == nullptr) options.off = &own;
    {
        const std::lock_guard lock(mutex_);
        here_[run.id] = options.off;
    }
    struct leave {
        service& s;
        policy::run_id run;
        ~leave() {
            const std::lock_guard lock(s.mutex_);
            s.here_.erase(run);
        }
    } const left{*this, run.id};
    const attempt_request request{d,      c,     run,   attempt,  events_before, scope, previous_failed,
                                  logs(), child, notes, elsewhere};
    if (elsewhere && options.on_elsewhere) options.on_elsewhere();
    return run_attempt(around_, request, options, hold);
}

}  // namespace latchkey::run
