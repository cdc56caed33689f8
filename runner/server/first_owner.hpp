// SPDX-License-Identifier: Apache-2.0
//
// The first owner of a server, who is there before anybody could make them: a user, a workspace, and an access token
// with every scope. Blocks; any thread.
#pragma once

#include "runner/store/stores.hpp"

#include <string>

namespace latchkey::server {

struct first_owner {
    std::string email;
    std::string name;
    std::string workspace;           // its domain
    std::string password_hash = {};  // Argon2id; empty: they sign in with the token, or an identity provider
};

// Whether there is a workspace yet, besides this machine's own.
result<bool> has_owner(store::stores&);

// Whose `token` (vault::new_token) is good from then on; it is kept nowhere. conflict: the domain is taken.
result<void> make_owner(store::stores&, const first_owner&, const std::string& token, policy::time_point now);

}  // namespace latchkey::server
