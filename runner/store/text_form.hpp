// SPDX-License-Identifier: Apache-2.0
//
// Lists and bytes as text in a column: hex, and lists of length-prefixed strings. Each value has exactly one form,
// so that a changed byte can't read as the same value. Free functions, no thread rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::store {

std::string to_hex_text(std::string_view bytes);
std::optional<std::string> from_hex_text(std::string_view hex);  // lower case only

std::string to_list_text(const std::vector<std::string>&);
std::optional<std::vector<std::string>> from_list_text(std::string_view);

std::string to_pairs_text(const std::vector<std::pair<std::string, std::string>>&);
std::optional<std::vector<std::pair<std::string, std::string>>> from_pairs_text(std::string_view);

// For databases whose text is UTF-8 without NUL: what is so stays as it is, anything else gets a mark and is hex.
bool is_plain_text(std::string_view);
std::string to_plain_text(std::string_view);
std::string from_plain_text(std::string);

}  // namespace latchkey::store
