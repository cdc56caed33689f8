// SPDX-License-Identifier: Apache-2.0
//
// The keys of a program that others know by their public halves: Ed25519 to sign what it says, X25519 to have secrets
// sealed for it alone. Both are made of one seed, which is all that is to be kept. Immutable; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::vault {

class key_pairs {
public:
    static key_pairs make();
    // corrupt: it is no seed.
    static result<key_pairs> from_seed(std::string_view hex);
    secret seed() const;  // in hex

    // The public halves, in hex.
    const std::string& signing_key() const { return signing_key_; }
    const std::string& sealing_key() const { return sealing_key_; }

    std::string sign(std::string_view message) const;  // in hex
    // What was sealed for us; none: it was not, or has changed since.
    std::optional<secret> open(std::string_view sealed) const;

private:
    explicit key_pairs(secret seed);
    secret seed_;
    secret signing_;
    secret sealing_;
    std::string signing_key_;
    std::string sealing_key_;
};

// Whether a text is a public key of either kind, as it is written.
bool is_public_key(std::string_view hex);
bool is_signed_by(std::string_view signing_key, std::string_view message, std::string_view signature);
// Bytes that only the owner of that key can open; none: it is no key. Who sealed them is not shown.
std::optional<std::string> seal_for(std::string_view sealing_key, std::string_view plain);

}  // namespace latchkey::vault
