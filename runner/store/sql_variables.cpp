// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_variables.hpp"

#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

vault::value_owner sealed_of(policy::variable_id id) {
    return {vault::value_kind::variable, id.value()};
}

std::int64_t number_of(const variable_owner& owner) {
    switch (owner.level) {
        case variable_level::workspace:
            return 0;
        case variable_level::project:
            return owner.project.value();
        case variable_level::pipeline:
            return owner.pipeline.value();
        case variable_level::environment:
            return owner.environment.value();
    }
    return 0;
}

// What is gone owns nothing any more, although its rows are still there.
std::optional<variable_owner> owner_from(sql_connection& in, policy::workspace_id workspace, variable_level level,
                                         std::int64_t number) {
    variable_owner owner;
    owner.level = level;
    owner.workspace = workspace;
    if (level == variable_level::project) owner.project = policy::project_id(number);
    if (level == variable_level::pipeline) {
        const auto pipeline = load_pipeline(in, policy::pipeline_id(number));
        if (!pipeline || pipeline->retired) return std::nullopt;
        owner.pipeline = pipeline->id;
        owner.project = pipeline->project;
    }
    if (level == variable_level::environment) {
        const auto row = in.one<std::int64_t>(
            "SELECT project FROM environments WHERE id = :id AND workspace = :workspace", number, workspace.value());
        if (!row) return std::nullopt;
        owner.environment = policy::environment_id(number);
        owner.project = policy::project_id(std::get<0>(*row));
    }
    if (owner.project.valid() && workspace_of(in, owner.project) != workspace) return std::nullopt;
    return owner;
}

std::optional<variable_record> load_variable(sql_connection& in, policy::workspace_id workspace,
                                             policy::variable_id id) {
    auto row = in.one<std::int64_t, std::int64_t, std::string, std::string, std::string, std::int64_t, std::int64_t,
                      std::string, std::string, std::int64_t, std::int64_t>(
        "SELECT level, owner, name, type, value, encrypted, settable, description, settings, created_at, changed_at "
        "FROM variables WHERE id = :id AND workspace = :workspace",
        id.value(), workspace.value());
    if (!row) return std::nullopt;
    auto& [level, number, key, type, value, encrypted, settable, description, settings, created, changed] = *row;
    const auto owner = owner_from(in, workspace, enum_from(level, variable_level::environment), number);
    if (!owner) return std::nullopt;
    auto pairs = from_pairs_text(settings);
    if (!pairs)
        throw sql_error{{errc::corrupt, "variable " + key + " in the store is damaged: remove it and make another"}};
    variable_record found;
    found.id = id;
    found.owner = *owner;
    found.key = std::move(key);
    found.type = std::move(type);
    found.value = std::move(value);
    found.encrypted = encrypted != 0;
    found.settable = settable != 0;
    found.description = std::move(description);
    found.settings = std::move(*pairs);
    found.created_at = from_stored(created);
    found.changed_at = from_stored(changed);
    if (found.encrypted) found.sealed = load_sealed(in, sealed_of(id));
    return found;
}

std::vector<variable_record> load_all(sql_connection& in, const variable_owner& owner) {
    std::vector<variable_record> found;
    for (const auto& [id] : in.rows<std::int64_t>(
             "SELECT id FROM variables WHERE workspace = :workspace AND level = :level AND owner = :owner ORDER BY "
             "name",
             owner.workspace.value(), static_cast<int>(owner.level), number_of(owner)))
        if (auto one = load_variable(in, owner.workspace, policy::variable_id(id))) found.push_back(std::move(*one));
    return found;
}

result<void> check_writer(sql_connection& in, const variable_owner& owner, policy::user_id actor) {
    switch (owner.level) {
        case variable_level::workspace:
            return check_administrator(in, owner.workspace, actor);
        case variable_level::project:
            return check_pipelines_writer(in, owner.project, actor);
        case variable_level::pipeline:
            return check_pipeline_writer(in, owner.pipeline, actor);
        case variable_level::environment:
            return check_environment_manager(in, owner.workspace, owner.environment, actor);
    }
    return failure(errc::denied, "a variable of nobody can't be changed");
}

facts facts_of(const variable_record& v, const char* did) {
    constexpr const char* levels[] = {"workspace", "project", "pipeline", "environment"};
    const auto level = static_cast<std::size_t>(v.owner.level);
    facts about = {
        {"did", did}, {"variable", to_fact(v.id)}, {"key", v.key}, {"encrypted", v.encrypted ? "yes" : "no"}};
    if (v.owner.level != variable_level::workspace)
        about.emplace_back(levels[level], std::to_string(number_of(v.owner)));
    return about;
}

std::optional<policy::variable_id> with_key(sql_connection& in, const variable_owner& owner, const std::string& key) {
    const auto row = in.one<std::int64_t>(
        "SELECT id FROM variables WHERE workspace = :workspace AND level = :level AND owner = :owner AND name = "
        ":name",
        owner.workspace.value(), static_cast<int>(owner.level), number_of(owner), key);
    if (!row) return std::nullopt;
    return policy::variable_id(std::get<0>(*row));
}

bool key_taken(sql_connection& in, const variable_record& v) {
    const auto other = with_key(in, v.owner, v.key);
    return other && *other != v.id;
}

failure key_is_taken(const std::string& key) {
    return {errc::conflict, "there is a variable " + key + " here already: change that one"};
}

result<variable_record> insert(sql_connection& in, variable_record wanted, const variables::sealer& seal,
                               policy::user_id actor) {
    wanted.encrypted = seal != nullptr;
    const std::int64_t at = to_stored(wanted.created_at);
    const auto made = in.one<std::int64_t>(
        "INSERT INTO variables (workspace, level, owner, name, type, value, encrypted, settable, description, "
        "settings, created_at, changed_at) VALUES (:workspace, :level, :owner, :name, :type, :value, :encrypted, "
        ":settable, :description, :settings, :at, :at2) RETURNING id",
        wanted.owner.workspace.value(), static_cast<int>(wanted.owner.level), number_of(wanted.owner), wanted.key,
        wanted.type, seal ? std::string() : wanted.value, wanted.encrypted, wanted.settable, wanted.description,
        to_pairs_text(wanted.settings), at, at);
    if (!made) return failure(errc::store, "the store gave no number to a new variable: try again");
    wanted.id = policy::variable_id(std::get<0>(*made));
    if (seal) put_sealed(in, sealed_of(wanted.id), seal(wanted.id));
    audit_change(in, policy::audit_kind::variable_changed, wanted.owner.workspace, actor, facts_of(wanted, "added"),
                 wanted.created_at);
    return std::move(*load_variable(in, wanted.owner.workspace, wanted.id));
}

}  // namespace

void remove_variables_of(sql_connection& in, policy::workspace_id workspace, variable_level level,
                         std::int64_t owner) {
    in.exec(
        "DELETE FROM sealed_values WHERE kind = :kind AND owner IN (SELECT id FROM variables WHERE workspace = "
        ":workspace AND level = :level AND owner = :number)",
        static_cast<int>(vault::value_kind::variable), workspace.value(), static_cast<int>(level), owner);
    in.exec("DELETE FROM variables WHERE workspace = :workspace AND level = :level AND owner = :number",
            workspace.value(), static_cast<int>(level), owner);
}

result<variable_record> sql_variables::add(variable_record wanted, const sealer& seal, policy::user_id actor) {
    if (wanted.key.empty()) return failure(errc::usage, "a variable needs a key");
    return database_->write([&](sql_connection& in) -> result<variable_record> {
        const auto owner = owner_from(in, wanted.owner.workspace, wanted.owner.level, number_of(wanted.owner));
        if (!owner) return no_such("place for a variable");
        wanted.owner = *owner;
        if (auto may = check_writer(in, wanted.owner, actor); !may) return may.error();
        if (key_taken(in, wanted)) return key_is_taken(wanted.key);
        return insert(in, std::move(wanted), seal, actor);
    });
}

result<variable_record> sql_variables::add_once(variable_record wanted, const sealer& seal) {
    const auto known = [&](sql_connection& in) -> result<std::optional<variable_record>> {
        const auto owner = owner_from(in, wanted.owner.workspace, wanted.owner.level, number_of(wanted.owner));
        if (!owner) return no_such("place for a variable");
        wanted.owner = *owner;
        const auto id = with_key(in, *owner, wanted.key);
        return id ? load_variable(in, owner->workspace, *id) : std::nullopt;
    };
    auto found = database_->read([&](sql_connection& in) { return known(in); });
    if (!found) return found.error();
    if (*found) return std::move(**found);
    return database_->write([&](sql_connection& in) -> result<variable_record> {
        auto again = known(in);
        if (!again) return again.error();
        if (*again) return std::move(**again);
        return insert(in, wanted, seal, policy::user_id());
    });
}

result<variable_record> sql_variables::get(policy::workspace_id workspace, policy::variable_id id) {
    return database_->read([&](sql_connection& in) -> result<variable_record> {
        auto found = load_variable(in, workspace, id);
        if (!found) return no_such("variable");
        return std::move(*found);
    });
}

result<std::vector<variable_record>> sql_variables::list(const variable_owner& owner) {
    return database_->read(
        [&](sql_connection& in) -> result<std::vector<variable_record>> { return load_all(in, owner); });
}

result<variable_record> sql_variables::edit(const variable_record& wanted, policy::user_id actor,
                                            policy::time_point at) {
    if (wanted.key.empty()) return failure(errc::usage, "a variable needs a key");
    return database_->write([&](sql_connection& in) -> result<variable_record> {
        const policy::workspace_id workspace = wanted.owner.workspace;
        const auto known = load_variable(in, workspace, wanted.id);
        if (!known) return no_such("variable");
        if (auto may = check_writer(in, known->owner, actor); !may) return may.error();
        if (known->changed_at != wanted.changed_at)
            return failure(errc::conflict, "the variable was changed by somebody else: look at it again, then edit");
        if (key_taken(in, wanted)) return key_is_taken(wanted.key);
        if (wanted.encrypted != wanted.sealed.has_value())
            return failure(errc::usage, "a variable is either sealed or in the clear");
        const auto changed_at = std::max(at, known->changed_at + std::chrono::milliseconds(1));
        in.exec(
            "UPDATE variables SET name = :name, value = :value, encrypted = :encrypted, settable = :settable, "
            "description = :description, settings = :settings, changed_at = :at WHERE id = :id",
            wanted.key, wanted.encrypted ? std::string() : wanted.value, wanted.encrypted, wanted.settable,
            wanted.description, to_pairs_text(wanted.settings), to_stored(changed_at), wanted.id.value());
        put_sealed(in, sealed_of(wanted.id), wanted.sealed);
        facts about = facts_of(wanted, "edited");
        about.emplace_back("value",
                           known->value == wanted.value && known->sealed == wanted.sealed ? "same" : "changed");
        audit_change(in, policy::audit_kind::variable_changed, workspace, actor, about, at);
        return std::move(*load_variable(in, workspace, wanted.id));
    });
}

result<void> sql_variables::remove(policy::workspace_id workspace, policy::variable_id id, policy::user_id actor,
                                   policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto known = load_variable(in, workspace, id);
        if (!known) return no_such("variable");
        if (auto may = check_writer(in, known->owner, actor); !may) return may.error();
        put_sealed(in, sealed_of(id), std::nullopt);
        in.exec("DELETE FROM variables WHERE id = :id", id.value());
        audit_change(in, policy::audit_kind::variable_changed, workspace, actor, facts_of(*known, "removed"), at);
        return {};
    });
}

result<std::vector<variable_record>> sql_variables::variables_for(policy::pipeline_id pipeline) {
    return database_->read([&](sql_connection& in) -> result<std::vector<variable_record>> {
        const auto known = load_pipeline(in, pipeline);
        const auto workspace = known ? workspace_of(in, known->project) : policy::workspace_id();
        if (!known || known->retired || !workspace.valid()) return no_such("pipeline");
        std::vector<variable_record> all;
        for (const auto level : {variable_level::workspace, variable_level::project, variable_level::pipeline}) {
            auto some = load_all(in, {level, workspace, known->project, pipeline, {}});
            std::ranges::move(some, std::back_inserter(all));
        }
        return all;
    });
}

}  // namespace latchkey::store
