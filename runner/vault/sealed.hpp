// SPDX-License-Identifier: Apache-2.0
//
// What the vault hands to a store and takes back: sealed bytes. Useless without the master key, which is never
// in the store. Value types, no thread rule.
#pragma once

#include <cstdint>
#include <string>

namespace latchkey::vault {

// One credential field of one integration.
struct sealed_field {
    std::string name;          // access_key
    std::int64_t version = 1;  // rises with each new value; part of the associated data
    std::int64_t key = 0;      // the data key it is sealed under
    std::string bytes;         // nonce + XChaCha20-Poly1305 ciphertext
    friend bool operator==(const sealed_field&, const sealed_field&) = default;
};

// What else is kept sealed than the credentials of integrations. Stored by number.
enum class value_kind : unsigned char { variable, webhook, sign_on, answer };

// Whose value it is: the variable with this number, say. A value opens for its owner only.
struct value_owner {
    value_kind kind = value_kind::variable;
    std::int64_t id = 0;
};

// A data key, wrapped by the master key.
struct wrapped_key {
    std::int64_t id = 0;  // 1, 2, …; the highest seals new values
    std::string bytes;
    friend bool operator==(const wrapped_key&, const wrapped_key&) = default;
};

}  // namespace latchkey::vault
