// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/ssh_key.hpp"

#include "runner/vault/base64.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace latchkey::vault {

namespace {

constexpr std::array<std::string_view, 7> key_types = {"ssh-ed25519",
                                                       "ssh-rsa",
                                                       "ecdsa-sha2-nistp256",
                                                       "ecdsa-sha2-nistp384",
                                                       "ecdsa-sha2-nistp521",
                                                       "sk-ssh-ed25519@openssh.com",
                                                       "sk-ecdsa-sha2-nistp256@openssh.com"};

constexpr std::size_t longest_line = 16UL * 1024;

// A length and as many bytes; takes them from the front.
std::optional<std::string_view> take_field(std::string_view& bytes) {
    if (bytes.size() < 4) return std::nullopt;
    std::uint32_t size = 0;
    for (int i = 0; i < 4; ++i) size = size << 8U | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
    bytes.remove_prefix(4);
    if (size > bytes.size()) return std::nullopt;
    const std::string_view field = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return field;
}

std::string_view next_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    return word;
}

std::string base64_of(std::string_view bytes, int variant) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      variant);
    text.pop_back();
    return text;
}

std::optional<ssh_public_key> key_from(std::string_view blob) {
    std::string_view rest = blob;
    const auto type = take_field(rest);
    if (!type || std::ranges::find(key_types, *type) == key_types.end() || rest.empty()) return std::nullopt;
    // What follows are fields and nothing else.
    while (!rest.empty())
        if (!take_field(rest)) return std::nullopt;
    std::string digest(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                       reinterpret_cast<const unsigned char*>(blob.data()), blob.size());
    std::string hex(digest.size() * 2 + 1, '\0');
    sodium_bin2hex(hex.data(), hex.size(), reinterpret_cast<const unsigned char*>(digest.data()), digest.size());
    hex.pop_back();
    return ssh_public_key{std::string(*type) + " " + base64_of(blob, sodium_base64_VARIANT_ORIGINAL), "",
                          "SHA256:" + base64_of(digest, sodium_base64_VARIANT_ORIGINAL_NO_PADDING), std::move(hex)};
}

void add_number(std::string& to, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8)
        to += static_cast<char>(number >> static_cast<unsigned>(shift) & 255U);
}

void add_field(std::string& to, std::string_view bytes) {
    add_number(to, static_cast<std::uint32_t>(bytes.size()));
    to += bytes;
}

}  // namespace

ssh_key_pair make_ssh_key(std::string_view comment) {
    constexpr std::string_view type = "ssh-ed25519";
    constexpr std::size_t block = 8;
    constexpr std::size_t line_length = 70;
    std::array<unsigned char, crypto_sign_ed25519_PUBLICKEYBYTES> open{};
    std::array<unsigned char, crypto_sign_ed25519_SECRETKEYBYTES> closed{};
    crypto_sign_ed25519_keypair(open.data(), closed.data());
    const std::string_view open_bytes(reinterpret_cast<const char*>(open.data()), open.size());
    std::string blob;
    add_field(blob, type);
    add_field(blob, open_bytes);

    std::string inner;
    inner.reserve(512 + comment.size());  // it holds the key: it must not leave copies behind as it grows
    const std::uint32_t check = randombytes_random();
    add_number(inner, check);
    add_number(inner, check);
    add_field(inner, type);
    add_field(inner, open_bytes);
    add_field(inner, {reinterpret_cast<const char*>(closed.data()), closed.size()});
    add_field(inner, comment);
    for (char fill = 1; inner.size() % block != 0; ++fill) inner += fill;

    std::string whole;
    whole.reserve(1024 + comment.size());
    whole += std::string_view("openssh-key-v1\0", 15);
    for (const char* none : {"none", "none", ""}) add_field(whole, none);
    add_number(whole, 1);
    add_field(whole, blob);
    add_field(whole, inner);
    std::string encoded = base64_of(whole, sodium_base64_VARIANT_ORIGINAL);
    std::string text;
    text.reserve(encoded.size() * 2 + 128);
    text += "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    for (std::size_t at = 0; at < encoded.size(); at += line_length)
        text.append(encoded, at, line_length).append("\n");
    text += "-----END OPENSSH PRIVATE KEY-----\n";
    sodium_memzero(closed.data(), closed.size());
    for (std::string* copy : {&inner, &whole, &encoded}) wipe(*copy);
    return {secret(std::move(text)), *key_from(blob)};
}

std::optional<ssh_public_key> read_public_key(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.size() > longest_line || line.find_first_of("\n\r") != std::string_view::npos) return std::nullopt;
    const std::string_view type = next_word(line);
    const auto blob = decode_base64(next_word(line));
    if (!blob) return std::nullopt;
    auto key = key_from(blob->reveal());
    if (!key || !key->line.starts_with(std::string(type) + " ")) return std::nullopt;
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const bool readable = std::ranges::all_of(line, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
    if (readable) key->comment = std::string(line);
    return key;
}

std::optional<ssh_public_key> public_half(const secret& private_key) {
    constexpr std::string_view begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
    constexpr std::string_view end = "-----END OPENSSH PRIVATE KEY-----";
    constexpr std::string_view magic("openssh-key-v1\0", 15);
    const std::string_view text = private_key.reveal();
    const auto from = text.find(begin);
    const auto to = text.find(end);
    if (from == std::string_view::npos || to == std::string_view::npos || to < from + begin.size())
        return std::nullopt;
    const auto bytes = decode_base64(text.substr(from + begin.size(), to - from - begin.size()));
    if (!bytes) return std::nullopt;
    std::string_view rest = bytes->reveal();
    if (!rest.starts_with(magic)) return std::nullopt;
    rest.remove_prefix(magic.size());
    // Cipher, key derivation and its options, then how many keys there are.
    for (int i = 0; i < 3; ++i)
        if (!take_field(rest)) return std::nullopt;
    if (rest.size() < 4) return std::nullopt;
    rest.remove_prefix(4);
    const auto blob = take_field(rest);
    return blob ? key_from(*blob) : std::nullopt;
}

}  // namespace latchkey::vault
