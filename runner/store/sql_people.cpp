// SPDX-License-Identifier: Apache-2.0
// People, and who of them are members of a workspace.
#include "runner/store/sql_directory.hpp"
#include "runner/store/sql_directory_parts.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

std::optional<policy::user_id> user_by_email(sql_connection& in, const std::string& email) {
    const auto row = in.one<std::int64_t>("SELECT id FROM users WHERE email_folded = :email", folded(email));
    if (!row || email.empty()) return std::nullopt;
    return policy::user_id(std::get<0>(*row));
}

policy::user_id insert_user(sql_connection& in, const std::string& email, const std::string& name) {
    const auto made = in.one<std::int64_t>(
        "INSERT INTO users (email, email_folded, name) VALUES (:email, :folded, :name) RETURNING id", email,
        folded(email), name);
    if (!made) throw sql_error{{errc::store, "the store gave no number to a new user: try again"}};
    return policy::user_id(std::get<0>(*made));
}

std::vector<policy::group_id> groups_of(sql_connection& in, policy::workspace_id workspace, policy::user_id user) {
    std::vector<policy::group_id> found;
    for (const auto& [id] : in.rows<std::int64_t>(
             "SELECT group_id FROM group_members JOIN user_groups ON user_groups.id = group_members.group_id "
             "WHERE user_id = :user AND workspace = :workspace ORDER BY group_id",
             user.value(), workspace.value()))
        found.emplace_back(id);
    return found;
}

}  // namespace

result<void> check_email(const std::string& email) {
    const auto at = email.find('@');
    const bool plain = std::ranges::all_of(email, [](char c) { return static_cast<unsigned char>(c) > 0x20; });
    if (at == std::string::npos || at == 0 || at + 1 == email.size() ||
        email.find('@', at + 1) != std::string::npos || email.size() > 254 || !plain)
        return failure(errc::usage, "\"" + email.substr(0, 60) + "\" is no e-mail address");
    return {};
}

std::string folded(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

failure no_such(const std::string& what) {
    return {errc::not_found, "there is no such " + what};
}

result<user_record> load_person(sql_connection& in, policy::user_id id) {
    auto row = in.one<std::string, std::string>("SELECT email, name FROM users WHERE id = :id", id.value());
    if (!row) return failure(errc::not_found, "there is no user " + to_fact(id));
    user_record found;
    found.rights.id = id;
    found.email = std::move(std::get<0>(*row));
    found.name = std::move(std::get<1>(*row));
    return found;
}

std::optional<member_record> load_member(sql_connection& in, policy::workspace_id workspace, policy::user_id id) {
    const auto row = in.one<std::int64_t, std::int64_t, std::int64_t>(
        "SELECT role, auto_assign, auto_set FROM members JOIN workspaces ON workspaces.id = members.workspace "
        "WHERE workspace = :workspace AND user_id = :user AND removed_at IS NULL",
        workspace.value(), id.value());
    if (!row) return std::nullopt;
    auto person = load_person(in, id);
    if (!person) return std::nullopt;
    member_record found;
    found.user = std::move(*person);
    found.user.rights.role = enum_from(std::get<0>(*row), policy::workspace_role::owner);
    found.user.rights.groups = groups_of(in, workspace, id);
    found.auto_assign = std::get<1>(*row) != 0;
    found.auto_set = policy::permission_set_id(std::get<2>(*row));
    return found;
}

result<user_record> sql_directory::user_with_email(const std::string& email, const std::string& name) {
    if (auto fine = check_email(email); !fine) return fine.error();
    return write([&](sql_connection& in) -> result<user_record> {
        const auto known = user_by_email(in, email);
        return load_person(in, known ? *known : insert_user(in, email, name));
    });
}

result<user_record> sql_directory::find_user(const std::string& email) {
    return read([&](sql_connection& in) -> result<user_record> {
        const auto known = user_by_email(in, email);
        if (!known) return no_such("user");
        return load_person(in, *known);
    });
}

result<void> sql_directory::rename_user(policy::user_id id, const std::string& name) {
    return write([&](sql_connection& in) -> result<void> {
        if (in.exec("UPDATE users SET name = :name WHERE id = :id", name, id.value()) == 0) return no_such("user");
        return {};
    });
}

result<std::optional<std::string>> sql_directory::password_of(policy::user_id id) {
    return read([&](sql_connection& in) -> result<std::optional<std::string>> {
        auto row = in.one<std::string>("SELECT hash FROM passwords WHERE user_id = :id", id.value());
        if (!row) return std::optional<std::string>();
        return std::optional(std::move(std::get<0>(*row)));
    });
}

result<void> sql_directory::set_password(policy::user_id id, const std::string& hash, policy::user_id actor,
                                         policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        if (auto person = load_person(in, id); !person) return person.error();
        in.exec(
            "INSERT INTO passwords (user_id, hash, changed_at) VALUES (:id, :hash, :at) "
            "ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
            id.value(), hash, to_stored(at));
        append_audit(in, policy::audit_kind::password_changed, actor, current_revision(in), {{"user", to_fact(id)}},
                     at);
        return {};
    });
}

result<member_record> sql_directory::member(policy::workspace_id workspace, policy::user_id id) {
    return read([&](sql_connection& in) -> result<member_record> {
        auto found = load_member(in, workspace, id);
        if (!found) return no_such("member");
        return std::move(*found);
    });
}

result<std::vector<member_record>> sql_directory::members(policy::workspace_id workspace, const page& p) {
    return read([&](sql_connection& in) -> result<std::vector<member_record>> {
        const std::int64_t by = p.sort_by == "name" ? 1 : p.sort_by == "email" ? 2 : 0;
        std::vector<member_record> found;
        for (const auto& [id] : in.rows<std::int64_t>(
                 "SELECT user_id FROM members JOIN users ON users.id = members.user_id WHERE workspace = :workspace "
                 "ORDER BY CASE WHEN :by = 1 AND :down = 0 THEN users.name WHEN :by2 = 2 AND :down2 = 0 THEN "
                 "users.email_folded ELSE '' END, CASE WHEN :by3 = 1 AND :down3 = 1 THEN users.name WHEN :by4 = 2 "
                 "AND :down4 = 1 THEN users.email_folded ELSE '' END DESC, user_id LIMIT :limit OFFSET :offset",
                 workspace.value(), by, p.descending, by, p.descending, by, p.descending, by, p.descending, p.limit,
                 p.offset))
            if (auto one = load_member(in, workspace, policy::user_id(id))) found.push_back(std::move(*one));
        return found;
    });
}

result<member_record> sql_directory::add_member(policy::workspace_id workspace, const std::string& email,
                                                policy::user_id actor, policy::time_point at) {
    if (auto fine = check_email(email); !fine) return fine.error();
    return write([&](sql_connection& in) -> result<member_record> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        const auto known = user_by_email(in, email);
        const policy::user_id id = known ? *known : insert_user(in, email, "");
        if (in.exec("INSERT INTO members (workspace, user_id, role, joined_at) VALUES (:workspace, :user, 0, :at) "
                    "ON CONFLICT (workspace, user_id) DO NOTHING",
                    workspace.value(), id.value(), to_stored(at)) == 0)
            return failure(errc::conflict, email + " is a member already");
        audit_change(in, policy::audit_kind::member_changed, workspace, actor,
                     {{"did", "added"}, {"user", to_fact(id)}, {"email", email}}, at);
        return std::move(*load_member(in, workspace, id));
    });
}

result<member_record> sql_directory::edit_member(policy::workspace_id workspace, policy::user_id id,
                                                 const member_change& change, policy::user_id actor,
                                                 policy::time_point at) {
    return write([&](sql_connection& in) -> result<member_record> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        const auto known = load_member(in, workspace, id);
        if (!known) return no_such("member");
        policy::workspace_role role = known->user.rights.role;
        if (change.administrator) {
            if (role == policy::workspace_role::owner) {
                if (!*change.administrator)
                    return failure(errc::refused, "the owner of the workspace stays an administrator");
            } else {
                role = *change.administrator ? policy::workspace_role::administrator : policy::workspace_role::member;
            }
        }
        const auto set = change.auto_set.value_or(known->auto_set);
        if (set.valid() && !load_permission_set(in, workspace, set)) return no_such("permission set");
        const bool assign = change.auto_assign.value_or(known->auto_assign);
        if (assign && !set.valid())
            return failure(errc::usage, "say with which permission set: auto_assign_permission_set_id");
        in.exec(
            "UPDATE members SET role = :role, auto_assign = :assign, auto_set = :set WHERE workspace = :workspace "
            "AND "
            "user_id = :user",
            static_cast<int>(role), assign, set.value(), workspace.value(), id.value());
        audit_change(in, policy::audit_kind::member_changed, workspace, actor,
                     {{"did", "edited"},
                      {"user", to_fact(id)},
                      {"administrator", role == policy::workspace_role::member ? "no" : "yes"}},
                     at);
        return std::move(*load_member(in, workspace, id));
    });
}

result<void> sql_directory::remove_member(policy::workspace_id workspace, policy::user_id id, policy::user_id actor,
                                          policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        const auto known = load_member(in, workspace, id);
        if (!known) return no_such("member");
        if (known->user.rights.role == policy::workspace_role::owner)
            return failure(errc::refused, "the owner of the workspace can't be removed from it");
        in.exec("DELETE FROM members WHERE workspace = :workspace AND user_id = :user", workspace.value(),
                id.value());
        in.exec(
            "DELETE FROM group_members WHERE user_id = :user AND group_id IN (SELECT id FROM user_groups WHERE "
            "workspace = :workspace)",
            id.value(), workspace.value());
        in.exec(
            "DELETE FROM project_members WHERE is_group = 0 AND holder = :user AND project IN (SELECT id FROM "
            "projects WHERE workspace = :workspace)",
            id.value(), workspace.value());
        in.exec(
            "DELETE FROM pipeline_rows WHERE is_group = 0 AND holder = :user AND pipeline IN (SELECT pipelines.id "
            "FROM "
            "pipelines JOIN projects ON projects.id = pipelines.project WHERE projects.workspace = :workspace)",
            id.value(), workspace.value());
        in.exec(
            "DELETE FROM environment_rows WHERE is_group = 0 AND holder = :user AND environment IN (SELECT id FROM "
            "environments WHERE workspace = :workspace)",
            id.value(), workspace.value());
        in.exec(
            "DELETE FROM integration_rows WHERE is_group = 0 AND holder = :user AND integration IN (SELECT id FROM "
            "integrations WHERE workspace = :workspace)",
            id.value(), workspace.value());
        audit_change(in, policy::audit_kind::member_changed, workspace, actor,
                     {{"did", "removed"}, {"user", to_fact(id)}, {"email", known->user.email}}, at);
        return {};
    });
}

}  // namespace latchkey::store
