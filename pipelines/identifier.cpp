// SPDX-License-Identifier: Apache-2.0
#include "pipelines/identifier.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

bool is_ascii_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_ascii_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

bool is_identifier(std::string_view id) {
    return !id.empty() && id.size() <= 100 && is_ascii_letter(id.front()) && std::ranges::all_of(id, [](char c) {
        return is_ascii_letter(c) || is_ascii_digit(c) || c == '_' || c == '-';
    });
}

std::string identifier_from(std::string_view name) {
    std::string id;
    for (const char c : name) {
        if (is_ascii_letter(c) || (!id.empty() && is_ascii_digit(c)))
            id.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        else if (!id.empty() && id.back() != '_')
            id.push_back('_');
    }
    while (id.ends_with('_')) id.pop_back();
    return id.substr(0, 100);
}

}  // namespace latchkey::pipelines
