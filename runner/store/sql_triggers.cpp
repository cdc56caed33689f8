// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_triggers.hpp"

#include "policy/decision.hpp"
#include "runner/store/sql_directory_parts.hpp"
#include "runner/store/sql_outbox.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>

namespace latchkey::store {

namespace {

using secret_row = std::tuple<std::string, std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t>;

project_secret_record secret_from(secret_row& row) {
    auto& [name, version, key, sealed, by, at] = row;
    auto bytes = from_hex_text(sealed);
    if (!bytes) throw sql_error{{errc::corrupt, "the secret " + name + " in the store is damaged: set it again"}};
    project_secret_record found;
    found.sealed = {name, version, key, std::move(*bytes)};
    found.name = std::move(name);
    found.made_by = policy::user_id(by);
    found.made_at = from_stored(at);
    return found;
}

policy::workspace_id workspace_of_project(sql_connection& in, policy::project_id project) {
    const auto row =
        in.one<std::int64_t>("SELECT workspace FROM projects WHERE id = :id AND removed_at IS NULL", project.value());
    return row ? policy::workspace_id(std::get<0>(*row)) : policy::workspace_id();
}

// Who may change the pipeline.
result<void> check_start(sql_connection& in, policy::pipeline_id pipeline, policy::user_id actor) {
    const auto access = policy::access_to(load_snapshot(in, pipeline, {}), actor, pipeline);
    if (access <= policy::pipeline_level::denied) return no_such("pipeline");
    if (access < policy::pipeline_level::read_write)
        return failure(errc::denied, "you may not change this pipeline: that needs Manage on it");
    return {};
}

}  // namespace

bool change_secret(sql_connection& in, policy::workspace_id workspace, policy::project_id project,
                   const project_secret_record& wanted) {
    const bool there = in.exec("DELETE FROM project_secrets WHERE project = :project AND name = :name",
                               project.value(), wanted.name) != 0;
    const bool put = !wanted.sealed.bytes.empty();
    if (!there && !put) return false;
    if (put)
        in.exec(
            "INSERT INTO project_secrets (project, name, version, data_key, sealed, made_by, made_at) VALUES "
            "(:project, "
            ":name, :version, :key, :sealed, :by, :at)",
            project.value(), wanted.name, wanted.sealed.version, wanted.sealed.key, to_hex_text(wanted.sealed.bytes),
            wanted.made_by.value(), to_stored(wanted.made_at));
    audit_change(
        in, policy::audit_kind::project_changed, workspace, wanted.made_by,
        {{"did", put ? "set a secret" : "removed a secret"}, {"project", to_fact(project)}, {"secret", wanted.name}},
        wanted.made_at);
    return true;
}

result<void> sql_triggers::put_secret(policy::project_id project, const project_secret_record& wanted) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto workspace = workspace_of_project(in, project);
        if (auto may = check_project_manager(in, workspace, project, wanted.made_by); !may) return may;
        change_secret(in, workspace, project, wanted);
        return {};
    });
}

result<std::vector<project_secret_record>> sql_triggers::secrets(policy::project_id project) {
    return database_->read([&](sql_connection& in) -> result<std::vector<project_secret_record>> {
        std::vector<project_secret_record> found;
        for (auto& row : in.rows<std::string, std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t>(
                 "SELECT name, version, data_key, sealed, made_by, made_at FROM project_secrets WHERE project = "
                 ":project "
                 "ORDER BY name",
                 project.value()))
            found.push_back(secret_from(row));
        return found;
    });
}

result<std::optional<project_secret_record>> sql_triggers::secret(policy::project_id project,
                                                                  const std::string& name) {
    auto all = secrets(project);
    if (!all) return all.error();
    const auto at = std::ranges::find(*all, name, &project_secret_record::name);
    return at == all->end() ? std::optional<project_secret_record>() : std::optional(std::move(*at));
}

result<void> sql_triggers::remove_secret(policy::project_id project, const std::string& name, policy::user_id actor,
                                         policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto workspace = workspace_of_project(in, project);
        if (auto may = check_project_manager(in, workspace, project, actor); !may) return may;
        if (!change_secret(in, workspace, project, {name, {}, actor, at})) return no_such("secret");
        return {};
    });
}

result<bool> sql_triggers::take(const std::string& hook, const std::string& delivery, policy::project_id project,
                                policy::user_id actor, const std::vector<facts>& events, policy::time_point now,
                                policy::time_point forget_before) {
    return database_->write([&](sql_connection& in) -> result<bool> {
        in.exec("DELETE FROM deliveries_seen WHERE at < :before", to_stored(forget_before));
        if (in.one<std::int64_t>("SELECT at FROM deliveries_seen WHERE hook = :hook AND delivery = :delivery", hook,
                                 delivery))
            return false;
        in.exec("INSERT INTO deliveries_seen (hook, delivery, at) VALUES (:hook, :delivery, :at)", hook, delivery,
                to_stored(now));
        for (const facts& event : events) {
            in.exec(
                "INSERT INTO repository_events (project, actor, event, told_at, next_try) VALUES (:project, :actor, "
                ":event, :at, :next)",
                project.value(), actor.value(), to_pairs_text(event), to_stored(now), to_stored(now));
            leave_notice(in, project, event, now);
        }
        return true;
    });
}

result<std::vector<repository_event_record>> sql_triggers::due_events(policy::time_point now, int most) {
    return database_->read([&](sql_connection& in) -> result<std::vector<repository_event_record>> {
        std::vector<repository_event_record> found;
        for (auto& [id, project, actor, event, told, tries] :
             in.rows<std::int64_t, std::int64_t, std::int64_t, std::string, std::int64_t, std::int64_t>(
                 "SELECT id, project, actor, event, told_at, tries FROM repository_events WHERE next_try <= :now "
                 "ORDER "
                 "BY id LIMIT :most",
                 to_stored(now), static_cast<std::int64_t>(most))) {
            auto pairs = from_pairs_text(event);
            if (!pairs)
                return failure(errc::corrupt, "what a hook told is damaged in the store (repository_events " +
                                                  std::to_string(id) + "): restore a backup");
            found.push_back({id, policy::project_id(project), policy::user_id(actor), std::move(*pairs),
                             from_stored(told), static_cast<int>(tries)});
        }
        return found;
    });
}

result<std::optional<policy::time_point>> sql_triggers::next_event() {
    return database_->read([&](sql_connection& in) -> result<std::optional<policy::time_point>> {
        const auto row = in.one<std::optional<std::int64_t>>("SELECT MIN(next_try) FROM repository_events");
        return row ? from_stored(std::get<0>(*row)) : std::optional<policy::time_point>();
    });
}

result<void> sql_triggers::done(std::int64_t event) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("DELETE FROM repository_events WHERE id = :id", event);
        return {};
    });
}

result<void> sql_triggers::try_again(std::int64_t event, policy::time_point when) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("UPDATE repository_events SET tries = tries + 1, next_try = :at WHERE id = :id", to_stored(when),
                event);
        return {};
    });
}

result<void> sql_triggers::put_start(const pipeline_start_record& wanted) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto may = check_start(in, wanted.pipeline, wanted.made_by); !may) return may;
        in.exec("DELETE FROM pipeline_starts WHERE pipeline = :id", wanted.pipeline.value());
        const vault::sealed_field none;
        const vault::sealed_field& sealed = wanted.password ? *wanted.password : none;
        in.exec(
            "INSERT INTO pipeline_starts (pipeline, project, workspace, hash, version, data_key, sealed, last_step, "
            "made_by, made_at) VALUES (:id, :project, :workspace, :hash, :version, :key, :sealed, 0, :by, :at)",
            wanted.pipeline.value(), wanted.project.value(), wanted.workspace.value(), wanted.hash, sealed.version,
            sealed.key, to_hex_text(sealed.bytes), wanted.made_by.value(), to_stored(wanted.made_at));
        audit_change(in, policy::audit_kind::pipeline_changed, wanted.workspace, wanted.made_by,
                     {{"did", "made an address that starts it"},
                      {"pipeline", to_fact(wanted.pipeline)},
                      {"one_time_password", wanted.password ? "yes" : "no"}},
                     wanted.made_at);
        return {};
    });
}

result<pipeline_start_record> sql_triggers::start_by_hash(const std::string& hash) {
    return database_->read([&](sql_connection& in) -> result<pipeline_start_record> {
        const auto row = in.one<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::string,
                                std::int64_t, std::int64_t, std::int64_t>(
            "SELECT s.pipeline, s.project, s.workspace, s.version, s.data_key, s.sealed, s.last_step, s.made_by, "
            "s.made_at "
            "FROM pipeline_starts s JOIN pipelines l ON l.id = s.pipeline JOIN projects p ON p.id = l.project "
            "JOIN workspaces w ON w.id = p.workspace WHERE s.hash = :hash AND l.retired = 0 AND p.removed_at IS NULL "
            "AND w.removed_at IS NULL",
            hash);
        if (!row) return no_such("address");
        const auto& [pipeline, project, workspace, version, key, sealed, last, by, at] = *row;
        auto bytes = from_hex_text(sealed);
        if (!bytes) return failure(errc::corrupt, "an address that starts a pipeline is damaged: make another");
        pipeline_start_record found;
        found.workspace = policy::workspace_id(workspace);
        found.project = policy::project_id(project);
        found.pipeline = policy::pipeline_id(pipeline);
        found.hash = hash;
        // A data key has a number above 0: without one there is no password.
        if (key > 0) found.password = vault::sealed_field{"password", version, key, std::move(*bytes)};
        found.last_step = last;
        found.made_by = policy::user_id(by);
        found.made_at = from_stored(at);
        return found;
    });
}

result<void> sql_triggers::remove_start(policy::workspace_id workspace, policy::pipeline_id pipeline,
                                        policy::user_id actor, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto may = check_start(in, pipeline, actor); !may) return may;
        if (in.exec("DELETE FROM pipeline_starts WHERE pipeline = :id", pipeline.value()) == 0)
            return no_such("address");
        audit_change(in, policy::audit_kind::pipeline_changed, workspace, actor,
                     {{"did", "removed the address that starts it"}, {"pipeline", to_fact(pipeline)}}, at);
        return {};
    });
}

result<void> sql_triggers::take_step(policy::pipeline_id pipeline, std::int64_t step) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (in.exec("UPDATE pipeline_starts SET last_step = :step WHERE pipeline = :id AND last_step < :step2", step,
                    pipeline.value(), step) == 0)
            return failure(errc::conflict, "the one-time password has been used already: wait for the next one");
        return {};
    });
}

result<std::vector<scheduled_pipeline>> sql_triggers::scheduled() {
    return database_->read([&](sql_connection& in) -> result<std::vector<scheduled_pipeline>> {
        std::vector<scheduled_pipeline> found;
        for (auto& [workspace, project, id, by, settings, changed, events, seen] :
             in.rows<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::string, std::int64_t, std::string,
                     std::optional<std::int64_t>>(
                 "SELECT p.workspace, p.id, l.id, l.created_by, l.settings, l.changed_at, COALESCE(m.events, ''), "
                 "m.seen FROM "
                 "pipelines l "
                 "JOIN projects p ON p.id = l.project JOIN workspaces w ON w.id = p.workspace "
                 "LEFT JOIN schedule_marks m ON m.pipeline = l.id "
                 "WHERE l.retired = 0 AND l.created_at > 0 AND p.removed_at IS NULL AND w.removed_at IS NULL AND "
                 "l.settings LIKE '%SCHEDULE%' ORDER BY l.id")) {
            const auto pairs = from_pairs_text(settings);
            if (!pairs) continue;  // who looks at the pipeline is told
            const auto of = [&pairs](std::string_view name) {
                const auto at = std::ranges::find(*pairs, name, &std::pair<std::string, std::string>::first);
                return at == pairs->end() ? std::string() : at->second;
            };
            if (of("disabled") == "true" || of("paused") == "true") continue;
            scheduled_pipeline p{policy::workspace_id(workspace),
                                 policy::project_id(project),
                                 policy::pipeline_id(id),
                                 policy::user_id(by),
                                 of("events"),
                                 from_stored(changed)};
            // A mark is of the schedule that it was made for.
            if (seen && events == p.events) p.seen = from_stored(*seen);
            found.push_back(std::move(p));
        }
        return found;
    });
}

result<void> sql_triggers::mark(const scheduled_pipeline& was, policy::time_point seen) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto now = in.one<std::string, std::int64_t>(
            "SELECT events, seen FROM schedule_marks WHERE pipeline = :id", was.pipeline.value());
        if (now && std::get<0>(*now) == was.events && from_stored(std::get<1>(*now)) != was.seen)
            return failure(errc::conflict, "the schedule has been dealt with by another");
        in.exec("DELETE FROM schedule_marks WHERE pipeline = :id", was.pipeline.value());
        in.exec("INSERT INTO schedule_marks (pipeline, events, seen) VALUES (:id, :events, :seen)",
                was.pipeline.value(), was.events, to_stored(seen));
        return {};
    });
}

}  // namespace latchkey::store
