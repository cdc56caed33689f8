// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_environments.hpp"

#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/text_form.hpp"

#include <sodium.h>

#include <algorithm>

namespace latchkey::store {
namespace {

std::optional<environment_record> load_environment(sql_connection& in, policy::workspace_id workspace,
                                                   policy::environment_id id) {
    auto row = in.one<std::string, std::int64_t, std::string, std::string, std::int64_t, std::string, std::int64_t,
                      std::int64_t, std::int64_t>(
        "SELECT hash_id, project, name, identifier, others, settings, created_by, created_at, changed_at FROM "
        "environments WHERE id = :id AND workspace = :workspace",
        id.value(), workspace.value());
    if (!row) return std::nullopt;
    auto& [hash_id, project, name, identifier, others, settings, by, created, changed] = *row;
    auto pairs = from_pairs_text(settings);
    if (!pairs)
        throw sql_error{{errc::corrupt, "environment " + name + " in the store is damaged: restore a backup"}};
    environment_record found;
    found.id = id;
    found.hash_id = std::move(hash_id);
    found.workspace = workspace;
    found.project = policy::project_id(project);
    if (found.project.valid() && workspace_of(in, found.project) != workspace) return std::nullopt;
    found.name = std::move(name);
    found.identifier = std::move(identifier);
    found.others = enum_from(others, environment_level::manage);
    found.settings = std::move(*pairs);
    found.created_by = policy::user_id(by);
    found.created_at = from_stored(created);
    found.changed_at = from_stored(changed);
    for (const auto& [is_group, holder, level] : in.rows<std::int64_t, std::int64_t, std::int64_t>(
             "SELECT is_group, holder, level FROM environment_rows WHERE environment = :id ORDER BY is_group, holder",
             id.value())) {
        const auto access = enum_from(level, environment_level::manage);
        if (is_group != 0)
            found.groups.push_back({policy::group_id(holder), access});
        else
            found.users.push_back({policy::user_id(holder), access});
    }
    return found;
}

// What a project's role says of environments.
environment_level level_in(const permission_set_record& role) {
    const auto at =
        std::ranges::find(role.levels, "environment_access_level", &std::pair<std::string, std::string>::first);
    if (at == role.levels.end()) return environment_level::denied;
    if (at->second == "MANAGE") return environment_level::manage;
    return at->second == "USE_ONLY" ? environment_level::use_only : environment_level::denied;
}

environment_level level_on(sql_connection& in, const environment_record& e, policy::user_id user) {
    const auto member = load_member(in, e.workspace, user);
    if (!member) return environment_level::denied;
    if (member->user.rights.role != policy::workspace_role::member) return environment_level::manage;
    const auto role = [&] {
        if (!e.project.valid()) return environment_level::use_only;
        const auto set = load_role(in, e.workspace, e.project, *member);
        return set ? level_in(*set) : environment_level::denied;
    };
    const auto meant = [&](environment_level l) { return l == environment_level::project_role ? role() : l; };
    if (const auto own = std::ranges::find(e.users, user, &environment_user::user); own != e.users.end())
        return meant(own->access);
    std::optional<environment_level> highest;
    for (const auto& row : e.groups)
        if (std::ranges::find(member->user.rights.groups, row.group) != member->user.rights.groups.end())
            highest = std::max(highest.value_or(environment_level::denied), meant(row.access));
    return highest ? *highest : meant(e.others);
}

void put_rows(sql_connection& in, const environment_record& e) {
    in.exec("DELETE FROM environment_rows WHERE environment = :id", e.id.value());
    const auto put = [&](bool is_group, std::int64_t holder, environment_level level) {
        in.exec(
            "INSERT INTO environment_rows (environment, is_group, holder, level) VALUES (:id, :is_group, :holder, "
            ":level)",
            e.id.value(), is_group, holder, static_cast<int>(level));
    };
    for (const auto& row : e.users) put(false, row.user.value(), row.access);
    for (const auto& row : e.groups) put(true, row.group.value(), row.access);
}

bool identifier_taken(sql_connection& in, const environment_record& e) {
    return in
        .one<std::int64_t>(
            "SELECT id FROM environments WHERE workspace = :workspace AND project = :project AND "
            "identifier = :identifier AND id <> :id",
            e.workspace.value(), e.project.value(), e.identifier, e.id.value())
        .has_value();
}

failure identifier_is_taken(const std::string& identifier) {
    return {errc::conflict, "there is an environment " + identifier + " already: choose another identifier"};
}

result<void> check_adder(sql_connection& in, const environment_record& e, policy::user_id actor) {
    if (!e.project.valid()) return check_administrator(in, e.workspace, actor);
    const auto member = load_member(in, e.workspace, actor);
    const auto role = member && workspace_of(in, e.project) == e.workspace
                          ? load_role(in, e.workspace, e.project, *member)
                          : std::nullopt;
    if (!role) return no_such("project");
    if (level_in(*role) != environment_level::manage)
        return failure(errc::denied, "your role in the project does not let you add environments to it");
    return {};
}

facts facts_of(const environment_record& e, const char* did) {
    facts about = {{"did", did}, {"environment", to_fact(e.id)}, {"identifier", e.identifier}};
    if (e.project.valid()) about.emplace_back("project", to_fact(e.project));
    return about;
}

}  // namespace

result<void> check_environment_manager(sql_connection& in, policy::workspace_id workspace, policy::environment_id id,
                                       policy::user_id actor) {
    const auto known = load_environment(in, workspace, id);
    const auto level = known ? level_on(in, *known, actor) : environment_level::denied;
    if (level == environment_level::denied) return no_such("environment");
    if (level != environment_level::manage)
        return failure(errc::denied, "you may not change this environment: that needs Manage on it");
    return {};
}

result<environment_record> sql_environments::add(environment_record wanted, policy::user_id actor) {
    if (wanted.name.empty() || wanted.identifier.empty())
        return failure(errc::usage, "an environment needs a name and an identifier");
    return database_->write([&](sql_connection& in) -> result<environment_record> {
        if (auto may = check_adder(in, wanted, actor); !may) return may.error();
        if (identifier_taken(in, wanted)) return identifier_is_taken(wanted.identifier);
        std::string bytes(12, '\0');
        randombytes_buf(bytes.data(), bytes.size());
        const std::int64_t at = to_stored(wanted.created_at);
        const auto made = in.one<std::int64_t>(
            "INSERT INTO environments (hash_id, workspace, project, name, identifier, others, settings, created_by, "
            "created_at, changed_at) VALUES (:hash_id, :workspace, :project, :name, :identifier, :others, :settings, "
            ":by, :at, :at2) RETURNING id",
            to_hex_text(bytes), wanted.workspace.value(), wanted.project.value(), wanted.name, wanted.identifier,
            static_cast<int>(wanted.others), to_pairs_text(wanted.settings), actor.value(), at, at);
        if (!made) return failure(errc::store, "the store gave no number to a new environment: try again");
        wanted.id = policy::environment_id(std::get<0>(*made));
        put_rows(in, wanted);
        audit_change(in, policy::audit_kind::environment_changed, wanted.workspace, actor, facts_of(wanted, "added"),
                     wanted.created_at);
        return std::move(*load_environment(in, wanted.workspace, wanted.id));
    });
}

result<environment_record> sql_environments::get(policy::workspace_id workspace, const std::string& hash_id) {
    return database_->read([&](sql_connection& in) -> result<environment_record> {
        const auto row =
            in.one<std::int64_t>("SELECT id FROM environments WHERE workspace = :workspace AND hash_id = :hash_id",
                                 workspace.value(), hash_id);
        auto found = row ? load_environment(in, workspace, policy::environment_id(std::get<0>(*row))) : std::nullopt;
        if (!found) return no_such("environment");
        return std::move(*found);
    });
}

result<environment_record> sql_environments::with(policy::workspace_id workspace, policy::environment_id id) {
    return database_->read([&](sql_connection& in) -> result<environment_record> {
        auto found = load_environment(in, workspace, id);
        if (!found) return no_such("environment");
        return std::move(*found);
    });
}

result<std::vector<environment_record>> sql_environments::list(policy::workspace_id workspace) {
    return database_->read([&](sql_connection& in) -> result<std::vector<environment_record>> {
        std::vector<environment_record> found;
        for (const auto& [id] : in.rows<std::int64_t>(
                 "SELECT id FROM environments WHERE workspace = :workspace ORDER BY id", workspace.value()))
            if (auto one = load_environment(in, workspace, policy::environment_id(id)))
                found.push_back(std::move(*one));
        return found;
    });
}

result<environment_level> sql_environments::level_of(const environment_record& e, policy::user_id user) {
    return database_->read([&](sql_connection& in) -> result<environment_level> { return level_on(in, e, user); });
}

result<environment_record> sql_environments::edit(const environment_record& wanted, policy::user_id actor,
                                                  policy::time_point at) {
    if (wanted.name.empty() || wanted.identifier.empty())
        return failure(errc::usage, "an environment needs a name and an identifier");
    return database_->write([&](sql_connection& in) -> result<environment_record> {
        if (auto may = check_environment_manager(in, wanted.workspace, wanted.id, actor); !may) return may.error();
        const auto known = load_environment(in, wanted.workspace, wanted.id);
        if (!known) return no_such("environment");
        if (known->changed_at != wanted.changed_at)
            return failure(errc::conflict,
                           "the environment was changed by somebody else: look at it again, then edit");
        if (known->project != wanted.project)
            return failure(errc::refused, "the project of an environment can't be changed: add another one");
        if (identifier_taken(in, wanted)) return identifier_is_taken(wanted.identifier);
        const auto changed_at = std::max(at, known->changed_at + std::chrono::milliseconds(1));
        in.exec(
            "UPDATE environments SET name = :name, identifier = :identifier, others = :others, settings = :settings, "
            "changed_at = :at WHERE id = :id",
            wanted.name, wanted.identifier, static_cast<int>(wanted.others), to_pairs_text(wanted.settings),
            to_stored(changed_at), wanted.id.value());
        put_rows(in, wanted);
        audit_change(in, policy::audit_kind::environment_changed, wanted.workspace, actor, facts_of(wanted, "edited"),
                     at);
        return std::move(*load_environment(in, wanted.workspace, wanted.id));
    });
}

result<void> sql_environments::remove(policy::workspace_id workspace, policy::environment_id id,
                                      policy::user_id actor, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto may = check_environment_manager(in, workspace, id, actor); !may) return may.error();
        const auto known = load_environment(in, workspace, id);
        if (!known) return no_such("environment");
        remove_variables_of(in, workspace, variable_level::environment, id.value());
        in.exec("DELETE FROM environment_rows WHERE environment = :id", id.value());
        in.exec("DELETE FROM environments WHERE id = :id", id.value());
        audit_change(in, policy::audit_kind::environment_changed, workspace, actor, facts_of(*known, "removed"), at);
        return {};
    });
}

}  // namespace latchkey::store
