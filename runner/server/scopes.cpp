// SPDX-License-Identifier: Apache-2.0
#include "runner/server/scopes.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

struct known_scope {
    scope value;
    std::string_view name;
    std::string_view newer;    // its spelling since 2026, where it differs
    scope next = scope::none;  // the one that includes it
};

constexpr std::array<known_scope, 33> known = {{
    {scope::workspace, "WORKSPACE", ""},
    {scope::workspaces_manage, "WORKSPACES_MANAGE", ""},
    {scope::project_delete, "PROJECT_DELETE", ""},
    {scope::repository_read, "REPOSITORY_READ", "", scope::repository_write},
    {scope::repository_write, "REPOSITORY_WRITE", ""},
    {scope::execution_info, "EXECUTION_INFO", "EXECUTION_READ", scope::execution_run},
    {scope::execution_run, "EXECUTION_RUN", "", scope::execution_manage},
    {scope::execution_manage, "EXECUTION_MANAGE", ""},
    {scope::environment_info, "ENVIRONMENT_INFO", "ENVIRONMENT_READ", scope::environment_add},
    {scope::environment_add, "ENVIRONMENT_ADD", "ENVIRONMENT_WRITE", scope::environment_manage},
    {scope::environment_manage, "ENVIRONMENT_MANAGE", ""},
    {scope::zone_read, "ZONE_READ", "", scope::zone_write},
    {scope::zone_write, "ZONE_WRITE", "", scope::zone_manage},
    {scope::zone_manage, "ZONE_MANAGE", ""},
    {scope::target_info, "TARGET_INFO", "TARGET_READ", scope::target_add},
    {scope::target_add, "TARGET_ADD", "TARGET_WRITE", scope::target_manage},
    {scope::target_manage, "TARGET_MANAGE", ""},
    {scope::user_info, "USER_INFO", "USER_READ"},
    {scope::user_key, "USER_KEY", ""},
    {scope::user_email, "USER_EMAIL", ""},
    {scope::integration_info, "INTEGRATION_INFO", "INTEGRATION_READ", scope::integration_add},
    {scope::integration_add, "INTEGRATION_ADD", "INTEGRATION_WRITE", scope::integration_manage},
    {scope::integration_manage, "INTEGRATION_MANAGE", ""},
    {scope::member_email, "MEMBER_EMAIL", ""},
    {scope::manage_emails, "MANAGE_EMAILS", ""},
    {scope::webhook_info, "WEBHOOK_INFO", "WEBHOOK_READ", scope::webhook_add},
    {scope::webhook_add, "WEBHOOK_ADD", "WEBHOOK_WRITE", scope::webhook_manage},
    {scope::webhook_manage, "WEBHOOK_MANAGE", ""},
    {scope::variable_info, "VARIABLE_INFO", "VARIABLE_READ", scope::variable_add},
    {scope::variable_add, "VARIABLE_ADD", "VARIABLE_WRITE", scope::variable_manage},
    {scope::variable_manage, "VARIABLE_MANAGE", ""},
    {scope::token_info, "TOKEN_INFO", "TOKEN_READ", scope::token_manage},
    {scope::token_manage, "TOKEN_MANAGE", ""},
}};

const known_scope* find(scope s) {
    const auto at = std::ranges::find(known, s, &known_scope::value);
    return at == known.end() ? nullptr : &*at;
}

}  // namespace

std::string_view to_string(scope s) {
    const known_scope* k = find(s);
    return k == nullptr ? std::string_view() : k->name;
}

std::optional<scope> scope_from(std::string_view name) {
    for (const known_scope& k : known)
        if (k.name == name || (!k.newer.empty() && k.newer == name)) return k.value;
    return std::nullopt;
}

std::vector<std::string_view> scope_names() {
    std::vector<std::string_view> names;
    names.reserve(known.size());
    for (const known_scope& k : known) names.push_back(k.name);
    return names;
}

bool covers(std::span<const std::string> token_scopes, scope needed) {
    if (needed == scope::none) return true;
    for (scope s = needed; s != scope::none;) {
        for (const std::string& name : token_scopes)
            if (scope_from(name) == s) return true;
        const known_scope* k = find(s);
        s = k == nullptr ? scope::none : k->next;
    }
    return false;
}

}  // namespace latchkey::server
