// SPDX-License-Identifier: Apache-2.0
//
// The keys that sign the tokens of runs. The newest signs; an older one is retired, and kept for those who still hold
// what it signed. One method is one transaction; any thread may call; calls block.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"
#include "runner/vault/sealed.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::store {

struct signing_key_record {
    std::string id;              // as tokens name it
    std::string public_key;      // as a JWK
    vault::sealed_field sealed;  // the private half; its name is the id
    policy::time_point made_at{};
    std::optional<policy::time_point> retired_at;  // none: it signs
};

class signing_keys {
public:
    virtual ~signing_keys() = default;
    // Newest first; at most one that is not retired.
    virtual result<std::vector<signing_key_record>> all() = 0;
    // Retires the one that signs, which is `instead_of` (empty: there is none yet), and forgets those that were
    // retired before `forget_before`. conflict: another one signs by now. Audited.
    virtual result<void> add(const signing_key_record&, const std::string& instead_of,
                             policy::time_point forget_before, policy::user_id actor) = 0;
};

}  // namespace latchkey::store
