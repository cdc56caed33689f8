// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_team_pipelines.hpp"

#include "policy/decision.hpp"
#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/text_form.hpp"

#include <sodium.h>

#include <algorithm>

namespace latchkey::store {
namespace {

std::optional<team_pipeline_record> load(sql_connection& in, policy::project_id project, policy::pipeline_id id) {
    auto row = in.one<std::string, std::int64_t, std::string, std::string, std::int64_t, std::int64_t, std::int64_t>(
        "SELECT name, others, settings, definition, created_by, created_at, changed_at FROM pipelines WHERE id = :id "
        "AND project = :project AND retired = 0 AND created_at > 0",
        id.value(), project.value());
    if (!row) return std::nullopt;
    auto& [name, others, settings, definition, by, created, changed] = *row;
    auto pairs = from_pairs_text(settings);
    if (!pairs)
        throw sql_error{{errc::corrupt, "pipeline " + to_fact(id) + " in the store is damaged: restore a backup"}};
    team_pipeline_record found;
    found.rights.id = id;
    found.rights.project = project;
    found.rights.others = enum_from(others, policy::pipeline_level::read_write);
    found.name = std::move(name);
    found.settings = std::move(*pairs);
    found.definition = std::move(definition);
    found.created_by = policy::user_id(by);
    found.created_at = from_stored(created);
    found.changed_at = from_stored(changed);
    for (const auto& [is_group, holder, level] : in.rows<std::int64_t, std::int64_t, std::int64_t>(
             "SELECT is_group, holder, level FROM pipeline_rows WHERE pipeline = :id ORDER BY is_group, holder",
             id.value())) {
        const auto access = enum_from(level, policy::pipeline_level::read_write);
        if (is_group != 0)
            found.rights.groups.push_back({policy::group_id(holder), access});
        else
            found.rights.users.push_back({policy::user_id(holder), access});
    }
    return found;
}

void put_rows(sql_connection& in, const policy::pipeline& rights) {
    in.exec("DELETE FROM pipeline_rows WHERE pipeline = :id", rights.id.value());
    const auto put = [&](bool is_group, std::int64_t holder, policy::pipeline_level level) {
        in.exec(
            "INSERT INTO pipeline_rows (pipeline, is_group, holder, level) VALUES (:id, :is_group, :holder, :level)",
            rights.id.value(), is_group, holder, static_cast<int>(level));
    };
    for (const auto& row : rights.users) put(false, row.user.value(), row.access);
    for (const auto& row : rights.groups) put(true, row.group.value(), row.access);
}

bool name_taken(sql_connection& in, const team_pipeline_record& wanted) {
    return in
        .one<std::int64_t>(
            "SELECT id FROM pipelines WHERE project = :project AND name = :name AND retired = 0 AND id "
            "<> :id",
            wanted.rights.project.value(), wanted.name, wanted.rights.id.value())
        .has_value();
}

failure taken(const std::string& name) {
    return {errc::conflict, "there is a pipeline \"" + name + "\" already: choose another name"};
}

}  // namespace

policy::workspace_id workspace_of(sql_connection& in, policy::project_id project) {
    const auto row =
        in.one<std::int64_t>("SELECT workspace FROM projects WHERE id = :id AND removed_at IS NULL", project.value());
    return row ? policy::workspace_id(std::get<0>(*row)) : policy::workspace_id();
}

result<void> check_pipelines_writer(sql_connection& in, policy::project_id project, policy::user_id actor) {
    const auto workspace = workspace_of(in, project);
    const auto member = load_member(in, workspace, actor);
    const auto role = member ? load_role(in, workspace, project, *member) : std::nullopt;
    if (!role) return no_such("project");
    if (role->pipelines < policy::pipeline_level::read_write)
        return failure(errc::denied, "your role in the project does not let you change its pipelines");
    return {};
}

result<void> check_pipeline_writer(sql_connection& in, policy::pipeline_id pipeline, policy::user_id actor) {
    const auto facts_now = load_snapshot(in, pipeline, {});
    const auto access = policy::access_to(facts_now, actor, pipeline);
    if (access <= policy::pipeline_level::denied) return no_such("pipeline");
    if (access < policy::pipeline_level::read_write)
        return failure(errc::denied, "you may not change this pipeline: that needs Manage on it");
    return {};
}

result<team_pipeline_record> sql_team_pipelines::add(team_pipeline_record wanted, policy::user_id actor) {
    if (wanted.name.empty()) return failure(errc::usage, "a pipeline needs a name");
    return database_->write([&](sql_connection& in) -> result<team_pipeline_record> {
        const policy::project_id project = wanted.rights.project;
        if (auto may = check_pipelines_writer(in, project, actor); !may) return may.error();
        if (name_taken(in, wanted)) return taken(wanted.name);
        const std::int64_t at = std::max<std::int64_t>(to_stored(wanted.created_at), 1);
        const auto made = in.one<std::int64_t>(
            "INSERT INTO pipelines (project, file, name, others, settings, definition, created_by, created_at, "
            "changed_at) VALUES (:project, '', :name, :others, :settings, :definition, :by, :at, :at2) RETURNING id",
            project.value(), wanted.name, static_cast<int>(wanted.rights.others), to_pairs_text(wanted.settings),
            wanted.definition, actor.value(), at, at);
        if (!made) return failure(errc::store, "the store gave no number to a new pipeline: try again");
        wanted.rights.id = policy::pipeline_id(std::get<0>(*made));
        put_rows(in, wanted.rights);
        audit_change(in, policy::audit_kind::pipeline_changed, workspace_of(in, project), actor,
                     {{"did", "added"},
                      {"pipeline", to_fact(wanted.rights.id)},
                      {"project", to_fact(project)},
                      {"name", wanted.name}},
                     wanted.created_at);
        return std::move(*load(in, project, wanted.rights.id));
    });
}

result<team_pipeline_record> sql_team_pipelines::get(policy::project_id project, policy::pipeline_id id) {
    return database_->read([&](sql_connection& in) -> result<team_pipeline_record> {
        auto found = load(in, project, id);
        if (!found) return no_such("pipeline");
        return std::move(*found);
    });
}

result<std::vector<team_pipeline_record>> sql_team_pipelines::list(policy::project_id project) {
    return database_->read([&](sql_connection& in) -> result<std::vector<team_pipeline_record>> {
        std::vector<team_pipeline_record> found;
        for (const auto& [id] : in.rows<std::int64_t>(
                 "SELECT id FROM pipelines WHERE project = :project AND retired = 0 AND created_at > 0 ORDER BY id",
                 project.value()))
            if (auto one = load(in, project, policy::pipeline_id(id))) found.push_back(std::move(*one));
        return found;
    });
}

result<team_pipeline_record> sql_team_pipelines::edit(const team_pipeline_record& wanted, policy::user_id actor,
                                                      policy::time_point at) {
    if (wanted.name.empty()) return failure(errc::usage, "a pipeline needs a name");
    return database_->write([&](sql_connection& in) -> result<team_pipeline_record> {
        const policy::pipeline_id id = wanted.rights.id;
        const auto known = load(in, wanted.rights.project, id);
        if (!known) return no_such("pipeline");
        if (auto may = check_pipeline_writer(in, id, actor); !may) return may.error();
        if (known->changed_at != wanted.changed_at)
            return failure(errc::conflict,
                           "pipeline " + to_fact(id) + " was changed by somebody else: look at it again, then edit");
        if (name_taken(in, wanted)) return taken(wanted.name);
        const auto changed_at = std::max(at, known->changed_at + std::chrono::milliseconds(1));
        in.exec(
            "UPDATE pipelines SET name = :name, others = :others, settings = :settings, definition = :definition, "
            "changed_at = :at WHERE id = :id",
            wanted.name, static_cast<int>(wanted.rights.others), to_pairs_text(wanted.settings), wanted.definition,
            to_stored(changed_at), id.value());
        put_rows(in, wanted.rights);
        audit_change(in, policy::audit_kind::pipeline_changed, workspace_of(in, wanted.rights.project), actor,
                     {{"did", "edited"},
                      {"pipeline", to_fact(id)},
                      {"name", wanted.name},
                      {"definition", known->definition == wanted.definition ? "same" : "changed"}},
                     at);
        return std::move(*load(in, wanted.rights.project, id));
    });
}

result<void> sql_team_pipelines::remove(policy::project_id project, policy::pipeline_id id, policy::user_id actor,
                                        policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto known = load(in, project, id);
        if (!known) return no_such("pipeline");
        if (auto may = check_pipeline_writer(in, id, actor); !may) return may.error();
        in.exec("UPDATE pipelines SET retired = 1 WHERE id = :id", id.value());
        in.exec("DELETE FROM badges WHERE pipeline = :id", id.value());
        remove_variables_of(in, workspace_of(in, project), variable_level::pipeline, id.value());
        audit_change(in, policy::audit_kind::pipeline_retired, workspace_of(in, project), actor,
                     {{"pipeline", to_fact(id)}, {"name", known->name}}, at);
        return {};
    });
}

result<std::string> sql_team_pipelines::badge(policy::project_id project, policy::pipeline_id id) {
    const auto known = database_->read([&](sql_connection& in) -> result<std::optional<std::string>> {
        if (!load(in, project, id)) return no_such("pipeline");
        auto row = in.one<std::string>("SELECT token FROM badges WHERE pipeline = :id", id.value());
        return row ? std::optional(std::move(std::get<0>(*row))) : std::nullopt;
    });
    if (!known) return known.error();
    if (*known) return **known;
    return database_->write([&](sql_connection& in) -> result<std::string> {
        if (!load(in, project, id)) return no_such("pipeline");
        std::string bytes(32, '\0');
        randombytes_buf(bytes.data(), bytes.size());
        in.exec("INSERT INTO badges (pipeline, token) VALUES (:id, :token) ON CONFLICT (pipeline) DO NOTHING",
                id.value(), to_hex_text(bytes));
        auto row = in.one<std::string>("SELECT token FROM badges WHERE pipeline = :id", id.value());
        if (!row) return failure(errc::store, "the store lost the badge of a pipeline while making it: try again");
        return std::move(std::get<0>(*row));
    });
}

result<policy::pipeline_id> sql_team_pipelines::with_badge(const std::string& token) {
    return database_->read([&](sql_connection& in) -> result<policy::pipeline_id> {
        const auto row = in.one<std::int64_t>("SELECT pipeline FROM badges WHERE token = :token", token);
        const auto pipeline = row ? load_pipeline(in, policy::pipeline_id(std::get<0>(*row))) : std::nullopt;
        if (!pipeline || pipeline->retired || !workspace_of(in, pipeline->project).valid()) return no_such("badge");
        return pipeline->id;
    });
}

}  // namespace latchkey::store
