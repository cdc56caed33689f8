// SPDX-License-Identifier: Apache-2.0
// Runs and their attempts.
#include "runner/store/run_origin.hpp"
#include "runner/store/sql_outbox.hpp"
#include "runner/store/sql_parts.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::store {
namespace {

failure damaged_run(std::int64_t id) {
    return {errc::corrupt, "run " + std::to_string(id) + " in the store is damaged: restore it from a backup"};
}

std::vector<attempt_record> load_attempts(sql_connection& in, std::int64_t run) {
    std::vector<attempt_record> found;
    using maybe = std::optional<std::int64_t>;
    for (auto& [number, status, actor, created, started, ended, error, reason, from, only, decided] :
         in.rows<std::int64_t, std::string, std::int64_t, std::int64_t, maybe, maybe, std::string, std::string,
                 std::int64_t, std::int64_t, std::int64_t>(
             "SELECT number, status, actor, created_at, started_at, ended_at, error, reason, from_action, "
             "only_that_action, decided_at FROM attempts WHERE run = :run ORDER BY number",
             run)) {
        const auto known = run::status_from(status);
        if (!known) throw sql_error{damaged_run(run)};
        found.push_back({static_cast<int>(number), *known, policy::user_id(actor), from_stored(created),
                         from_stored(started), from_stored(ended), std::move(error), std::move(reason),
                         static_cast<int>(from), only != 0, policy::revision(decided)});
    }
    return found;
}

run_source load_source(sql_connection& in, std::int64_t run) {
    auto row = in.one<std::string, std::string, std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t,
                      std::string, std::string, std::string, std::string, std::string, std::string, std::string,
                      std::string, std::string, std::string, std::string, std::string>(
        "SELECT file, commit_id, dirty, ref_type, ref_name, trust, fork_approved_by, comment, backend, workspace, "
        "parameters, secret_names, limits, repository, changes, images, origin, base, only_actions FROM runs "
        "WHERE id = :id",
        run);
    if (!row) throw sql_error{damaged_run(run)};
    auto& [file, commit, dirty, ref_type, ref_name, trust, approved_by, comment, backend, workspace, parameters,
           secret_names, limits_text, repository, changes_text, images_text, origin_text, base, only_text] = *row;
    auto pairs = from_pairs_text(parameters);
    auto limits = from_pairs_text(limits_text);
    auto images = from_pairs_text(images_text);
    auto names = from_list_text(secret_names);
    auto changes = from_pairs_text(changes_text);
    auto origin = from_pairs_text(origin_text);
    auto only = from_list_text(only_text);
    if (!only || !changes || !origin || !images || !pairs || !limits || !names) throw sql_error{damaged_run(run)};
    run_source source;
    source.file = std::move(file);
    source.commit = std::move(commit);
    source.dirty = dirty != 0;
    source.ref = {enum_from(ref_type, policy::ref_type::pull_request), std::move(ref_name)};
    source.trust = enum_from(trust, policy::source_trust::fork);
    source.fork_approved_by = policy::user_id(approved_by);
    source.comment = std::move(comment);
    source.backend = std::move(backend);
    source.workspace = std::move(workspace);
    source.parameters = std::move(*pairs);
    source.limits = std::move(*limits);
    source.images = std::move(*images);
    source.secret_names = std::move(*names);
    source.repository = std::move(repository);
    source.changes = std::move(*changes);
    source.origin = std::move(*origin);
    source.base = std::move(base);
    source.only_actions = std::move(*only);
    return source;
}

result<std::vector<run_record>> load_runs(sql_connection& in, const std::vector<std::tuple<std::int64_t>>& ids) {
    std::vector<run_record> found;
    found.reserve(ids.size());
    for (const auto& [id] : ids) {
        auto record = load_run(in, policy::run_id(id));
        if (!record) return damaged_run(id);
        found.push_back(std::move(*record));
    }
    return found;
}

// 0: it is for none.
std::int64_t event_of(const run_source& source) {
    std::int64_t event = 0;
    const auto at =
        std::ranges::find(source.origin, origin_repository_event, &std::pair<std::string, std::string>::first);
    if (at != source.origin.end()) std::from_chars(at->second.data(), at->second.data() + at->second.size(), event);
    return event;
}

std::int64_t insert_run(sql_connection& in, const new_run& wanted, const pipeline_record& pipeline,
                        std::string_view definition) {
    const auto number = in.one<std::int64_t>("UPDATE projects SET runs = runs + 1 WHERE id = :id RETURNING runs",
                                             pipeline.project.value());
    const auto& source = wanted.source;
    const auto made = in.one<std::int64_t>(
        "INSERT INTO runs (number, project, pipeline, actor, created_at, file, yaml, commit_id, dirty, ref_type, "
        "ref_name, trust, fork_approved_by, comment, backend, workspace, parameters, secret_names, limits, "
        "repository, changes, images, origin, base, only_actions, repository_event) "
        "VALUES (:number, :project, :pipeline, :actor, :created_at, :file, :yaml, :commit_id, :dirty, :ref_type, "
        ":ref_name, :trust, "
        ":fork_approved_by, :comment, :backend, :workspace, :parameters, :secret_names, :limits, :repository, "
        ":changes, :images, :origin, :base, :only_actions, :event) RETURNING id",
        number ? std::get<0>(*number) : 0, pipeline.project.value(), pipeline.id.value(), wanted.actor.value(),
        to_stored(wanted.at), source.file, definition, source.commit, source.dirty, static_cast<int>(source.ref.type),
        source.ref.name, static_cast<int>(source.trust), source.fork_approved_by.value(), source.comment,
        source.backend, source.workspace, to_pairs_text(source.parameters), to_list_text(source.secret_names),
        to_pairs_text(source.limits), source.repository, to_pairs_text(source.changes), to_pairs_text(source.images),
        to_pairs_text(source.origin), source.base, to_list_text(source.only_actions), event_of(source));
    if (!number || !made) throw sql_error{{errc::store, "the store gave no number to a new run: try again"}};
    std::int64_t position = 0;
    for (const type_file& file : wanted.type_files)
        in.exec(
            "INSERT INTO run_type_files (run, position, own, name, text) VALUES (:run, :position, :own, :name, "
            ":text)",
            std::get<0>(*made), position++, file.own, file.name, file.text);
    return std::get<0>(*made);
}

// What a query of runs joins, and what narrows it: each condition holds for everything where its value says so.
// PostgreSQL would take a number that is compared with 0 alone for one of 32 bits.
constexpr std::string_view queried =
    " FROM runs JOIN projects ON projects.id = runs.project JOIN attempts ON attempts.run = runs.id AND "
    "attempts.number = (SELECT max(number) FROM attempts AS all_of WHERE all_of.run = runs.id) WHERE ";
constexpr std::string_view narrowed =
    " AND (:any_status = 1 OR :statuses LIKE '%,' || attempts.status || ',%') AND (:any_ref = '' OR runs.ref_name = "
    ":ref) AND (CAST(:anybody AS BIGINT) = 0 OR runs.actor = :actor OR attempts.actor = :again) AND (:any_reason = 1 "
    "OR EXISTS "
    "(SELECT 1 FROM events WHERE events.run = runs.id AND events.attempt = attempts.number AND events.kind = "
    "'missing')) AND (CAST(:first AS BIGINT) = 0 OR runs.id < :before) ORDER BY runs.id DESC LIMIT :limit OFFSET "
    ":offset";

void open_attempt(sql_connection& in, policy::run_id run, const attempt_record& attempt) {
    in.exec(
        "INSERT INTO attempts (run, number, status, is_open, actor, created_at, error, reason, from_action, "
        "only_that_action, decided_at) VALUES (:run, :number, :status, 1, :actor, :created_at, '', :reason, "
        ":from_action, :only_that_action, :decided_at)",
        run.value(), attempt.number, run::to_string(attempt.status), attempt.actor.value(),
        to_stored(attempt.created_at), attempt.reason, attempt.from_action, attempt.only_that_action,
        attempt.decided_at.value());
    leave_notice(in, run, attempt.number, notice_kind::made, attempt.status, attempt.created_at);
}

}  // namespace

std::optional<run_record> load_run(sql_connection& in, policy::run_id id) {
    auto row = in.one<std::int64_t, std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t,
                      std::int64_t>(
        "SELECT runs.number, runs.project, runs.pipeline, pipelines.name, runs.actor, runs.created_at, runs.changed "
        "FROM runs JOIN pipelines ON pipelines.id = runs.pipeline WHERE runs.id = :id",
        id.value());
    if (!row) return std::nullopt;
    auto& [number, project, pipeline, name, actor, created_at, changed] = *row;
    run_record record;
    record.id = id;
    record.number = number;
    record.project = policy::project_id(project);
    record.pipeline = policy::pipeline_id(pipeline);
    record.pipeline_name = std::move(name);
    record.actor = policy::user_id(actor);
    record.created_at = from_stored(created_at);
    record.changed = changed;
    record.source = load_source(in, id.value());
    record.attempts = load_attempts(in, id.value());
    if (record.attempts.empty()) throw sql_error{damaged_run(id.value())};
    return record;
}

result<int> insert_attempt(sql_connection& in, const run_record& run, const new_attempt& wanted,
                           policy::revision revision) {
    const auto& last = run.attempts.back();
    if (!run::ended(last.status)) {
        return failure(errc::conflict, "attempt " + std::to_string(last.number) + " of run #" +
                                           std::to_string(run.number) +
                                           " has not ended: wait for it or cancel it, then retry");
    }
    attempt_record attempt;
    attempt.number = last.number + 1;
    attempt.actor = wanted.actor;
    attempt.created_at = wanted.at;
    attempt.reason = wanted.reason;
    attempt.from_action = wanted.from_action;
    attempt.only_that_action = wanted.only_that_action;
    attempt.decided_at = revision;
    open_attempt(in, run.id, attempt);
    mark_changed(in, run.id);
    append_audit(in, policy::audit_kind::run_retried, wanted.actor, revision,
                 {{"run", to_fact(run.id)}, {"attempt", std::to_string(attempt.number)}, {"reason", wanted.reason}},
                 wanted.at);
    if (!wanted.idempotency_key.empty()) keep_retry_key(in, wanted, attempt.number, revision);
    if (!wanted.queued) return attempt.number;
    run::event queued;
    queued.sequence = 1;
    queued.at = wanted.at;
    queued.kind = run::event_kind::attempt_created;
    queued.status = run::status::enqueued;
    queued.text = wanted.reason;
    if (auto told = add_events(in, run.id, attempt.number, {&queued, 1}); !told) return told.error();
    return attempt.number;
}

result<run_record> sql_store::create_run(const new_run& wanted, std::string_view definition) {
    return write([&](sql_connection& in) -> result<run_record> {
        // Whoever dealt with the event may have ended before it was noted: the run of then is the one.
        if (const std::int64_t event = event_of(wanted.source); event != 0)
            if (const auto known = in.one<std::int64_t>(
                    "SELECT id FROM runs WHERE repository_event = :event AND repository_event <> 0 AND pipeline = "
                    ":pipeline",
                    event, wanted.pipeline.value())) {
                auto run = load_run(in, policy::run_id(std::get<0>(*known)));
                if (!run) return damaged_run(std::get<0>(*known));
                return std::move(*run);
            }
        const auto pipeline = load_pipeline(in, wanted.pipeline);
        if (!pipeline) return failure(errc::not_found, "there is no pipeline " + to_fact(wanted.pipeline));
        if (pipeline->retired) {
            return failure(errc::conflict, "pipeline \"" + pipeline->name + "\" is no longer in " + pipeline->file +
                                               ": read the file again");
        }
        const policy::run_id id(insert_run(in, wanted, *pipeline, definition));
        attempt_record first;
        first.actor = wanted.actor;
        first.created_at = wanted.at;
        first.reason = "run";
        first.decided_at = current_revision(in);
        open_attempt(in, id, first);
        mark_changed(in, id);
        append_audit(in, policy::audit_kind::run_started, wanted.actor, first.decided_at,
                     {{"run", to_fact(id)}, {"pipeline", to_fact(wanted.pipeline)}}, wanted.at);
        auto made = load_run(in, id);
        if (!made) return damaged_run(id.value());
        return std::move(*made);
    });
}

result<int> sql_store::create_attempt(const new_attempt& wanted) {
    return write([&](sql_connection& in) -> result<int> {
        const auto run = load_run(in, wanted.run);
        if (!run) return failure(errc::not_found, "there is no run " + to_fact(wanted.run));
        return insert_attempt(in, *run, wanted, current_revision(in));
    });
}

result<run_record> sql_store::run(policy::run_id id) {
    return read([&](sql_connection& in) -> result<run_record> {
        auto found = load_run(in, id);
        if (!found) return failure(errc::not_found, "there is no run " + to_fact(id));
        return std::move(*found);
    });
}

result<std::string> sql_store::definition_of(policy::run_id id) {
    return read([&](sql_connection& in) -> result<std::string> {
        auto row = in.one<std::string>("SELECT yaml FROM runs WHERE id = :id", id.value());
        if (!row) return failure(errc::not_found, "there is no run " + to_fact(id));
        return std::move(std::get<0>(*row));
    });
}

result<std::vector<type_file>> sql_store::type_files_of(policy::run_id id) {
    return read([&](sql_connection& in) -> result<std::vector<type_file>> {
        std::vector<type_file> files;
        for (auto& [own, name, text] : in.rows<std::int64_t, std::string, std::string>(
                 "SELECT own, name, text FROM run_type_files WHERE run = :run ORDER BY position", id.value()))
            files.push_back({own != 0, std::move(name), std::move(text)});
        return files;
    });
}

result<run_record> sql_store::run_by_number(policy::project_id project, std::int64_t number) {
    return read([&](sql_connection& in) -> result<run_record> {
        const auto row = in.one<std::int64_t>("SELECT id FROM runs WHERE project = :project AND number = :number",
                                              project.value(), number);
        auto found = row ? load_run(in, policy::run_id(std::get<0>(*row))) : std::nullopt;
        if (!found) {
            return failure(errc::not_found,
                           "there is no run #" + std::to_string(number) + " here: `latchkey runs` lists them");
        }
        return std::move(*found);
    });
}

void mark_changed(sql_connection& in, policy::run_id run) {
    const auto now =
        in.one<std::int64_t>("UPDATE counters SET value = value + 1 WHERE name = 'change' RETURNING value");
    if (!now) throw sql_error{{errc::corrupt, "the store has lost its count of changes: restore it from a backup"}};
    in.exec("UPDATE runs SET changed = :changed WHERE id = :id", std::get<0>(*now), run.value());
}

result<std::vector<run_record>> sql_store::runs(const run_query& query) {
    if (query.limit < 1) return std::vector<run_record>();
    // Newest first, by the index of what is asked for most closely.
    static const std::string of_pipeline = "SELECT runs.id" + std::string(queried) +
                                           "runs.pipeline = :scope AND (:any = 0 OR runs.project = :project)" +
                                           std::string(narrowed);
    static const std::string of_project = "SELECT runs.id" + std::string(queried) +
                                          "runs.project = :scope AND (:any = 0 OR :none = 0)" + std::string(narrowed);
    static const std::string of_workspace = "SELECT runs.id" + std::string(queried) +
                                            "projects.workspace = :scope AND projects.removed_at IS NULL AND "
                                            "(:any = 0 OR :none = 0)" +
                                            std::string(narrowed);
    static const std::string of_all =
        "SELECT runs.id" + std::string(queried) + "(:scope = 0 OR :any = 0 OR :none = 0)" + std::string(narrowed);
    const std::int64_t project = query.project ? query.project->value() : 0;
    const std::string* sql = &of_all;
    std::int64_t scope = 0;
    if (query.pipeline) {
        sql = &of_pipeline;
        scope = query.pipeline->value();
    } else if (query.project) {
        sql = &of_project;
        scope = project;
    } else if (query.workspace) {
        sql = &of_workspace;
        scope = query.workspace->value();
    }
    const std::int64_t narrow = query.pipeline ? project : 0;
    std::string statuses = ",";
    for (const run::status s : query.statuses) statuses += std::string(run::to_string(s)) + ",";
    const std::int64_t actor = query.actor ? query.actor->value() : 0;
    return read([&](sql_connection& in) -> result<std::vector<run_record>> {
        return load_runs(
            in, in.rows<std::int64_t>(*sql, scope, narrow, narrow, query.statuses.empty(), statuses, query.ref,
                                      query.ref, actor, actor, actor, !query.lacked_permissions, query.before.value(),
                                      query.before.value(), query.limit, query.offset));
    });
}

result<changed_runs> sql_store::runs_changed(policy::workspace_id workspace,
                                             const std::optional<policy::project_id>& project, std::int64_t after,
                                             int limit) {
    return read([&](sql_connection& in) -> result<changed_runs> {
        const std::int64_t one = project ? project->value() : 0;
        const auto now = in.one<std::int64_t>("SELECT value FROM counters WHERE name = 'change'");
        const auto ids = in.rows<std::int64_t>(
            "SELECT runs.id FROM runs JOIN projects ON projects.id = runs.project WHERE runs.changed > :after AND "
            "projects.workspace = :workspace AND projects.removed_at IS NULL AND (:any = 0 OR projects.id = "
            ":project) "
            "ORDER BY runs.changed LIMIT :limit",
            after, workspace.value(), one, one, limit);
        auto found = load_runs(in, ids);
        if (!found) return found.error();
        changed_runs all{std::move(*found), now ? std::get<0>(*now) : 0};
        if (static_cast<int>(all.runs.size()) == limit) all.up_to = all.runs.back().changed;
        return all;
    });
}

result<std::int64_t> sql_store::last_change() {
    return read([](sql_connection& in) -> result<std::int64_t> {
        const auto now = in.one<std::int64_t>("SELECT value FROM counters WHERE name = 'change'");
        return now ? std::get<0>(*now) : 0;
    });
}

result<std::int64_t> sql_store::count_runs(policy::pipeline_id pipeline) {
    return read([&](sql_connection& in) -> result<std::int64_t> {
        const auto row =
            in.one<std::int64_t>("SELECT count(*) FROM runs WHERE pipeline = :pipeline", pipeline.value());
        return row ? std::get<0>(*row) : 0;
    });
}

result<std::optional<run_record>> sql_store::last_success(policy::pipeline_id pipeline,
                                                          const std::optional<policy::ref>& ref) {
    return read([&](sql_connection& in) -> result<std::optional<run_record>> {
        const auto row = in.one<std::int64_t>(
            "SELECT runs.id FROM runs JOIN attempts ON attempts.run = runs.id WHERE runs.pipeline = :pipeline AND "
            "attempts.status = 'SUCCESSFUL' AND attempts.only_that_action = 0 AND runs.only_actions = '' AND "
            "attempts.number = "
            "(SELECT max(number) FROM attempts AS all_of WHERE all_of.run = runs.id) AND "
            "(:any = 1 OR (runs.ref_type = :ref_type AND runs.ref_name = :ref_name)) ORDER BY runs.id DESC LIMIT 1",
            pipeline.value(), ref ? 0 : 1, ref ? static_cast<int>(ref->type) : 0, ref ? ref->name : std::string());
        if (!row) return std::optional<run_record>();
        auto found = load_run(in, policy::run_id(std::get<0>(*row)));
        if (!found) return damaged_run(std::get<0>(*row));
        return found;
    });
}

result<std::vector<run_record>> sql_store::unfinished_runs() {
    return read([](sql_connection& in) -> result<std::vector<run_record>> {
        return load_runs(in, in.rows<std::int64_t>("SELECT run FROM attempts WHERE is_open = 1 ORDER BY run"));
    });
}

}  // namespace latchkey::store
