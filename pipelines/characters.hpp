// SPDX-License-Identifier: Apache-2.0
//
// Single characters of UTF-8 text: decoding one, and what a terminal does with it (its width, whether it moves
// the cursor or turns the reading direction). Used for validating a file and for showing a piece of it.
// Pure functions, no thread rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::pipelines {

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

struct character {
    char32_t code = 0;
    std::uint32_t length = 1;  // bytes; 1 for a byte that is not UTF-8
    bool valid = false;
};

// The first character of a text that is not empty. Overlong forms, surrogates and what lies beyond U+10FFFF are
// not valid.
character decode(std::string_view text);

// What YAML forbids in a file: C0 but tab and line ends, DEL, C1 but NEL, the non-characters U+FFFE and U+FFFF.
bool is_forbidden(char32_t);
// Anything that could move a terminal's cursor.
bool is_control(char32_t);
// The invisible marks that make a line read differently from what it says.
bool turns_direction(char32_t);
// Cells on a terminal: 0, 1 or 2.
std::uint32_t width_of(char32_t);

// Text from files, stores and people, made harmless for a terminal: what moves a cursor, turns the direction of
// reading or is no UTF-8 becomes "?". `plain` gives one line, so that a name can't pretend to be a line of ours.
std::string plain(std::string_view);
std::string plain_lines(std::string_view);

}  // namespace latchkey::pipelines
