// SPDX-License-Identifier: Apache-2.0
//
// Public and private keys of RSA and P-256 as JOSE writes them, and their signatures RS256 and ES256, by OpenSSL.
// There is no other algorithm: none and the symmetric ones can't be asked for. Immutable; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace latchkey::identity {

enum class algorithm : unsigned char { rs256, es256 };
// invalid: it is another one.
result<algorithm> algorithm_from(std::string_view name);
std::string_view to_string(algorithm);

class public_key {
public:
    // invalid: it is no key of RSA (2048 to 8192 bits) or P-256 that signs.
    static result<public_key> from_jwk(const nlohmann::json& jwk);
    const std::string& id() const { return id_; }  // empty: it has none
    algorithm kind() const { return of_; }
    // False: another key's signature, or none at all.
    bool verifies(algorithm, std::string_view signed_text, std::string_view signature) const;

private:
    std::string id_;
    algorithm of_ = algorithm::rs256;
    std::shared_ptr<evp_pkey_st> key_;
};

// Of RSA, 2048 bits, for RS256: what every verifier of tokens of runs knows.
class private_key {
public:
    static result<private_key> make();  // takes a while
    static result<private_key> from_pem(const vault::secret&);
    vault::secret to_pem() const;
    // With `kid`, which is its thumbprint (RFC 7638), `use` and `alg`.
    nlohmann::json to_jwk() const;
    std::string id() const;
    result<std::string> sign(std::string_view text) const;

private:
    std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace latchkey::identity
