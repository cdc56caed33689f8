// SPDX-License-Identifier: Apache-2.0
// The projects of a workspace, and who has which role in them.
#include "runner/store/sql_directory.hpp"
#include "runner/store/sql_directory_parts.hpp"
#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/text_form.hpp"

#include <sodium.h>

#include <algorithm>

namespace latchkey::store {
namespace {

using project_row =
    std::tuple<std::int64_t, std::int64_t, std::string, std::string, std::string, std::int64_t, std::int64_t>;

team_project_record project_from(project_row& row) {
    auto& [id, workspace, handle, name, settings, by, at] = row;
    auto pairs = from_pairs_text(settings);
    if (!pairs) throw sql_error{{errc::corrupt, "project " + handle + " in the store is damaged: restore a backup"}};
    return {policy::project_id(id), policy::workspace_id(workspace),
            std::move(handle),      std::move(name),
            std::move(*pairs),      policy::user_id(by),
            from_stored(at)};
}

std::optional<team_project_record> load_project(sql_connection& in, policy::workspace_id workspace,
                                                policy::project_id id) {
    auto row = in.one<std::int64_t, std::int64_t, std::string, std::string, std::string, std::int64_t, std::int64_t>(
        "SELECT id, workspace, handle, name, settings, created_by, created_at FROM projects WHERE workspace = "
        ":workspace AND id = :id AND handle <> '' AND removed_at IS NULL",
        workspace.value(), id.value());
    if (!row) return std::nullopt;
    return project_from(*row);
}

// A part of an address.
result<void> check_handle(const std::string& handle) {
    const bool plain = std::ranges::all_of(handle, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    });
    if (handle.empty() || handle.size() > 100 || !plain || handle.front() == '.')
        return failure(errc::usage, "a project's name in addresses has lower-case letters, digits, -, _ and . only");
    return {};
}

void insert_role(sql_connection& in, policy::project_id project, bool is_group, std::int64_t holder,
                 policy::permission_set_id set) {
    in.exec(
        "INSERT INTO project_members (project, is_group, holder, permission_set) VALUES (:project, :is_group, "
        ":holder, "
        ":set) ON CONFLICT (project, is_group, holder) DO UPDATE SET permission_set = excluded.permission_set",
        project.value(), is_group, holder, set.value());
}

std::optional<permission_set_record> manager_set(sql_connection& in, policy::workspace_id workspace) {
    const auto row = in.one<std::int64_t>(
        "SELECT id FROM permission_sets WHERE workspace = :workspace AND type = 'PROJECT_MANAGER'",
        workspace.value());
    if (!row) return std::nullopt;
    return load_permission_set(in, workspace, policy::permission_set_id(std::get<0>(*row)));
}

void assign_who_is_to_be(sql_connection& in, policy::workspace_id workspace, policy::project_id project) {
    for (const auto& [user, set] : in.rows<std::int64_t, std::int64_t>(
             "SELECT user_id, auto_set FROM members WHERE workspace = :workspace AND auto_assign = 1",
             workspace.value()))
        insert_role(in, project, false, user, policy::permission_set_id(set));
    for (const auto& [group, set] : in.rows<std::int64_t, std::int64_t>(
             "SELECT id, auto_set FROM user_groups WHERE workspace = :workspace AND auto_assign = 1",
             workspace.value()))
        insert_role(in, project, true, group, policy::permission_set_id(set));
}

bool manages_team(const permission_set_record& set) {
    return std::ranges::find(set.levels, std::pair<std::string, std::string>("project_team_access_level",
                                                                             "MANAGE")) != set.levels.end();
}

}  // namespace

std::optional<permission_set_record> load_role(sql_connection& in, policy::workspace_id workspace,
                                               policy::project_id project, const member_record& member) {
    if (member.user.rights.role != policy::workspace_role::member) return manager_set(in, workspace);
    const auto own = in.one<std::int64_t>(
        "SELECT permission_set FROM project_members WHERE project = :project AND is_group = 0 AND holder = :user",
        project.value(), member.user.rights.id.value());
    if (own) return load_permission_set(in, workspace, policy::permission_set_id(std::get<0>(*own)));
    std::optional<permission_set_record> highest;
    for (const auto group : member.user.rights.groups) {
        const auto row = in.one<std::int64_t>(
            "SELECT permission_set FROM project_members WHERE project = :project AND is_group = 1 AND holder = "
            ":group",
            project.value(), group.value());
        if (!row) continue;
        auto set = load_permission_set(in, workspace, policy::permission_set_id(std::get<0>(*row)));
        if (set && (!highest || set->pipelines > highest->pipelines)) highest = std::move(set);
    }
    return highest;
}

result<void> check_project_manager(sql_connection& in, policy::workspace_id workspace, policy::project_id project,
                                   policy::user_id actor) {
    const auto member = load_member(in, workspace, actor);
    const auto role = member ? load_role(in, workspace, project, *member) : std::nullopt;
    if (!role) return no_such("project");
    if (!manages_team(*role)) return failure(errc::denied, "only a manager of the project can do that");
    return {};
}

result<team_project_record> sql_directory::add_project(policy::workspace_id workspace, team_project_record wanted,
                                                       policy::user_id actor, policy::time_point at,
                                                       const project_sealer& seal) {
    if (auto fine = check_handle(wanted.handle); !fine) return fine.error();
    return write([&](sql_connection& in) -> result<team_project_record> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        if (in.one<std::int64_t>("SELECT id FROM projects WHERE workspace = :workspace AND handle = :handle AND "
                                 "removed_at IS NULL",
                                 workspace.value(), wanted.handle))
            return failure(errc::conflict, "there is a project " + wanted.handle + " already: choose another name");
        // A local project is known by its root; one of a server has none, and the column wants something unique.
        std::string unique(16, '\0');
        randombytes_buf(unique.data(), unique.size());
        const auto made = in.one<std::int64_t>(
            "INSERT INTO projects (root, name, workspace, handle, settings, created_by, created_at) VALUES (:root, "
            ":name, :workspace, :handle, :settings, :by, :at) RETURNING id",
            "server " + to_hex_text(unique), wanted.name.empty() ? wanted.handle : wanted.name, workspace.value(),
            wanted.handle, to_pairs_text(wanted.settings), actor.value(), to_stored(at));
        const auto manager = manager_set(in, workspace);
        if (!made || !manager) return failure(errc::store, "the store could not make the project: try again");
        const policy::project_id id(std::get<0>(*made));
        assign_who_is_to_be(in, workspace, id);
        insert_role(in, id, false, actor.value(), manager->id);
        audit_change(in, policy::audit_kind::project_changed, workspace, actor,
                     {{"did", "added"}, {"project", to_fact(id)}, {"name", wanted.handle}}, at);
        if (seal)
            for (const project_secret_record& secret : seal(id)) change_secret(in, workspace, id, secret);
        return std::move(*load_project(in, workspace, id));
    });
}

result<team_project_record> sql_directory::project(policy::workspace_id workspace, const std::string& handle) {
    return read([&](sql_connection& in) -> result<team_project_record> {
        const auto row = in.one<std::int64_t>(
            "SELECT id FROM projects WHERE workspace = :workspace AND handle = :handle AND removed_at IS NULL",
            workspace.value(), handle);
        auto found = row && !handle.empty() ? load_project(in, workspace, policy::project_id(std::get<0>(*row)))
                                            : std::nullopt;
        if (!found) return no_such("project");
        return std::move(*found);
    });
}

result<team_project_record> sql_directory::project_with(policy::workspace_id workspace, policy::project_id id) {
    return read([&](sql_connection& in) -> result<team_project_record> {
        auto found = load_project(in, workspace, id);
        if (!found) return no_such("project");
        return std::move(*found);
    });
}

result<team_project_record> sql_directory::project_numbered(policy::project_id id) {
    return read([&](sql_connection& in) -> result<team_project_record> {
        const auto workspace = workspace_of(in, id);
        auto found = workspace.valid() ? load_project(in, workspace, id) : std::nullopt;
        if (!found) return no_such("project");
        return std::move(*found);
    });
}

result<std::vector<team_project_record>> sql_directory::projects(policy::workspace_id workspace, const page& p) {
    return read([&](sql_connection& in) -> result<std::vector<team_project_record>> {
        std::vector<team_project_record> found;
        for (auto& row :
             in.rows<std::int64_t, std::int64_t, std::string, std::string, std::string, std::int64_t, std::int64_t>(
                 "SELECT id, workspace, handle, name, settings, created_by, created_at FROM projects WHERE workspace "
                 "= "
                 ":workspace AND handle <> '' AND removed_at IS NULL ORDER BY id",
                 workspace.value()))
            found.push_back(project_from(row));
        if (p.sort_by == "name") std::ranges::sort(found, {}, &team_project_record::handle);
        if (p.descending) std::ranges::reverse(found);
        const auto from = std::min<std::size_t>(static_cast<std::size_t>(std::max(p.offset, 0)), found.size());
        const auto to = std::min(from + static_cast<std::size_t>(std::max(p.limit, 0)), found.size());
        return std::vector(found.begin() + static_cast<std::ptrdiff_t>(from),
                           found.begin() + static_cast<std::ptrdiff_t>(to));
    });
}

result<team_project_record> sql_directory::edit_project(const team_project_record& wanted, policy::user_id actor,
                                                        policy::time_point at,
                                                        const std::optional<project_change>& change) {
    if (auto fine = check_handle(wanted.handle); !fine) return fine.error();
    return write([&](sql_connection& in) -> result<team_project_record> {
        const auto known = load_project(in, wanted.workspace, wanted.id);
        if (!known) return no_such("project");
        if (auto may = check_project_manager(in, wanted.workspace, wanted.id, actor); !may) return may.error();
        if (in.one<std::int64_t>("SELECT id FROM projects WHERE workspace = :workspace AND handle = :handle AND "
                                 "removed_at IS NULL AND id <> :id",
                                 wanted.workspace.value(), wanted.handle, wanted.id.value()))
            return failure(errc::conflict, "there is a project " + wanted.handle + " already: choose another name");
        if (change && change->before != known->settings)
            return failure(errc::conflict,
                           "project " + known->handle + " was changed by somebody else: look at it again, then edit");
        if (change)
            for (const project_secret_record& secret : change->secrets)
                change_secret(in, wanted.workspace, wanted.id, secret);
        in.exec("UPDATE projects SET handle = :handle, name = :name, settings = :settings WHERE id = :id",
                wanted.handle, wanted.name, to_pairs_text(wanted.settings), wanted.id.value());
        audit_change(in, policy::audit_kind::project_changed, wanted.workspace, actor,
                     {{"did", "edited"}, {"project", to_fact(wanted.id)}, {"name", wanted.handle}}, at);
        return std::move(*load_project(in, wanted.workspace, wanted.id));
    });
}

result<void> sql_directory::remove_project(policy::workspace_id workspace, policy::project_id id,
                                           policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        const auto known = load_project(in, workspace, id);
        if (!known) return no_such("project");
        if (auto may = check_project_manager(in, workspace, id, actor); !may) return may.error();
        in.exec("UPDATE projects SET removed_at = :at WHERE id = :id", to_stored(at), id.value());
        in.exec("UPDATE pipelines SET retired = 1 WHERE project = :id", id.value());
        audit_change(in, policy::audit_kind::project_changed, workspace, actor,
                     {{"did", "removed"}, {"project", to_fact(id)}, {"name", known->handle}}, at);
        return {};
    });
}

result<std::vector<project_role_record>> sql_directory::project_roles(policy::project_id project) {
    return read([&](sql_connection& in) -> result<std::vector<project_role_record>> {
        std::vector<project_role_record> found;
        const auto workspace = in.one<std::int64_t>("SELECT workspace FROM projects WHERE id = :id", project.value());
        if (!workspace) return no_such("project");
        for (const auto& [is_group, holder, set] : in.rows<std::int64_t, std::int64_t, std::int64_t>(
                 "SELECT is_group, holder, permission_set FROM project_members WHERE project = :project ORDER BY "
                 "is_group, holder",
                 project.value())) {
            auto role = load_permission_set(in, policy::workspace_id(std::get<0>(*workspace)),
                                            policy::permission_set_id(set));
            if (!role) continue;
            project_role_record one;
            if (is_group != 0)
                one.group = policy::group_id(holder);
            else
                one.user = policy::user_id(holder);
            one.set = std::move(*role);
            found.push_back(std::move(one));
        }
        return found;
    });
}

result<std::optional<permission_set_record>> sql_directory::role_in_project(policy::workspace_id workspace,
                                                                            policy::project_id project,
                                                                            policy::user_id user) {
    return read([&](sql_connection& in) -> result<std::optional<permission_set_record>> {
        const auto member = load_member(in, workspace, user);
        if (!member) return std::optional<permission_set_record>();
        return load_role(in, workspace, project, *member);
    });
}

result<void> sql_directory::set_project_role(policy::workspace_id workspace, policy::project_id project,
                                             const project_role_record& role, policy::user_id actor,
                                             policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        if (auto may = check_project_manager(in, workspace, project, actor); !may) return may.error();
        if (role.group.valid() ? !load_group(in, workspace, role.group) : !load_member(in, workspace, role.user))
            return no_such(role.group.valid() ? "group" : "member");
        if (!load_permission_set(in, workspace, role.set.id)) return no_such("permission set");
        const std::int64_t holder = role.group.valid() ? role.group.value() : role.user.value();
        insert_role(in, project, role.group.valid(), holder, role.set.id);
        audit_change(in, policy::audit_kind::project_changed, workspace, actor,
                     {{"did", "role set"},
                      {"project", to_fact(project)},
                      {role.group.valid() ? "group" : "user", std::to_string(holder)},
                      {"set", to_fact(role.set.id)}},
                     at);
        return {};
    });
}

result<void> sql_directory::remove_project_role(policy::workspace_id workspace, policy::project_id project,
                                                policy::user_id user, policy::group_id group, policy::user_id actor,
                                                policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        if (auto may = check_project_manager(in, workspace, project, actor); !may) return may.error();
        const std::int64_t holder = group.valid() ? group.value() : user.value();
        if (in.exec("DELETE FROM project_members WHERE project = :project AND is_group = :is_group AND holder = "
                    ":holder",
                    project.value(), group.valid(), holder) == 0)
            return no_such(group.valid() ? "group" : "member");
        audit_change(in, policy::audit_kind::project_changed, workspace, actor,
                     {{"did", "role removed"},
                      {"project", to_fact(project)},
                      {group.valid() ? "group" : "user", std::to_string(holder)}},
                     at);
        return {};
    });
}

}  // namespace latchkey::store
