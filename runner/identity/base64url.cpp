// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/base64url.hpp"

#include <sodium.h>

#include <array>

namespace latchkey::identity {

namespace {

constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

}  // namespace

std::string to_base64url(std::string_view bytes) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      variant);
    text.pop_back();  // the terminator
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes(text.size() / 4 * 3 + 3, '\0');
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(),
                          nullptr, &size, &end, variant) != 0 ||
        end != text.data() + text.size())
        return std::nullopt;
    bytes.resize(size);
    // Bits beyond the last byte must be zero, or two texts would be the same token.
    if (to_base64url(bytes) != text) return std::nullopt;
    return bytes;
}

std::string sha256_base64url(std::string_view text) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
    return to_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string random_base64url() {
    std::array<char, 32> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    return to_base64url({bytes.data(), bytes.size()});
}

bool same_text(std::string_view a, std::string_view b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace latchkey::identity
