// SPDX-License-Identifier: Apache-2.0
//
// What a person has besides their name: further addresses, and public SSH keys. An address that nobody confirmed is a
// note and nothing else: nobody is found by it. One method is one transaction, audited. Any thread may call; calls
// block.
#pragma once

#include "runner/store/store.hpp"

namespace latchkey::store {

struct email_record {
    std::string email;
    bool confirmed = false;
};

struct public_key_record {
    std::int64_t id = 0;
    policy::user_id user;
    std::string title;
    std::string content;
    std::string fingerprint;
    policy::time_point created_at{};
};

class accounts {
public:
    virtual ~accounts() = default;
    // The first is the one they sign in with.
    virtual result<std::vector<email_record>> emails(policy::user_id) = 0;
    // conflict: they have it, or somebody signs in with it. refused: they have 20.
    virtual result<email_record> add_email(policy::user_id, const std::string& email, policy::time_point) = 0;
    // refused: they sign in with it.
    virtual result<void> remove_email(policy::user_id, const std::string& email, policy::time_point) = 0;

    virtual result<std::vector<public_key_record>> keys(policy::user_id) = 0;
    virtual result<public_key_record> key(policy::user_id, std::int64_t id) = 0;
    // conflict: they have it. refused: they have 100.
    virtual result<public_key_record> add_key(public_key_record) = 0;
    virtual result<void> remove_key(policy::user_id, std::int64_t id, policy::time_point) = 0;
};

}  // namespace latchkey::store
