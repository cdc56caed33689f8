// SPDX-License-Identifier: Apache-2.0
#include "runner/objects/object_key.hpp"

#include "runner/objects/object_store.hpp"

#include <algorithm>

namespace latchkey::objects {

namespace {

constexpr std::size_t longest_key = 512;

bool is_part(std::string_view part) {
    return !part.starts_with('.') && std::ranges::all_of(part, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

}  // namespace

bool is_key_prefix(std::string_view text) {
    if (text.size() > longest_key) return false;
    for (std::size_t slash = text.find('/'); slash != std::string_view::npos; slash = text.find('/')) {
        if (slash == 0 || !is_part(text.substr(0, slash))) return false;
        text.remove_prefix(slash + 1);
    }
    return is_part(text);
}

bool is_object_key(std::string_view text) {
    return !text.empty() && !text.ends_with('/') && is_key_prefix(text);
}

failure no_key(const std::string& key) {
    return {errc::usage, "\"" + key + "\" can't be the key of an object"};
}

failure no_key_prefix(const std::string& prefix) {
    return {errc::usage, "\"" + prefix + "\" can't begin the key of an object"};
}

}  // namespace latchkey::objects
