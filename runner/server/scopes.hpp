// SPDX-License-Identifier: Apache-2.0
//
// What an access token may be used for. Buddy's names, in the spelling until 2026 (*_INFO, *_ADD) and in the newer
// one
// (*_READ, *_WRITE): both are read as the same; the older is what is answered. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

enum class scope : std::uint8_t {
    none,  // any token will do
    workspace,
    workspaces_manage,
    project_delete,
    repository_read,
    repository_write,
    execution_info,
    execution_run,
    execution_manage,
    environment_info,
    environment_add,
    environment_manage,
    zone_read,
    zone_write,
    zone_manage,
    target_info,
    target_add,
    target_manage,
    user_info,
    user_key,
    user_email,
    integration_info,
    integration_add,
    integration_manage,
    member_email,
    manage_emails,
    webhook_info,
    webhook_add,
    webhook_manage,
    variable_add,
    variable_info,
    variable_manage,
    token_info,
    token_manage,
};

std::string_view to_string(scope);
std::optional<scope> scope_from(std::string_view name);
std::vector<std::string_view> scope_names();  // all but none

// Whether a token with these is good for `needed`: it has it, or one that includes it (EXECUTION_MANAGE ⊃
// EXECUTION_RUN ⊃ EXECUTION_INFO, and so on).
bool covers(std::span<const std::string> token_scopes, scope needed);

}  // namespace latchkey::server
