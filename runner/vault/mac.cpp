// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/mac.hpp"

#include <sodium.h>

#include <array>

namespace latchkey::vault {

namespace {

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string hmac_sha256_hex(const secret& key, std::string_view message) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, octets_of(key.reveal()), key.size());
    crypto_auth_hmacsha256_update(&state, octets_of(message), message.size());
    std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
    crypto_auth_hmacsha256_final(&state, mac.data());
    sodium_memzero(&state, sizeof state);
    std::array<char, crypto_auth_hmacsha256_BYTES * 2 + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
    return hex.data();
}

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool same(const secret& a, std::string_view b) {
    return same(a.reveal(), b);
}

}  // namespace latchkey::vault
