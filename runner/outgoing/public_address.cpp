// SPDX-License-Identifier: Apache-2.0
#include "runner/outgoing/public_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <string>

namespace latchkey::outgoing {

namespace {

struct four_range {
    std::uint32_t address;
    int bits;
};

constexpr std::uint32_t quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return a << 24U | b << 16U | c << 8U | d;
}

// Of this machine, of a local network, for documentation, or of nobody (IANA's special registry).
constexpr std::array<four_range, 15> special_fours = {{
    {quad(0, 0, 0, 0), 8},
    {quad(10, 0, 0, 0), 8},
    {quad(100, 64, 0, 0), 10},
    {quad(127, 0, 0, 0), 8},
    {quad(169, 254, 0, 0), 16},
    {quad(172, 16, 0, 0), 12},
    {quad(192, 0, 0, 0), 24},
    {quad(192, 0, 2, 0), 24},
    {quad(192, 88, 99, 0), 24},
    {quad(192, 168, 0, 0), 16},
    {quad(198, 18, 0, 0), 15},
    {quad(198, 51, 100, 0), 24},
    {quad(203, 0, 113, 0), 24},
    {quad(224, 0, 0, 0), 4},
    {quad(240, 0, 0, 0), 4},
}};

std::array<std::uint8_t, 4> four_at(const std::array<std::uint8_t, 16>& six, std::size_t at) {
    return {six[at], six[at + 1], six[at + 2], six[at + 3]};
}

bool begins(const std::array<std::uint8_t, 16>& six, std::initializer_list<std::uint8_t> bytes) {
    return std::equal(bytes.begin(), bytes.end(), six.begin());
}

}  // namespace

bool is_public(const std::array<std::uint8_t, 4>& four) {
    const std::uint32_t address = quad(four[0], four[1], four[2], four[3]);
    return std::ranges::none_of(special_fours, [address](const four_range& r) {
        return (address ^ r.address) >> static_cast<unsigned>(32 - r.bits) == 0;
    });
}

bool is_public(const std::array<std::uint8_t, 16>& six) {
    if (begins(six, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return is_public(four_at(six, 12));
    if (begins(six, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return is_public(four_at(six, 12));
    if (begins(six, {0x20, 0x02})) return is_public(four_at(six, 2));
    // What is given out at all, less documentation and Teredo.
    return (six[0] & 0xe0U) == 0x20 && !begins(six, {0x20, 0x01, 0x0d, 0xb8}) && !begins(six, {0x20, 0x01, 0, 0});
}

bool is_public(std::string_view text) {
    const std::string address(text);
    std::array<std::uint8_t, 4> four{};
    std::array<std::uint8_t, 16> six{};
    if (::inet_pton(AF_INET, address.c_str(), four.data()) == 1) return is_public(four);
    return ::inet_pton(AF_INET6, address.c_str(), six.data()) == 1 && is_public(six);
}

}  // namespace latchkey::outgoing
