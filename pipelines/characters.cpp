// SPDX-License-Identifier: Apache-2.0
#include "pipelines/characters.hpp"

#include <algorithm>
#include <array>

namespace latchkey::pipelines {

namespace {

struct code_range {
    char32_t first;
    char32_t last;
};

constexpr std::array zero_width_ranges = {code_range{0x0300, 0x036F}, code_range{0x200B, 0x200F},
                                          code_range{0x2060, 0x2060}, code_range{0x20D0, 0x20FF},
                                          code_range{0xFE00, 0xFE0F}, code_range{0xFEFF, 0xFEFF}};
constexpr std::array double_width_ranges = {
    code_range{0x1100, 0x115F},   code_range{0x2E80, 0x303E},   code_range{0x3041, 0xA4CF},
    code_range{0xAC00, 0xD7A3},   code_range{0xF900, 0xFAFF},   code_range{0xFE30, 0xFE6F},
    code_range{0xFF00, 0xFF60},   code_range{0xFFE0, 0xFFE6},   code_range{0x1F300, 0x1F64F},
    code_range{0x1F680, 0x1F6FF}, code_range{0x1F900, 0x1F9FF}, code_range{0x20000, 0x3FFFD}};

template <std::size_t Size>
bool within(const std::array<code_range, Size>& ranges, char32_t code) {
    return std::ranges::any_of(ranges, [code](code_range r) { return code >= r.first && code <= r.last; });
}

}  // namespace

character decode(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80U) return {lead, 1, true};
    std::uint32_t length = 0;
    char32_t code = 0;
    if ((lead & 0xE0U) == 0xC0U) {
        length = 2;
        code = lead & 0x1FU;
    } else if ((lead & 0xF0U) == 0xE0U) {
        length = 3;
        code = lead & 0x0FU;
    } else if ((lead & 0xF8U) == 0xF0U) {
        length = 4;
        code = lead & 0x07U;
    }
    if (length == 0 || text.size() < length) return {lead, 1, false};
    for (std::uint32_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80U) return {lead, 1, false};
        code = (code << 6U) | (byte & 0x3FU);
    }
    constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
    const bool valid = code >= smallest.at(length) && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    return valid ? character{code, length, true} : character{lead, 1, false};
}

bool is_forbidden(char32_t code) {
    if (code < 0x20) return code != '\t' && code != '\n' && code != '\r';
    return (code >= 0x7F && code < 0xA0 && code != 0x85) || code == 0xFFFE || code == 0xFFFF;
}

bool is_control(char32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029;
}

bool turns_direction(char32_t code) {
    return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::uint32_t width_of(char32_t code) {
    if (code < 0x300) return 1;
    if (within(zero_width_ranges, code)) return 0;
    return within(double_width_ranges, code) ? 2 : 1;
}

static std::string harmless(std::string_view text, bool one_line) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const character c = decode(text);
        const bool layout = c.code == '\t' || (c.code == '\n' && !one_line);
        const bool bad = !c.valid || is_control(c.code) || turns_direction(c.code);
        if (bad && !layout)
            out.push_back('?');
        else
            out += text.substr(0, c.length);
        text.remove_prefix(c.length);
    }
    return out;
}

std::string plain(std::string_view text) {
    return harmless(text, true);
}

std::string plain_lines(std::string_view text) {
    return harmless(text, false);
}

}  // namespace latchkey::pipelines
