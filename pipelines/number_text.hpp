// SPDX-License-Identifier: Apache-2.0
//
// Decimal numbers as text, compared exactly and at any length: no rounding makes 9007199254740993 equal to
// 9007199254740992. Pure functions, no thread rule.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace latchkey::pipelines {

// nullopt if one of them is no number (`-12`, `+3.50`, ` 7 `; no exponents, no thousands separators).
std::optional<std::strong_ordering> compare_numbers(std::string_view left, std::string_view right);

}  // namespace latchkey::pipelines
