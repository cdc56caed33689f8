// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/sha256.hpp"

#include <sodium.h>

#include <array>

namespace latchkey::vault {

struct sha256::state {
    crypto_hash_sha256_state of;
};

sha256::sha256() : state_(std::make_unique<state>()) {
    crypto_hash_sha256_init(&state_->of);
}
sha256::~sha256() = default;

void sha256::add(std::string_view bytes) {
    crypto_hash_sha256_update(&state_->of, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string sha256::hex() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state_->of, digest.data());
    std::string text(2 * digest.size() + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), digest.data(), digest.size());
    text.pop_back();
    return text;
}

}  // namespace latchkey::vault
