// SPDX-License-Identifier: Apache-2.0
// Permission sets: what a role may do in a project.
#include "runner/store/sql_directory.hpp"
#include "runner/store/sql_directory_parts.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

using set_row = std::tuple<std::int64_t, std::string, std::string, std::string, std::int64_t, std::string>;

// What the sets that come with a workspace say, besides of pipelines.
facts levels_of_type(const std::string& type) {
    if (type == "PROJECT_MANAGER")
        return {{"repository_access_level", "MANAGE"},
                {"sandbox_access_level", "READ_WRITE"},
                {"project_team_access_level", "MANAGE"},
                {"environment_access_level", "MANAGE"},
                {"target_access_level", "MANAGE"}};
    if (type == "DEVELOPER")
        return {{"repository_access_level", "READ_WRITE"},
                {"sandbox_access_level", "READ_WRITE"},
                {"project_team_access_level", "READ_ONLY"},
                {"environment_access_level", "USE_ONLY"},
                {"target_access_level", "USE_ONLY"}};
    return {{"repository_access_level", "READ_ONLY"},
            {"sandbox_access_level", "READ_ONLY"},
            {"project_team_access_level", "READ_ONLY"},
            {"environment_access_level", "DENIED"},
            {"target_access_level", "READ_ONLY"}};
}

permission_set_record set_from(set_row& row) {
    auto& [id, name, description, type, pipelines, levels] = row;
    permission_set_record found;
    found.id = policy::permission_set_id(id);
    found.name = std::move(name);
    found.description = std::move(description);
    found.type = std::move(type);
    found.pipelines = enum_from(pipelines, policy::pipeline_level::read_write);
    auto stored = from_pairs_text(levels);
    found.levels = found.type == "CUSTOM" && stored ? std::move(*stored) : levels_of_type(found.type);
    return found;
}

result<void> check_set(sql_connection& in, policy::workspace_id workspace, const permission_set_record& wanted) {
    if (wanted.name.empty()) return failure(errc::usage, "a permission set needs a name");
    if (in.one<std::int64_t>(
            "SELECT id FROM permission_sets WHERE workspace = :workspace AND name = :name AND id <> :id",
            workspace.value(), wanted.name, wanted.id.value()))
        return failure(errc::conflict, "there is a permission set \"" + wanted.name + "\" already");
    return {};
}

result<void> check_own(const std::optional<permission_set_record>& known) {
    if (!known) return no_such("permission set");
    if (known->type != "CUSTOM")
        return failure(errc::refused,
                       "\"" + known->name + "\" came with the workspace and can't be changed: add one");
    return {};
}

}  // namespace

std::optional<permission_set_record> load_permission_set(sql_connection& in, policy::workspace_id workspace,
                                                         policy::permission_set_id id) {
    auto row = in.one<std::int64_t, std::string, std::string, std::string, std::int64_t, std::string>(
        "SELECT id, name, description, type, pipeline_level, levels FROM permission_sets WHERE workspace = "
        ":workspace "
        "AND id = :id",
        workspace.value(), id.value());
    if (!row) return std::nullopt;
    return set_from(*row);
}

result<std::vector<permission_set_record>> sql_directory::permission_sets(policy::workspace_id workspace) {
    return read([&](sql_connection& in) -> result<std::vector<permission_set_record>> {
        std::vector<permission_set_record> found;
        for (auto& row : in.rows<std::int64_t, std::string, std::string, std::string, std::int64_t, std::string>(
                 "SELECT id, name, description, type, pipeline_level, levels FROM permission_sets WHERE workspace = "
                 ":workspace ORDER BY id",
                 workspace.value()))
            found.push_back(set_from(row));
        return found;
    });
}

result<permission_set_record> sql_directory::permission_set(policy::workspace_id workspace,
                                                            policy::permission_set_id id) {
    return read([&](sql_connection& in) -> result<permission_set_record> {
        auto found = load_permission_set(in, workspace, id);
        if (!found) return no_such("permission set");
        return std::move(*found);
    });
}

result<permission_set_record> sql_directory::add_permission_set(policy::workspace_id workspace,
                                                                const permission_set_record& wanted,
                                                                policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<permission_set_record> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        if (auto fine = check_set(in, workspace, wanted); !fine) return fine.error();
        const auto made = in.one<std::int64_t>(
            "INSERT INTO permission_sets (workspace, name, description, type, pipeline_level, levels) VALUES "
            "(:workspace, :name, :description, 'CUSTOM', :pipelines, :levels) RETURNING id",
            workspace.value(), wanted.name, wanted.description, static_cast<int>(wanted.pipelines),
            to_pairs_text(wanted.levels));
        if (!made) return failure(errc::store, "the store gave no number to a new permission set: try again");
        const policy::permission_set_id id(std::get<0>(*made));
        audit_change(in, policy::audit_kind::permission_set_changed, workspace, actor,
                     {{"did", "added"}, {"set", to_fact(id)}, {"name", wanted.name}}, at);
        return std::move(*load_permission_set(in, workspace, id));
    });
}

result<permission_set_record> sql_directory::edit_permission_set(policy::workspace_id workspace,
                                                                 const permission_set_record& wanted,
                                                                 policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<permission_set_record> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        if (auto own = check_own(load_permission_set(in, workspace, wanted.id)); !own) return own.error();
        if (auto fine = check_set(in, workspace, wanted); !fine) return fine.error();
        in.exec(
            "UPDATE permission_sets SET name = :name, description = :description, pipeline_level = :pipelines, "
            "levels "
            "= :levels WHERE id = :id",
            wanted.name, wanted.description, static_cast<int>(wanted.pipelines), to_pairs_text(wanted.levels),
            wanted.id.value());
        audit_change(in, policy::audit_kind::permission_set_changed, workspace, actor,
                     {{"did", "edited"}, {"set", to_fact(wanted.id)}, {"name", wanted.name}}, at);
        return std::move(*load_permission_set(in, workspace, wanted.id));
    });
}

result<void> sql_directory::remove_permission_set(policy::workspace_id workspace, policy::permission_set_id id,
                                                  policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        const auto known = load_permission_set(in, workspace, id);
        if (auto own = check_own(known); !own) return own;
        if (in.one<std::int64_t>("SELECT project FROM project_members WHERE permission_set = :id LIMIT 1",
                                 id.value()))
            return failure(errc::conflict,
                           "\"" + known->name + "\" is somebody's role in a project: give them another first");
        in.exec("UPDATE members SET auto_assign = 0, auto_set = 0 WHERE auto_set = :id", id.value());
        in.exec("UPDATE user_groups SET auto_assign = 0, auto_set = 0 WHERE auto_set = :id", id.value());
        in.exec("DELETE FROM permission_sets WHERE id = :id", id.value());
        audit_change(in, policy::audit_kind::permission_set_changed, workspace, actor,
                     {{"did", "removed"}, {"set", to_fact(id)}, {"name", known->name}}, at);
        return {};
    });
}

}  // namespace latchkey::store
