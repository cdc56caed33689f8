// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/key_pairs.hpp"

#include <sodium.h>

#include <array>
#include <stdexcept>

namespace latchkey::vault {

namespace {

constexpr std::size_t seed_size = 32;
using key_bytes = std::array<unsigned char, 32>;
static_assert(crypto_sign_PUBLICKEYBYTES == 32 && crypto_box_PUBLICKEYBYTES == 32 && crypto_sign_SEEDBYTES == 32 &&
              crypto_box_SEEDBYTES == 32);

const unsigned char* bytes_in(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text_in(const unsigned char* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

std::string hex_text(std::string_view bytes) {
    std::string hex(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), bytes_in(bytes), bytes.size());
    hex.pop_back();
    return hex;
}

// As many bytes as asked for, or none.
template <std::size_t Size>
bool bytes_from(std::string_view hex, std::array<unsigned char, Size>& to) {
    std::size_t size = 0;
    const char* end = nullptr;
    return hex.size() == Size * 2 &&
           sodium_hex2bin(to.data(), to.size(), hex.data(), hex.size(), nullptr, &size, &end) == 0 && size == Size &&
           end == hex.data() + hex.size();
}

// A seed of its own for each use.
key_bytes seed_for(std::string_view use, std::string_view seed) {
    key_bytes out{};
    crypto_generichash(out.data(), out.size(), bytes_in(use), use.size(), bytes_in(seed), seed.size());
    return out;
}

}  // namespace

key_pairs key_pairs::make() {
    std::array<unsigned char, seed_size> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    std::string text = text_in(bytes.data(), bytes.size());
    sodium_memzero(bytes.data(), bytes.size());
    return key_pairs(secret(std::move(text)));
}

result<key_pairs> key_pairs::from_seed(std::string_view hex) {
    std::array<unsigned char, seed_size> bytes{};
    if (!bytes_from(hex, bytes)) return failure(errc::corrupt, "the key is damaged: it is not 64 hex digits");
    std::string text = text_in(bytes.data(), bytes.size());
    sodium_memzero(bytes.data(), bytes.size());
    return key_pairs(secret(std::move(text)));
}

key_pairs::key_pairs(secret seed) : seed_(std::move(seed)) {
    if (sodium_init() < 0) throw std::runtime_error("this machine has no source of randomness");
    key_bytes own = seed_for("latchkey signing", seed_.reveal());
    key_bytes shown{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> signing{};
    crypto_sign_seed_keypair(shown.data(), signing.data(), own.data());
    signing_ = secret(text_in(signing.data(), signing.size()));
    sodium_memzero(signing.data(), signing.size());
    signing_key_ = hex_text(text_in(shown.data(), shown.size()));

    own = seed_for("latchkey sealing", seed_.reveal());
    key_bytes sealing{};
    crypto_box_seed_keypair(shown.data(), sealing.data(), own.data());
    sodium_memzero(own.data(), own.size());
    sealing_ = secret(text_in(sealing.data(), sealing.size()));
    sodium_memzero(sealing.data(), sealing.size());
    sealing_key_ = hex_text(text_in(shown.data(), shown.size()));
}

secret key_pairs::seed() const {
    return secret(hex_text(seed_.reveal()));
}

std::string key_pairs::sign(std::string_view message) const {
    std::array<unsigned char, crypto_sign_BYTES> signature{};
    crypto_sign_detached(signature.data(), nullptr, bytes_in(message), message.size(), bytes_in(signing_.reveal()));
    return hex_text(text_in(signature.data(), signature.size()));
}

std::optional<secret> key_pairs::open(std::string_view sealed) const {
    key_bytes shown{};
    if (sealed.size() < crypto_box_SEALBYTES || !bytes_from(sealing_key_, shown)) return std::nullopt;
    std::string plain(sealed.size() - crypto_box_SEALBYTES, '\0');
    const bool good = crypto_box_seal_open(reinterpret_cast<unsigned char*>(plain.data()), bytes_in(sealed),
                                           sealed.size(), shown.data(), bytes_in(sealing_.reveal())) == 0;
    if (!good) return std::nullopt;
    return secret(std::move(plain));
}

bool is_public_key(std::string_view hex) {
    key_bytes key{};
    return bytes_from(hex, key);
}

bool is_signed_by(std::string_view signing_key, std::string_view message, std::string_view signature) {
    key_bytes key{};
    std::array<unsigned char, crypto_sign_BYTES> given{};
    return bytes_from(signing_key, key) && bytes_from(signature, given) &&
           crypto_sign_verify_detached(given.data(), bytes_in(message), message.size(), key.data()) == 0;
}

std::optional<std::string> seal_for(std::string_view sealing_key, std::string_view plain) {
    key_bytes key{};
    if (!bytes_from(sealing_key, key)) return std::nullopt;
    std::string sealed(plain.size() + crypto_box_SEALBYTES, '\0');
    if (crypto_box_seal(reinterpret_cast<unsigned char*>(sealed.data()), bytes_in(plain), plain.size(), key.data()) !=
        0)
        return std::nullopt;
    return sealed;
}

}  // namespace latchkey::vault
