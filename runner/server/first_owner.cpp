// SPDX-License-Identifier: Apache-2.0
#include "runner/server/first_owner.hpp"

#include "runner/server/scopes.hpp"
#include "runner/vault/token.hpp"

namespace latchkey::server {

result<bool> has_owner(store::stores& s) {
    auto count = s.people->count_workspaces();
    if (!count) return count.error();
    return *count > 1;
}

result<std::string> make_owner(store::stores& s, const first_owner& wanted, policy::time_point now) {
    auto user = s.people->user_with_email(wanted.email, wanted.name);
    if (!user) return user.error();
    if (!wanted.password_hash.empty())
        if (auto set = s.people->set_password(user->rights.id, wanted.password_hash, user->rights.id, now); !set)
            return set.error();
    auto workspace = s.people->add_workspace(wanted.workspace, "", user->rights.id, now);
    if (!workspace) return workspace.error();
    const std::string token = vault::new_token();
    store::access_token_record record;
    record.user = record.created_by = user->rights.id;
    record.name = "first owner";
    record.hash = vault::hash_of_token(token);
    record.created_at = now;
    for (const std::string_view name : scope_names()) record.scopes.emplace_back(name);
    auto made = s.tokens->add(std::move(record));
    if (!made) return made.error();
    return token;
}

}  // namespace latchkey::server
