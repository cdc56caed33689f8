// SPDX-License-Identifier: Apache-2.0
// Integrations: their rights, settings and sealed fields. Each change is a new revision and an audit entry.
#include "runner/store/sql_directory_parts.hpp"
#include "runner/store/sql_parts.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/text_form.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>

namespace latchkey::store {
namespace {

failure no_integration(const std::string& reference) {
    return {errc::not_found, "there is no integration " + reference + ": `latchkey integration list` shows them"};
}

failure damaged_integration(policy::integration_id id) {
    return {errc::corrupt, "integration " + to_fact(id) + " in the store is damaged: restore it from a backup"};
}

std::string new_hash_id() {
    std::string bytes(12, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return to_hex_text(bytes);
}

void insert_rows(sql_connection& in, const policy::integration& rights) {
    const auto insert = [&](bool is_group, std::int64_t holder, policy::level level) {
        in.exec(
            "INSERT INTO integration_rows (integration, is_group, holder, level) "
            "VALUES (:integration, :is_group, :holder, :level)",
            rights.id.value(), is_group, holder, static_cast<int>(level));
    };
    for (const auto& row : rights.users) insert(false, row.user.value(), row.access);
    for (const auto& row : rights.groups) insert(true, row.group.value(), row.access);
}

void insert_fields(sql_connection& in, policy::integration_id id, std::span<const vault::sealed_field> fields) {
    int place = 0;
    for (const auto& field : fields) {
        in.exec(
            "INSERT INTO integration_fields (integration, place, name, version, data_key, sealed) "
            "VALUES (:integration, :place, :name, :version, :data_key, :sealed)",
            id.value(), place++, field.name, field.version, field.key, to_hex_text(field.bytes));
    }
}

void forget_rows_and_fields(sql_connection& in, policy::integration_id id) {
    in.exec("DELETE FROM integration_rows WHERE integration = :id", id.value());
    in.exec("DELETE FROM integration_fields WHERE integration = :id", id.value());
}

result<integration_record> load_integration(sql_connection& in, policy::integration_id id) {
    auto row = in.one<std::string, std::string, std::string, std::string, std::string, std::string, std::int64_t,
                      std::int64_t, std::int64_t>(
        "SELECT hash_id, identifier, name, type, auth_type, settings, created_at, changed_at, workspace "
        "FROM integrations WHERE id = :id",
        id.value());
    auto rights = load_rights(in, id);
    if (!row || !rights) return no_integration(to_fact(id));
    integration_record found;
    found.rights = std::move(*rights);
    auto& [hash_id, identifier, name, type, auth_type, settings_text, created_at, changed_at, workspace] = *row;
    found.workspace = policy::workspace_id(workspace);
    auto settings = from_pairs_text(settings_text);
    if (!settings) return damaged_integration(id);
    found.hash_id = std::move(hash_id);
    found.identifier = std::move(identifier);
    found.name = std::move(name);
    found.type = std::move(type);
    found.auth_type = std::move(auth_type);
    found.settings = std::move(*settings);
    found.created_at = from_stored(created_at);
    found.changed_at = from_stored(changed_at);
    for (auto& [field, version, key, sealed] : in.rows<std::string, std::int64_t, std::int64_t, std::string>(
             "SELECT name, version, data_key, sealed FROM integration_fields WHERE integration = :id ORDER BY place",
             id.value())) {
        auto bytes = from_hex_text(sealed);
        if (!bytes) return damaged_integration(id);
        found.fields.push_back({std::move(field), version, key, std::move(*bytes)});
    }
    return found;
}

std::optional<std::int64_t> find_id(sql_connection& in, policy::project_id project, const std::string& reference) {
    // What is of no known project is of the local workspace.
    const auto of = in.one<std::int64_t>("SELECT workspace FROM projects WHERE id = :project", project.value());
    const std::int64_t workspace = of ? std::get<0>(*of) : local_workspace.value();
    // Of several, the project's own (scope 1) comes first.
    const auto by_name = in.one<std::int64_t>(
        "SELECT id FROM integrations WHERE workspace = :workspace AND identifier_folded = :reference "
        "AND (scope = 0 OR project = :project) ORDER BY scope DESC LIMIT 1",
        workspace, folded(reference), project.value());
    if (by_name) return std::get<0>(*by_name);
    const auto by_hash = in.one<std::int64_t>(
        "SELECT id FROM integrations WHERE workspace = :workspace AND hash_id = :reference", workspace, reference);
    if (by_hash) return std::get<0>(*by_hash);
    std::int64_t number = 0;
    const auto* last = reference.data() + reference.size();
    const auto [end, error] = std::from_chars(reference.data(), last, number);
    if (reference.empty() || error != std::errc() || end != last) return std::nullopt;
    const auto by_number = in.one<std::int64_t>(
        "SELECT id FROM integrations WHERE workspace = :workspace AND id = :number", workspace, number);
    if (by_number) return std::get<0>(*by_number);
    return std::nullopt;
}

facts facts_of(const integration_record& record) {
    return {{"integration", to_fact(record.rights.id)}, {"identifier", record.identifier}, {"type", record.type}};
}

std::string level_text(policy::level l) {
    constexpr std::string_view names[] = {"None (Deny)", "None (Delete-only)", "Use", "Manage"};
    return std::string(names[static_cast<std::size_t>(l)]);
}

// Existence is a secret: who may not see it is told what anybody is told of one that is not there.
failure level_too_low(const policy::snapshot& facts, policy::user_id actor, const integration_record& known,
                      const std::string& what) {
    const auto id = known.rights.id;
    if (!policy::may_see(facts, actor, id)) return no_integration(to_fact(id));
    return {errc::denied, "you can't " + what + " " + known.identifier + ": that needs Manage on it, and you have " +
                              level_text(policy::level_of(facts, actor, id))};
}

// What an edit changed, each with what it is now; of secrets their names only.
void add_changes(facts& about, const integration_record& before, const integration_record& now) {
    const policy::integration& old = before.rights;
    const policy::integration& rights = now.rights;
    const auto add = [&about](bool changed, const char* what, const std::string& value) {
        if (changed) about.emplace_back(what, value);
    };
    add(before.name != now.name, "name", now.name);
    add(old.all_pipelines_allowed != rights.all_pipelines_allowed, "all pipelines",
        rights.all_pipelines_allowed ? "yes" : "no");
    add(old.admins != rights.admins, "admins", level_text(rights.admins));
    add(old.others != rights.others, "others", level_text(rights.others));
    add(old.demanded_to_grant != rights.demanded_to_grant, "demanded to grant", level_text(rights.demanded_to_grant));
    std::string rows;
    const auto add_row = [&rows](const char* kind, const auto& id, policy::level access) {
        rows.append(kind).append(to_fact(id)).append(" ").append(level_text(access)).append(", ");
    };
    for (const auto& row : rights.users) add_row("user ", row.user, row.access);
    for (const auto& row : rights.groups) add_row("group ", row.group, row.access);
    add(old.users != rights.users || old.groups != rights.groups, "rows", rows.substr(0, rows.rfind(',')));
    for (const auto& [key, value] : now.settings)
        add(std::ranges::find(before.settings, std::pair(key, value)) == before.settings.end(), "setting",
            key + "=" + value);
    for (const vault::sealed_field& field : now.fields) {
        add(std::ranges::find(before.fields, field) == before.fields.end(), "secret", field.name);
    }
}

}  // namespace

std::optional<policy::integration> load_rights(sql_connection& in, policy::integration_id id) {
    const auto row = in.one<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>(
        "SELECT scope, project, all_pipelines, admins, others, demanded FROM integrations WHERE id = :id",
        id.value());
    if (!row) return std::nullopt;
    const auto& [scope, project, all, admins, others, demanded] = *row;
    policy::integration rights;
    rights.id = id;
    rights.scope = enum_from(scope, policy::scope::project);
    rights.project = policy::project_id(project);
    rights.all_pipelines_allowed = all == 1;
    rights.admins = enum_from(admins, policy::level::manage);
    rights.others = enum_from(others, policy::level::manage);
    rights.demanded_to_grant = enum_from(demanded, policy::level::manage);
    for (const auto& [is_group, holder, stored] : in.rows<std::int64_t, std::int64_t, std::int64_t>(
             "SELECT is_group, holder, level FROM integration_rows WHERE integration = :id ORDER BY is_group, holder",
             id.value())) {
        const auto access = enum_from(stored, policy::level::manage);
        if (is_group != 0) {
            rights.groups.push_back({policy::group_id(holder), access});
        } else {
            rights.users.push_back({policy::user_id(holder), access});
        }
    }
    return rights;
}

result<integration_record> sql_store::add_integration(integration_record record, const sealer& seal,
                                                      policy::user_id actor, const pipeline_list& allowed) {
    if (record.identifier.empty()) return failure(errc::usage, "an integration needs an identifier");
    return write([&](sql_connection& in) -> result<integration_record> {
        const auto& rights = record.rights;
        const bool of_project = rights.scope == policy::scope::project;
        const std::int64_t project = of_project ? rights.project.value() : 0;
        if (of_project && !in.one<std::int64_t>("SELECT id FROM projects WHERE id = :id AND workspace = :workspace",
                                                project, record.workspace.value())) {
            return failure(errc::not_found, "there is no project " + std::to_string(project));
        }
        if (record.hash_id.empty()) record.hash_id = new_hash_id();
        const auto made = in.one<std::int64_t>(
            "INSERT INTO integrations (workspace, hash_id, identifier, identifier_folded, name, type, auth_type, "
            "scope, "
            "project, "
            "all_pipelines, admins, others, demanded, settings, created_at, changed_at) VALUES (:workspace, "
            ":hash_id, :identifier, "
            ":folded, :name, :type, :auth_type, :scope, :project, :all_pipelines, :admins, :others, :demanded, "
            ":settings, "
            ":created_at, :changed_at) ON CONFLICT (workspace, scope, project, identifier_folded) DO NOTHING "
            "RETURNING id",
            record.workspace.value(), record.hash_id, record.identifier, folded(record.identifier), record.name,
            record.type, record.auth_type, static_cast<int>(rights.scope), project, rights.all_pipelines_allowed,
            static_cast<int>(rights.admins), static_cast<int>(rights.others),
            static_cast<int>(rights.demanded_to_grant), to_pairs_text(record.settings), to_stored(record.created_at),
            to_stored(record.created_at));
        if (!made) {
            // By whose, is nobody's business who may not see it.
            return failure(errc::conflict,
                           "that identifier is taken: choose another one, or edit the integration that has it");
        }
        record.rights.id = policy::integration_id(std::get<0>(*made));
        insert_rows(in, record.rights);
        insert_fields(in, record.rights.id, seal ? seal(record.rights.id) : record.fields);
        const auto revision = next_revision(in);
        append_audit(in, policy::audit_kind::integration_created, actor, revision, facts_of(record),
                     record.created_at);
        if (allowed)
            if (auto set = set_allowed_pipelines(in, record, *allowed, false, actor, revision, record.created_at);
                !set)
                return set.error();
        return load_integration(in, record.rights.id);
    });
}

result<integration_record> sql_store::edit_integration(const integration_record& record, policy::user_id actor,
                                                       policy::time_point at, const pipeline_list& allowed,
                                                       const seen_grants& seen) {
    return write([&](sql_connection& in) -> result<integration_record> {
        const auto& rights = record.rights;
        auto known = load_integration(in, rights.id);
        if (!known) return known;
        const auto facts_now = load_snapshot(in, policy::pipeline_id(), {&rights.id, 1});
        if (!policy::may_edit(facts_now, actor, rights.id)) return level_too_low(facts_now, actor, *known, "edit");
        // A grant that was made or taken since counts, too: whoever replaces them has not seen it.
        if (known->changed_at != record.changed_at || (seen && *seen != load_grants(in, rights.id))) {
            return failure(errc::conflict, "integration " + known->identifier +
                                               " was changed by somebody else: look at it again, then edit");
        }
        if (known->rights.scope != rights.scope || known->rights.project != rights.project) {
            return failure(errc::refused,
                           "the scope of " + known->identifier + " can't be changed: add a new integration");
        }
        // Two edits within a millisecond must not look like one.
        const auto changed_at = std::max(at, known->changed_at + std::chrono::milliseconds(1));
        in.exec(
            "UPDATE integrations SET name = :name, all_pipelines = :all_pipelines, admins = :admins, "
            "others = :others, demanded = :demanded, settings = :settings, changed_at = :changed_at WHERE id = :id",
            record.name, rights.all_pipelines_allowed, static_cast<int>(rights.admins),
            static_cast<int>(rights.others), static_cast<int>(rights.demanded_to_grant),
            to_pairs_text(record.settings), to_stored(changed_at), rights.id.value());
        forget_rows_and_fields(in, rights.id);
        insert_rows(in, rights);
        insert_fields(in, rights.id, record.fields);
        auto about = facts_of(*known);
        add_changes(about, *known, record);
        const auto revision = next_revision(in);
        append_audit(in, policy::audit_kind::integration_edited, actor, revision, about, at);
        if (allowed)
            if (auto set = set_allowed_pipelines(in, *known, *allowed, seen.has_value(), actor, revision, at); !set)
                return set.error();
        settle_requests(in, rights.id, actor, at);
        return load_integration(in, rights.id);
    });
}

result<void> sql_store::remove_integration(policy::integration_id id, policy::user_id actor, policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        const auto known = load_integration(in, id);
        if (!known) return known.error();
        const auto facts_now = load_snapshot(in, policy::pipeline_id(), {&id, 1});
        if (!policy::may_delete(facts_now, actor, id)) return level_too_low(facts_now, actor, *known, "remove");
        const auto revision = next_revision(in);
        for (const auto& [grant, pipeline] : in.rows<std::int64_t, std::int64_t>(
                 "DELETE FROM grants WHERE integration = :id RETURNING id, pipeline", id.value())) {
            append_audit(in, policy::audit_kind::revoke, actor, revision,
                         {{"grant", std::to_string(grant)},
                          {"integration", to_fact(id)},
                          {"pipeline", std::to_string(pipeline)},
                          {"reason", "the integration was removed"}},
                         at);
        }
        drop_requests(in, id, actor, at);
        forget_rows_and_fields(in, id);
        // Before it is gone: whose business the entry is, it says.
        append_audit(in, policy::audit_kind::integration_deleted, actor, revision, facts_of(*known), at);
        in.exec("DELETE FROM integrations WHERE id = :id", id.value());
        return {};
    });
}

result<integration_record> sql_store::integration(policy::integration_id id) {
    return read([&](sql_connection& in) { return load_integration(in, id); });
}

result<integration_record> sql_store::find_integration(policy::project_id project, const std::string& reference) {
    return read([&](sql_connection& in) -> result<integration_record> {
        const auto id = find_id(in, project, reference);
        if (!id) return no_integration("\"" + reference + "\"");
        return load_integration(in, policy::integration_id(*id));
    });
}

result<integration_record> sql_store::find_integration_by_hash(policy::workspace_id workspace,
                                                               const std::string& hash_id) {
    return read([&](sql_connection& in) -> result<integration_record> {
        const auto row =
            in.one<std::int64_t>("SELECT id FROM integrations WHERE workspace = :workspace AND hash_id = :hash",
                                 workspace.value(), hash_id);
        if (!row) return no_integration(hash_id);
        return load_integration(in, policy::integration_id(std::get<0>(*row)));
    });
}

result<std::vector<integration_record>> sql_store::integrations(policy::workspace_id workspace) {
    return read([&](sql_connection& in) -> result<std::vector<integration_record>> {
        std::vector<integration_record> found;
        for (const auto& [id] : in.rows<std::int64_t>(
                 "SELECT id FROM integrations WHERE workspace = :workspace ORDER BY id", workspace.value())) {
            auto record = load_integration(in, policy::integration_id(id));
            if (!record) return record.error();
            found.push_back(std::move(*record));
        }
        return found;
    });
}

result<std::vector<policy::integration_id>> sql_store::integration_ids(policy::workspace_id workspace) {
    return read([&](sql_connection& in) -> result<std::vector<policy::integration_id>> {
        std::vector<policy::integration_id> found;
        for (const auto& [id] : in.rows<std::int64_t>(
                 "SELECT id FROM integrations WHERE workspace = :workspace ORDER BY id", workspace.value()))
            found.emplace_back(id);
        return found;
    });
}

result<std::vector<integration_names>> sql_store::names_of_integrations(policy::workspace_id workspace,
                                                                        const std::string& beginning) {
    return read([&](sql_connection& in) -> result<std::vector<integration_names>> {
        std::vector<integration_names> found;
        for (auto& [id, hash_id, identifier, name] : in.rows<std::int64_t, std::string, std::string, std::string>(
                 "SELECT id, hash_id, identifier, name FROM integrations WHERE workspace = :workspace "
                 "AND substr(identifier_folded, 1, :length) = :beginning ORDER BY id",
                 workspace.value(), static_cast<std::int64_t>(beginning.size()), folded(beginning)))
            found.push_back({policy::integration_id(id), hash_id, identifier, name});
        return found;
    });
}

}  // namespace latchkey::store
