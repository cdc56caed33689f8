// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/password.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace latchkey::identity {

namespace {

constexpr std::size_t shortest = 12;
constexpr std::size_t longest = 1024;

failure no_memory() {
    return {errc::io, "there is not enough memory to work with a password"};
}

// Of a password that nobody knows; made once, with the same limits as all others.
const std::string& nobodys_hash() {
    static const std::string made = [] {
        std::array<char, 32> unknown{};
        randombytes_buf(unknown.data(), unknown.size());
        auto hash = hash_password({unknown.data(), unknown.size()});
        sodium_memzero(unknown.data(), unknown.size());
        return hash ? *hash : std::string();
    }();
    return made;
}

}  // namespace

result<void> check_new_password(std::string_view password) {
    const auto characters =
        std::ranges::count_if(password, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
    if (static_cast<std::size_t>(characters) < shortest)
        return failure(errc::usage, "a password has 12 characters or more");
    if (password.size() > longest) return failure(errc::usage, "a password has 1024 bytes at most");
    return {};
}

result<std::string> hash_password(std::string_view password) {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (sodium_init() < 0 ||
        crypto_pwhash_str(text.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return no_memory();
    return std::string(text.data());
}

result<bool> is_password(const std::optional<std::string>& hash, std::string_view password) {
    if (password.size() > longest) password = password.substr(0, longest + 1);
    const std::string& against = hash ? *hash : nobodys_hash();
    if (against.empty() || against.size() >= crypto_pwhash_STRBYTES) return no_memory();
    errno = 0;
    const bool same = crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
    if (!same && errno == ENOMEM) return no_memory();
    return same && hash.has_value();
}

}  // namespace latchkey::identity
