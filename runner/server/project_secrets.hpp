// SPDX-License-Identifier: Apache-2.0
//
// Secrets of projects that no integration holds: the login to their repository, and what their hooks share with who
// sends to them. Sealed for their project and name alone. Any thread; calls block.
#pragma once

#include "runner/store/stores.hpp"
#include "runner/vault/vault.hpp"

#include <string>
#include <string_view>

namespace latchkey::server {

inline constexpr std::string_view repository_password = "repository_password";
inline constexpr std::string_view repository_key = "repository_key";
inline constexpr std::string_view hook_secret = "hook:";  // and the hook's kind

// Empty: there is none.
result<vault::secret> open_project_secret(store::stores&, const vault::vault&, policy::project_id,
                                          std::string_view name);
// As it is kept; of an empty value, what removes it.
store::project_secret_record sealed_for_project(const vault::vault&, policy::project_id, std::string_view name,
                                                const vault::secret& value, policy::user_id actor,
                                                policy::time_point now);
// An empty value removes it.
result<void> set_project_secret(store::stores&, const vault::vault&, policy::project_id, std::string_view name,
                                vault::secret value, policy::user_id actor, policy::time_point now);

}  // namespace latchkey::server
