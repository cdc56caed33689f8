// SPDX-License-Identifier: Apache-2.0
#include "runner/triggers/totp.hpp"

#include "runner/vault/mac.hpp"
#include "runner/vault/token.hpp"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <optional>

namespace latchkey::triggers {

namespace {

constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::int64_t step_length = 30;

// Blanks and = are for people, and either case is fine.
std::optional<vault::secret> raw_of(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (char c : text) {
        if (c == ' ' || c == '=') continue;
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        const std::size_t value = base32.find(c);
        if (value == std::string_view::npos) {
            vault::wipe(out);
            return std::nullopt;
        }
        bits = (bits << 5U | static_cast<std::uint32_t>(value)) & 0xFFFFU;
        count += 5;
        if (count < 8) continue;
        count -= 8;
        out.push_back(static_cast<char>(bits >> count & 0xFFU));
    }
    if (out.size() < 10) {
        vault::wipe(out);
        return std::nullopt;
    }
    return vault::secret(std::move(out));
}

std::string percent_coded(std::string_view text) {
    constexpr std::string_view figures = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.';
        if (plain) {
            out.push_back(c);
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += {'%', figures[byte >> 4U], figures[byte & 0xFU]};
    }
    return out;
}

}  // namespace

std::optional<vault::secret> raw_totp_key(const vault::secret& key) {
    return raw_of(key.reveal());
}

vault::secret new_totp_secret() {
    // Each of the figures 0 to f is as likely, so five bits of two of them are.
    std::string random = vault::random_hex(32);
    std::string out;
    for (std::size_t i = 0; i < 32; ++i) {
        const auto figure = [&random](std::size_t at) {
            return std::string_view("0123456789abcdef").find(random[at]);
        };
        out.push_back(base32[(figure(2 * i) * 16 + figure(2 * i + 1)) % 32]);
    }
    vault::wipe(random);
    return vault::secret(std::move(out));
}

vault::secret totp_address(const vault::secret& key, std::string_view label) {
    std::string out = "otpauth://totp/Latchkey:" + percent_coded(label) + "?secret=";
    out.append(key.reveal());
    out += "&issuer=Latchkey&algorithm=SHA1&digits=6&period=30";
    return vault::secret(std::move(out));
}

std::string totp_code(std::string_view raw_key, std::int64_t step) {
    std::array<unsigned char, 8> counter{};
    for (unsigned i = 0; i < 8; ++i)
        counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (56U - 8U * i) & 0xFFU);
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    if (::HMAC(::EVP_sha1(), raw_key.data(), static_cast<int>(raw_key.size()), counter.data(), counter.size(),
               mac.data(), &size) == nullptr ||
        size != 20)
        return {};  // equal to no code
    const unsigned at = mac[19] & 0xFU;
    const std::uint32_t number = (static_cast<std::uint32_t>(mac[at]) & 0x7FU) << 24U |
                                 static_cast<std::uint32_t>(mac[at + 1]) << 16U |
                                 static_cast<std::uint32_t>(mac[at + 2]) << 8U | mac[at + 3];
    std::string code = std::to_string(number % 1'000'000);
    return std::string(6 - code.size(), '0') + code;
}

result<std::int64_t> check_totp(const vault::secret& key, std::string_view code, std::chrono::sys_seconds now,
                                std::int64_t last_taken) {
    const auto raw = raw_of(key.reveal());
    if (!raw)
        return failure(errc::refused, "the event's one-time password can't be checked: make a new secret for it");
    const std::int64_t step = now.time_since_epoch().count() / step_length;
    std::optional<std::int64_t> found;
    for (const std::int64_t each : {step - 1, step, step + 1})
        if (code.size() == 6 && vault::same(totp_code(raw->reveal(), each), code)) found = each;
    if (!found) return failure(errc::denied, "the one-time password is wrong, or its time has passed");
    if (*found <= last_taken)
        return failure(errc::denied, "the one-time password has been used already: wait for the next one");
    return *found;
}

bool opens(std::string_view hash_of_token, std::string_view token) {
    return !hash_of_token.empty() && !token.empty() && vault::same(hash_of_token, vault::hash_of_token(token));
}

}  // namespace latchkey::triggers
