// SPDX-License-Identifier: Apache-2.0
// Groups and who is in them.
#include "runner/store/sql_directory.hpp"
#include "runner/store/sql_directory_parts.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

using group_row = std::tuple<std::int64_t, std::string, std::string, std::int64_t, std::int64_t>;

group_record group_from(group_row& row) {
    auto& [id, name, description, assign, set] = row;
    return {policy::group_id(id), std::move(name), std::move(description), assign != 0,
            policy::permission_set_id(set)};
}

result<void> check_group(sql_connection& in, policy::workspace_id workspace, const group_record& wanted) {
    if (wanted.name.empty()) return failure(errc::usage, "a group needs a name");
    if (in.one<std::int64_t>("SELECT id FROM user_groups WHERE workspace = :workspace AND name = :name AND id <> :id",
                             workspace.value(), wanted.name, wanted.id.value()))
        return failure(errc::conflict, "there is a group \"" + wanted.name + "\" already");
    if (wanted.auto_set.valid() && !load_permission_set(in, workspace, wanted.auto_set))
        return no_such("permission set");
    if (wanted.auto_assign && !wanted.auto_set.valid())
        return failure(errc::usage, "say with which permission set: auto_assign_permission_set_id");
    return {};
}

std::optional<group_member_record> load_group_member(sql_connection& in, policy::workspace_id workspace,
                                                     policy::group_id group, policy::user_id user) {
    const auto row = in.one<std::int64_t>(
        "SELECT manager FROM group_members WHERE group_id = :group AND user_id = :user", group.value(), user.value());
    auto member = row ? load_member(in, workspace, user) : std::nullopt;
    if (!member) return std::nullopt;
    return group_member_record{std::move(*member), std::get<0>(*row) != 0};
}

// Administrators, and the group's own managers.
result<void> check_group_manager(sql_connection& in, policy::workspace_id workspace, policy::group_id group,
                                 policy::user_id actor) {
    const auto own = load_group_member(in, workspace, group, actor);
    if (own && own->manager) return {};
    return check_administrator(in, workspace, actor);
}

}  // namespace

std::optional<group_record> load_group(sql_connection& in, policy::workspace_id workspace, policy::group_id id) {
    auto row = in.one<std::int64_t, std::string, std::string, std::int64_t, std::int64_t>(
        "SELECT id, name, description, auto_assign, auto_set FROM user_groups WHERE workspace = :workspace AND id = "
        ":id",
        workspace.value(), id.value());
    if (!row) return std::nullopt;
    return group_from(*row);
}

result<std::vector<group_record>> sql_directory::groups(policy::workspace_id workspace) {
    return read([&](sql_connection& in) -> result<std::vector<group_record>> {
        std::vector<group_record> found;
        for (auto& row : in.rows<std::int64_t, std::string, std::string, std::int64_t, std::int64_t>(
                 "SELECT id, name, description, auto_assign, auto_set FROM user_groups WHERE workspace = :workspace "
                 "ORDER BY id",
                 workspace.value()))
            found.push_back(group_from(row));
        return found;
    });
}

result<group_record> sql_directory::group(policy::workspace_id workspace, policy::group_id id) {
    return read([&](sql_connection& in) -> result<group_record> {
        auto found = load_group(in, workspace, id);
        if (!found) return no_such("group");
        return std::move(*found);
    });
}

result<group_record> sql_directory::add_group(policy::workspace_id workspace, const group_record& wanted,
                                              policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<group_record> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        if (auto fine = check_group(in, workspace, wanted); !fine) return fine.error();
        const auto made = in.one<std::int64_t>(
            "INSERT INTO user_groups (workspace, name, description, auto_assign, auto_set) VALUES (:workspace, "
            ":name, "
            ":description, :assign, :set) RETURNING id",
            workspace.value(), wanted.name, wanted.description, wanted.auto_assign, wanted.auto_set.value());
        if (!made) return failure(errc::store, "the store gave no number to a new group: try again");
        const policy::group_id id(std::get<0>(*made));
        audit_change(in, policy::audit_kind::group_changed, workspace, actor,
                     {{"did", "added"}, {"group", to_fact(id)}, {"name", wanted.name}}, at);
        return std::move(*load_group(in, workspace, id));
    });
}

result<group_record> sql_directory::edit_group(policy::workspace_id workspace, const group_record& wanted,
                                               policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<group_record> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        if (!load_group(in, workspace, wanted.id)) return no_such("group");
        if (auto fine = check_group(in, workspace, wanted); !fine) return fine.error();
        in.exec(
            "UPDATE user_groups SET name = :name, description = :description, auto_assign = :assign, auto_set = :set "
            "WHERE id = :id",
            wanted.name, wanted.description, wanted.auto_assign, wanted.auto_set.value(), wanted.id.value());
        audit_change(in, policy::audit_kind::group_changed, workspace, actor,
                     {{"did", "edited"}, {"group", to_fact(wanted.id)}, {"name", wanted.name}}, at);
        return std::move(*load_group(in, workspace, wanted.id));
    });
}

result<void> sql_directory::remove_group(policy::workspace_id workspace, policy::group_id id, policy::user_id actor,
                                         policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        const auto known = load_group(in, workspace, id);
        if (!known) return no_such("group");
        // What it gave goes with it: a group's number is never used again, yet no row should outlive it.
        in.exec("DELETE FROM project_members WHERE is_group = 1 AND holder = :id", id.value());
        in.exec("DELETE FROM pipeline_rows WHERE is_group = 1 AND holder = :id", id.value());
        in.exec("DELETE FROM integration_rows WHERE is_group = 1 AND holder = :id", id.value());
        in.exec("DELETE FROM environment_rows WHERE is_group = 1 AND holder = :id", id.value());
        in.exec("DELETE FROM group_members WHERE group_id = :id", id.value());
        in.exec("DELETE FROM user_groups WHERE id = :id", id.value());
        audit_change(in, policy::audit_kind::group_changed, workspace, actor,
                     {{"did", "removed"}, {"group", to_fact(id)}, {"name", known->name}}, at);
        return {};
    });
}

result<std::vector<group_member_record>> sql_directory::group_members(policy::workspace_id workspace,
                                                                      policy::group_id group) {
    return read([&](sql_connection& in) -> result<std::vector<group_member_record>> {
        if (!load_group(in, workspace, group)) return no_such("group");
        std::vector<group_member_record> found;
        for (const auto& [user] : in.rows<std::int64_t>(
                 "SELECT user_id FROM group_members WHERE group_id = :group ORDER BY user_id", group.value()))
            if (auto one = load_group_member(in, workspace, group, policy::user_id(user)))
                found.push_back(std::move(*one));
        return found;
    });
}

result<group_member_record> sql_directory::set_group_member(policy::workspace_id workspace, policy::group_id group,
                                                            policy::user_id user, bool manager, policy::user_id actor,
                                                            policy::time_point at) {
    return write([&](sql_connection& in) -> result<group_member_record> {
        if (auto may = check_group_manager(in, workspace, group, actor); !may) return may.error();
        if (!load_group(in, workspace, group)) return no_such("group");
        if (!load_member(in, workspace, user)) return no_such("member");
        in.exec(
            "INSERT INTO group_members (group_id, user_id, manager) VALUES (:group, :user, :manager) "
            "ON CONFLICT (group_id, user_id) DO UPDATE SET manager = excluded.manager",
            group.value(), user.value(), manager);
        audit_change(in, policy::audit_kind::group_changed, workspace, actor,
                     {{"did", "member set"},
                      {"group", to_fact(group)},
                      {"user", to_fact(user)},
                      {"manager", manager ? "yes" : "no"}},
                     at);
        return std::move(*load_group_member(in, workspace, group, user));
    });
}

result<void> sql_directory::remove_group_member(policy::workspace_id workspace, policy::group_id group,
                                                policy::user_id user, policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        if (auto may = check_group_manager(in, workspace, group, actor); !may) return may.error();
        if (!load_group(in, workspace, group)) return no_such("group");
        if (in.exec("DELETE FROM group_members WHERE group_id = :group AND user_id = :user", group.value(),
                    user.value()) == 0)
            return no_such("member");
        audit_change(in, policy::audit_kind::group_changed, workspace, actor,
                     {{"did", "member removed"}, {"group", to_fact(group)}, {"user", to_fact(user)}}, at);
        return {};
    });
}

}  // namespace latchkey::store
