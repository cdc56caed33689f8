// SPDX-License-Identifier: Apache-2.0
#include "runner/server/integration_input.hpp"

#include "runner/server/rights_rows.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

constexpr std::array<std::string_view, 6> removed_scopes = {
    "PRIVATE", "ADMIN", "GROUP", "ADMIN_IN_PROJECT", "GROUP_IN_PROJECT", "PRIVATE_IN_PROJECT"};
constexpr std::array<std::string_view, 10> auth_types = {
    "DEFAULT", "TOKEN", "TOKEN_APP_EXTENSION", "TRUSTED", "OIDC", "OAUTH", "API_KEY", "APP", "APP_SPRYKER", "APP_RW"};

std::optional<policy::level> level_in(input& in, std::string_view name) {
    const auto word = in.text(name);
    if (!word) return std::nullopt;
    const auto level = level_from(*word);
    if (!level) in.refuse("`" + std::string(name) + "` must be MANAGE, USE_ONLY or DENIED");
    return level;
}

}  // namespace

result<void> read_scope(const call& c, input& in, policy::integration& rights) {
    const std::string scope = in.text("scope").value_or("WORKSPACE");
    const std::string project = in.text("project_name").value_or("");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (scope == "WORKSPACE") return {};
    if (scope != "PROJECT") {
        const bool was = std::ranges::find(removed_scopes, scope) != removed_scopes.end();
        return failure(errc::usage, (was ? "the scope " + scope + " was removed in July 2024"
                                         : "there is no scope \"" + scope.substr(0, 60) + "\"") +
                                        ": there are WORKSPACE and PROJECT, and permissions say who may do what");
    }
    if (project.empty())
        return failure(errc::usage, "`project_name` is missing: the scope PROJECT is of one project");
    auto found = c.server.stores.people->project(c.workspace->id, project);
    if (!found) return found.error();
    auto role = c.server.stores.people->role_in_project(c.workspace->id, found->id, c.actor());
    if (!role) return role.error();
    if (!*role) return failure(errc::not_found, "there is no such project");
    if ((*role)->pipelines < policy::pipeline_level::read_write)
        return failure(errc::denied, "your role in the project does not let you add integrations to it");
    rights.scope = policy::scope::project;
    rights.project = found->id;
    return {};
}

void read_rights(input& in, policy::integration& rights) {
    if (const auto all = in.flag("all_pipelines_allowed")) rights.all_pipelines_allowed = *all;
    if (const auto demanded = in.text("demanded_to_grant")) {
        const auto level = level_from(*demanded);
        if (level != policy::level::use_only && level != policy::level::manage)
            in.refuse("`demanded_to_grant` must be USE_ONLY or MANAGE");
        else
            rights.demanded_to_grant = *level;
    }
    const auto object = in.object("permissions");
    if (!object) return;
    input permissions(*object);
    if (const auto level = level_in(permissions, "admins"))
        rights.admins = *level == policy::level::denied ? policy::level::delete_only : *level;
    if (const auto level = level_in(permissions, "others")) rights.others = *level;
    read_rows(permissions, "users", rights.users, &policy::user_row::user, level_in);
    read_rows(permissions, "groups", rights.groups, &policy::group_row::group, level_in);
    if (auto fine = permissions.checked(); !fine) in.refuse(fine.error().what);
}

store::store::pipeline_list read_allowed_pipelines(input& in) {
    const auto rows = in.objects("allowed_pipelines");
    if (!rows) return std::nullopt;
    std::vector<policy::pipeline_id> ids;
    for (const json& object : *rows) {
        const auto id = input(object).number("id");
        if (!id) {
            in.refuse("each of `allowed_pipelines` needs an `id`");
            return std::nullopt;
        }
        ids.emplace_back(*id);
    }
    return ids;
}

credentials read_credentials(input& in, const pipelines::integration_type& type, store::integration_record& record) {
    credentials given;
    if (const auto auth = in.text("auth_type")) {
        if (std::ranges::find(auth_types, *auth) == auth_types.end())
            in.refuse("there is no auth_type \"" + auth->substr(0, 60) + "\"");
        record.auth_type = *auth;
    }
    const auto set = [&](const std::string& name, std::string value) {
        std::erase_if(record.settings, [&](const auto& s) { return s.first == name; });
        record.settings.emplace_back(name, std::move(value));
    };
    for (const pipelines::credential_field& f : type.fields) {
        auto value = in.text(f.name);
        if (!value) continue;
        if (f.secret)
            given.secrets.insert_or_assign(f.name, vault::secret(std::move(*value)));
        else
            set(f.name, std::move(*value));
    }
    // Not secret, and of no type in particular.
    for (const char* name : {"audience", "google_project", "config", "app_id", "tenant_id", "host_url"})
        if (std::ranges::find(type.fields, name, &pipelines::credential_field::name) == type.fields.end())
            if (auto value = in.text(name)) set(name, std::move(*value));
    if (const auto roles = in.objects("role_assumptions")) {
        json all = json::array();
        for (const json& r : *roles) all.push_back(r);
        set("role_assumptions", all.dump(-1, ' ', false, json::error_handler_t::replace));
    }
    return given;
}

result<void> check_complete(const pipelines::integration_type& type, const std::string& auth_type,
                            const credentials& given, const store::facts& settings) {
    // Roles and tokens of the run's own stand in for a stored credential.
    if (auth_type == "OIDC" || auth_type == "TRUSTED") return {};
    const auto has = [&](const std::string& name) {
        return given.secrets.contains(name) ||
               std::ranges::find(settings, name, &std::pair<std::string, std::string>::first) != settings.end();
    };
    for (const pipelines::credential_field& f : type.fields)
        if (f.required && !has(f.name))
            return failure(errc::usage,
                           "`" + f.name + "` is missing: an integration of the type " + type.name + " needs it");
    const auto complete = [&](const std::vector<std::string>& set) { return std::ranges::all_of(set, has); };
    if (type.alternatives.empty() || std::ranges::any_of(type.alternatives, complete)) return {};
    std::string list;
    for (const auto& set : type.alternatives) {
        std::string names;
        for (const std::string& name : set) names += (names.empty() ? "`" : " and `") + name + "`";
        list += (list.empty() ? "" : ", or ") + names;
    }
    return failure(errc::usage, "an integration of the type " + type.name + " needs " + list);
}

}  // namespace latchkey::server
