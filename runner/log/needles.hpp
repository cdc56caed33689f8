// SPDX-License-Identifier: Apache-2.0
//
// The forms in which a secret turns up in output: as it is, line by line, its JSON strings, in base64 at any offset
// (tail-trimmed, both alphabets), in hexadecimal, and escaped for URLs, JSON, XML and shells. Pure, no thread rule.
// A needle is itself a secret: wipe it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::log {

// A shorter secret would eat ordinary text ("test", "1234"): it is not masked, and the caller says so.
inline constexpr std::size_t shortest_secret = 6;
// Nor is a part or a form of a secret that is shorter than this.
inline constexpr std::size_t shortest_part = 6;
inline constexpr std::size_t shortest_base64 = 8;

struct needle {
    std::string bytes;
    bool any_case = false;  // hexadecimal is printed both ways
};

// Sorted, without duplicates; empty for a secret that is too short.
std::vector<needle> needles_of(std::string_view secret);

}  // namespace latchkey::log
