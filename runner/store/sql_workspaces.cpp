// SPDX-License-Identifier: Apache-2.0
// Workspaces, and who may change what is in them.
#include "runner/store/sql_directory.hpp"
#include "runner/store/sql_directory_parts.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

using workspace_row = std::tuple<std::int64_t, std::string, std::string, std::int64_t, std::int64_t>;

workspace_record workspace_from(workspace_row& row) {
    auto& [id, domain, name, owner, created] = row;
    return {policy::workspace_id(id), std::move(domain), std::move(name), policy::user_id(owner),
            from_stored(created)};
}

std::optional<workspace_record> load_workspace(sql_connection& in, policy::workspace_id id) {
    auto row = in.one<std::int64_t, std::string, std::string, std::int64_t, std::int64_t>(
        "SELECT id, domain, name, owner, created_at FROM workspaces WHERE id = :id AND removed_at IS NULL",
        id.value());
    if (!row) return std::nullopt;
    return workspace_from(*row);
}

// As addresses have it: lower-case letters, digits, - and _, not at the ends.
result<void> check_domain(const std::string& domain) {
    const auto fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const bool inside = std::ranges::all_of(domain, [&](char c) { return fine(c) || c == '-' || c == '_'; });
    if (domain.size() < 4 || domain.size() > 100 || !inside || !fine(domain.front()) || !fine(domain.back()))
        return failure(errc::usage,
                       "a workspace's domain has 4 to 100 lower-case letters, digits, - and _, and begins and ends "
                       "with a letter or digit");
    return {};
}

}  // namespace

void audit_change(sql_connection& in, policy::audit_kind kind, policy::workspace_id workspace, policy::user_id actor,
                  facts about, policy::time_point at) {
    about.emplace_back("workspace", to_fact(workspace));
    append_audit(in, kind, actor, next_revision(in), about, at, workspace.value());
}

result<void> check_administrator(sql_connection& in, policy::workspace_id workspace, policy::user_id actor) {
    const auto known = load_member(in, workspace, actor);
    if (!known) return no_such("workspace");
    if (known->user.rights.role == policy::workspace_role::member)
        return failure(errc::denied, "only an administrator of the workspace can do that");
    return {};
}

result<workspace_record> sql_directory::add_workspace(const std::string& domain, const std::string& name,
                                                      policy::user_id owner, policy::time_point at) {
    if (auto fine = check_domain(domain); !fine) return fine.error();
    return write([&](sql_connection& in) -> result<workspace_record> {
        if (auto person = load_person(in, owner); !person) return person.error();
        const auto made = in.one<std::int64_t>(
            "INSERT INTO workspaces (domain, name, owner, created_at) VALUES (:domain, :name, :owner, :at) "
            "ON CONFLICT (domain) DO NOTHING RETURNING id",
            domain, name.empty() ? domain : name, owner.value(), to_stored(at));
        if (!made) return failure(errc::conflict, "the domain " + domain + " is taken: choose another");
        const policy::workspace_id id(std::get<0>(*made));
        in.exec("INSERT INTO members (workspace, user_id, role, joined_at) VALUES (:workspace, :user, 2, :at)",
                id.value(), owner.value(), to_stored(at));
        in.exec(
            "INSERT INTO permission_sets (workspace, name, description, type, pipeline_level, levels) "
            "SELECT :workspace, name, description, type, pipeline_level, levels FROM permission_sets "
            "WHERE workspace = 1 AND type <> 'CUSTOM' ORDER BY id",
            id.value());
        audit_change(in, policy::audit_kind::workspace_changed, id, owner, {{"did", "added"}, {"domain", domain}},
                     at);
        return std::move(*load_workspace(in, id));
    });
}

result<workspace_record> sql_directory::workspace(const std::string& domain) {
    return read([&](sql_connection& in) -> result<workspace_record> {
        auto row = in.one<std::int64_t, std::string, std::string, std::int64_t, std::int64_t>(
            "SELECT id, domain, name, owner, created_at FROM workspaces WHERE domain = :domain AND removed_at IS "
            "NULL",
            domain);
        if (!row) return no_such("workspace");
        return workspace_from(*row);
    });
}

result<std::vector<workspace_record>> sql_directory::workspaces_of(policy::user_id user) {
    return read([&](sql_connection& in) -> result<std::vector<workspace_record>> {
        std::vector<workspace_record> found;
        for (auto& row : in.rows<std::int64_t, std::string, std::string, std::int64_t, std::int64_t>(
                 "SELECT id, domain, name, owner, created_at FROM workspaces JOIN members ON members.workspace = "
                 "workspaces.id WHERE user_id = :user AND removed_at IS NULL ORDER BY id",
                 user.value()))
            found.push_back(workspace_from(row));
        return found;
    });
}

result<std::int64_t> sql_directory::count_workspaces() {
    return read([](sql_connection& in) -> result<std::int64_t> {
        const auto row = in.one<std::int64_t>("SELECT count(*) FROM workspaces");
        return row ? std::get<0>(*row) : 0;
    });
}

result<workspace_record> sql_directory::rename_workspace(policy::workspace_id id, const std::string& name,
                                                         policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<workspace_record> {
        if (auto may = check_administrator(in, id, actor); !may) return may.error();
        in.exec("UPDATE workspaces SET name = :name WHERE id = :id", name, id.value());
        audit_change(in, policy::audit_kind::workspace_changed, id, actor, {{"did", "renamed"}, {"name", name}}, at);
        return std::move(*load_workspace(in, id));
    });
}

result<void> sql_directory::remove_workspace(policy::workspace_id id, policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        if (auto may = check_administrator(in, id, actor); !may) return may.error();
        const auto known = load_workspace(in, id);
        if (!known) return no_such("workspace");
        if (known->owner != actor) return failure(errc::denied, "only its owner can remove a workspace");
        // The domain is free again; whoever takes it gets another workspace.
        in.exec("UPDATE workspaces SET removed_at = :at, domain = :domain WHERE id = :id", to_stored(at),
                "removed " + to_fact(id) + " " + known->domain, id.value());
        audit_change(in, policy::audit_kind::workspace_changed, id, actor,
                     {{"did", "removed"}, {"domain", known->domain}}, at);
        return {};
    });
}

}  // namespace latchkey::store
