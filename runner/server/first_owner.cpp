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

result<void> make_owner(store::stores& s, const first_owner& wanted, const std::string& token,
                        policy::time_point now) {
    auto user = s.people->user_with_email(wanted.email, wanted.name);
    if (!user) return user.error();
    if (!wanted.password_hash.empty())
        if (auto set = s.people->set_password(user->rights.id, wanted.password_hash, user->rights.id, now); !set)
            return set.error();
    store::access_token_record record;
    record.user = record.created_by = user->rights.id;
    record.name = "first owner";
    record.hash = vault::hash_of_token(token);
    record.created_at = now;
    for (const std::string_view name : scope_names()) record.scopes.emplace_back(name);
    auto made = s.tokens->add(std::move(record));
    if (!made) return made.error();
    // Last: from here on there is an owner, who must not be without a token, whatever happens.
    auto workspace = s.people->add_workspace(wanted.workspace, "", user->rights.id, now);
    if (workspace) return {};
    (void)s.tokens->remove(user->rights.id, made->id, user->rights.id, now);
    return workspace.error();
}

}  // namespace latchkey::server
