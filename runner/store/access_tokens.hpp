// SPDX-License-Identifier: Apache-2.0
//
// Personal access tokens: what they may be used for, never the token itself but a hash of it. One method is one
// transaction; any thread may call; calls block.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::store {

struct access_token_record {
    std::string id;  // 24 lower-case hex; says nothing of the token
    policy::user_id user;
    std::string hash;  // of the token, hex
    std::string name;
    std::vector<std::string> scopes;
    std::vector<std::string> addresses;   // it is taken from these only; empty: from anywhere
    std::vector<std::string> workspaces;  // domains that it is good for; empty: all of the user's
    policy::time_point created_at{};
    policy::user_id created_by;  // an administrator may make one for another
    std::optional<policy::time_point> expires_at;
    std::optional<policy::time_point> used_at;  // to the minute
};

class access_tokens {
public:
    virtual ~access_tokens() = default;
    // `id` is made by the store. Audited.
    virtual result<access_token_record> add(access_token_record) = 0;
    // not_found: no token has this hash.
    virtual result<access_token_record> by_hash(const std::string& hash) = 0;
    virtual result<std::vector<access_token_record>> of(policy::user_id) = 0;
    virtual result<access_token_record> get(policy::user_id, const std::string& id) = 0;
    // Gone at once. Audited.
    virtual result<void> remove(policy::user_id, const std::string& id, policy::user_id actor,
                                policy::time_point) = 0;
    virtual result<void> used(const std::string& id, policy::time_point) = 0;
};

}  // namespace latchkey::store
