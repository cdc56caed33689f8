// SPDX-License-Identifier: Apache-2.0
//
// One-time passwords by time (RFC 6238: SHA-1, 30 seconds, six figures, as every authenticator makes them), and the
// token in the address of a pipeline's WEBHOOK event. Pure; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::triggers {

// 160 random bits in base32, as authenticators take them.
vault::secret new_totp_secret();
// otpauth://… with the secret in it, to be shown once, as a QR code for example.
vault::secret totp_address(const vault::secret& key, std::string_view label);

// The step whose code it is: this one, or one before or after it. The caller remembers the last that was taken, and
// one that is not later is denied: nobody uses a code twice. It also has to bound how often somebody may guess: each
// guess is right once in 300,000. refused: the secret is none.
result<std::int64_t> check_totp(const vault::secret& key, std::string_view code, std::chrono::sys_seconds now,
                                std::int64_t last_taken);
// Its bytes; nothing: it is no secret of this kind.
std::optional<vault::secret> raw_totp_key(const vault::secret& key);
std::string totp_code(std::string_view raw_key, std::int64_t step);

// A hook's token is known by its hash (vault::hash_of_token) only.
bool opens(std::string_view hash_of_token, std::string_view token);

}  // namespace latchkey::triggers
