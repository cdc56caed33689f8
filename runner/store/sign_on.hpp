// SPDX-License-Identifier: Apache-2.0
//
// How the members of a workspace sign in at their company's provider: what the API keeps of it. One method is one
// transaction; changes are judged in it (administrators only) and audited. Any thread may call; calls block.
#pragma once

#include "runner/store/store.hpp"

namespace latchkey::store {

// The setting that all members have to come by it.
inline constexpr const char* sso_for_all = "require_sso_for_all_members";

struct sign_on_record {
    policy::workspace_id workspace;
    facts settings;                             // sso_url, issuer, client_id, …
    std::optional<vault::sealed_field> secret;  // the client's, at the provider
    policy::time_point changed_at{};
};

class sign_on {
public:
    virtual ~sign_on() = default;
    // not_found: it is not enabled.
    virtual result<sign_on_record> get(policy::workspace_id) = 0;
    // Whether it is enabled and this setting of it is "true": asked with each call.
    virtual result<bool> is_set(policy::workspace_id, std::string_view name) = 0;
    // What was set before is there again. Twice is once.
    virtual result<void> enable(policy::workspace_id, policy::user_id actor, policy::time_point) = 0;
    virtual result<void> disable(policy::workspace_id, policy::user_id actor, policy::time_point) = 0;
    // not_found: it is not enabled. conflict: changed since `changed_at` was read.
    virtual result<sign_on_record> edit(const sign_on_record&, policy::user_id actor, policy::time_point) = 0;
};

}  // namespace latchkey::store
