// SPDX-License-Identifier: Apache-2.0
//
// Patterns in which * stands for any run of characters, and nothing else is special. Pure, no thread rule.
#pragma once

#include <string_view>

namespace latchkey::policy {

// Linear in the product of the lengths at worst, without recursion: on a mismatch, it goes back to the last * only.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace latchkey::policy
