// SPDX-License-Identifier: Apache-2.0
// Projects, pipelines, users and wrapped keys.
#include "runner/store/sql_directory_parts.hpp"
#include "runner/store/sql_parts.hpp"
#include "runner/store/sql_store.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>
#include <filesystem>

namespace latchkey::store {
namespace {

using pipeline_row = std::tuple<std::int64_t, std::int64_t, std::string, std::string, std::int64_t>;

pipeline_record pipeline_from(pipeline_row& row) {
    auto& [id, project, file, name, retired] = row;
    return {policy::pipeline_id(id), policy::project_id(project), std::move(file), std::move(name), retired != 0};
}

std::vector<pipeline_record> pipelines_from(std::vector<pipeline_row> rows) {
    std::vector<pipeline_record> found;
    found.reserve(rows.size());
    for (auto& row : rows) found.push_back(pipeline_from(row));
    return found;
}

std::vector<pipeline_record> living_in_file(sql_connection& in, std::int64_t project, const std::string& file) {
    return pipelines_from(in.rows<std::int64_t, std::int64_t, std::string, std::string, std::int64_t>(
        "SELECT id, project, file, name, retired FROM pipelines "
        "WHERE project = :project AND file = :file AND retired = 0 ORDER BY id",
        project, file));
}

std::optional<project_record> project_by_root(sql_connection& in, const std::string& root) {
    auto row = in.one<std::int64_t, std::string>("SELECT id, name FROM projects WHERE root = :root", root);
    if (!row) return std::nullopt;
    return project_record{policy::project_id(std::get<0>(*row)), root, std::move(std::get<1>(*row))};
}

void insert_key(sql_connection& in, const vault::wrapped_key& key) {
    in.exec("INSERT INTO data_keys (id, wrapped) VALUES (:id, :wrapped)", key.id, to_hex_text(key.bytes));
}

bool same_names(const std::vector<pipeline_record>& living, const std::vector<std::string>& sorted) {
    if (living.size() != sorted.size()) return false;
    return std::ranges::all_of(living,
                               [&](const auto& record) { return std::ranges::binary_search(sorted, record.name); });
}

bool has_names(const std::vector<pipeline_record>& living, const std::vector<std::string>& sorted) {
    return std::ranges::all_of(sorted, [&](const std::string& name) {
        return std::ranges::find(living, name, &pipeline_record::name) != living.end();
    });
}

}  // namespace

result<project_record> sql_store::project_at(const std::string& root) {
    if (root.empty()) return failure(errc::usage, "a project needs the path of its root");
    auto known =
        read([&](sql_connection& in) -> result<std::optional<project_record>> { return project_by_root(in, root); });
    if (!known) return known.error();
    if (*known) return std::move(**known);
    return write([&](sql_connection& in) -> result<project_record> {
        const auto name = std::filesystem::path(root).filename().string();
        in.exec("INSERT INTO projects (root, name) VALUES (:root, :name) ON CONFLICT (root) DO NOTHING", root,
                name.empty() ? root : name);
        auto made = project_by_root(in, root);
        if (!made) return failure(errc::store, "the store lost the project at " + root + " while making it");
        return std::move(*made);
    });
}

result<std::vector<pipeline_record>> sql_store::sync_pipelines(policy::project_id project, const std::string& file,
                                                               std::span<const std::string> names,
                                                               policy::time_point at) {
    return know_pipelines(project, file, names, at, true);
}

result<std::vector<pipeline_record>> sql_store::add_pipelines(policy::project_id project, const std::string& file,
                                                              std::span<const std::string> names) {
    return know_pipelines(project, file, names, {}, false);
}

result<std::vector<pipeline_record>> sql_store::know_pipelines(policy::project_id project, const std::string& file,
                                                               std::span<const std::string> names,
                                                               policy::time_point at, bool retire) {
    std::vector<std::string> sorted(names.begin(), names.end());
    std::ranges::sort(sorted);
    sorted.erase(std::ranges::unique(sorted).begin(), sorted.end());
    // Most runs change nothing: then nothing is written.
    auto known = read([&](sql_connection& in) -> result<std::vector<pipeline_record>> {
        return living_in_file(in, project.value(), file);
    });
    if (!known || same_names(*known, sorted)) return known;
    if (!retire && has_names(*known, sorted)) return known;
    return write([&](sql_connection& in) -> result<std::vector<pipeline_record>> {
        if (!in.one<std::int64_t>("SELECT id FROM projects WHERE id = :id", project.value())) {
            return failure(errc::not_found, "there is no project " + to_fact(project));
        }
        const auto living = living_in_file(in, project.value(), file);
        bool changed = false;
        for (const auto& record : living) {
            if (!retire || std::ranges::binary_search(sorted, record.name)) continue;
            in.exec("UPDATE pipelines SET retired = 1 WHERE id = :id", record.id.value());
            append_audit(in, policy::audit_kind::pipeline_retired, policy::user_id(), next_revision(in),
                         {{"pipeline", to_fact(record.id)}, {"name", record.name}, {"file", file}}, at);
        }
        for (const auto& name : names) {
            changed |= in.exec(
                           "INSERT INTO pipelines (project, file, name) VALUES (:project, :file, :name) "
                           "ON CONFLICT (project, file, name) WHERE retired = 0 DO NOTHING",
                           project.value(), file, name) > 0;
        }
        if (changed) next_revision(in);
        return living_in_file(in, project.value(), file);
    });
}

std::optional<pipeline_record> load_pipeline(sql_connection& in, policy::pipeline_id id) {
    auto row = in.one<std::int64_t, std::int64_t, std::string, std::string, std::int64_t>(
        "SELECT id, project, file, name, retired FROM pipelines WHERE id = :id", id.value());
    if (!row) return std::nullopt;
    return pipeline_from(*row);
}

result<pipeline_record> sql_store::pipeline(policy::pipeline_id id) {
    return read([&](sql_connection& in) -> result<pipeline_record> {
        auto found = load_pipeline(in, id);
        if (!found) return failure(errc::not_found, "there is no pipeline " + to_fact(id));
        return std::move(*found);
    });
}

result<std::vector<pipeline_record>> sql_store::pipelines(policy::project_id project) {
    return read([&](sql_connection& in) -> result<std::vector<pipeline_record>> {
        return pipelines_from(in.rows<std::int64_t, std::int64_t, std::string, std::string, std::int64_t>(
            "SELECT id, project, file, name, retired FROM pipelines "
            "WHERE project = :project AND retired = 0 ORDER BY id",
            project.value()));
    });
}

result<user_record> sql_store::user(policy::user_id id) {
    return read([&](sql_connection& in) { return load_person(in, id); });
}

result<user_record> sql_store::member_of(policy::project_id project, policy::user_id id) {
    return read([&](sql_connection& in) -> result<user_record> {
        const auto row = in.one<std::int64_t>("SELECT workspace FROM projects WHERE id = :id", project.value());
        auto found = row ? load_member(in, policy::workspace_id(std::get<0>(*row)), id) : std::nullopt;
        if (!found) return failure(errc::not_found, "there is no member " + to_fact(id) + " of that workspace");
        return std::move(found->user);
    });
}

result<user_record> sql_store::local_owner() {
    return read([&](sql_connection& in) -> result<user_record> {
        auto found = load_member(in, local_workspace, policy::user_id(1));
        if (!found) return failure(errc::corrupt, "the store has lost its owner: restore it from a backup");
        return std::move(found->user);
    });
}

result<void> sql_store::name_user(policy::user_id id, const std::string& email, const std::string& name) {
    return write([&](sql_connection& in) -> result<void> {
        if (in.exec("UPDATE users SET email = :email, email_folded = :folded, name = :name WHERE id = :id", email,
                    folded(email), name, id.value()) == 0) {
            return failure(errc::not_found, "there is no user " + to_fact(id));
        }
        return {};
    });
}

result<std::vector<vault::wrapped_key>> sql_store::keys() {
    return read([](sql_connection& in) -> result<std::vector<vault::wrapped_key>> {
        std::vector<vault::wrapped_key> found;
        for (const auto& [id, wrapped] :
             in.rows<std::int64_t, std::string>("SELECT id, wrapped FROM data_keys ORDER BY id")) {
            auto bytes = from_hex_text(wrapped);
            if (!bytes) {
                return failure(errc::corrupt, "wrapped key " + std::to_string(id) +
                                                  " in the store is damaged: restore it from a backup");
            }
            found.push_back({id, std::move(*bytes)});
        }
        return found;
    });
}

result<void> sql_store::add_key(const vault::wrapped_key& key) {
    return write([&](sql_connection& in) -> result<void> {
        if (key.id < 1) return failure(errc::usage, "a wrapped key needs a number from 1 on");
        if (in.one<std::int64_t>("SELECT id FROM data_keys WHERE id = :id", key.id)) {
            return failure(errc::conflict,
                           "key " + std::to_string(key.id) + " is there already: read the keys again");
        }
        insert_key(in, key);
        return {};
    });
}

result<void> sql_store::replace_keys(std::span<const vault::wrapped_key> keys, policy::user_id actor,
                                     policy::time_point at) {
    return write([&](sql_connection& in) -> result<void> {
        in.exec("DELETE FROM data_keys");
        for (const auto& key : keys) insert_key(in, key);
        const auto orphan = in.one<std::int64_t>(
            "SELECT data_key FROM integration_fields WHERE data_key NOT IN (SELECT id FROM data_keys) UNION SELECT "
            "data_key FROM sealed_values WHERE data_key NOT IN (SELECT id FROM data_keys) LIMIT 1");
        if (orphan) {
            return failure(errc::conflict, "key " + std::to_string(std::get<0>(*orphan)) +
                                               " still seals a field and is not among the new keys: rotate again");
        }
        append_audit(in, policy::audit_kind::key_rotated, actor, current_revision(in),
                     {{"keys", std::to_string(keys.size())}}, at);
        return {};
    });
}

}  // namespace latchkey::store
