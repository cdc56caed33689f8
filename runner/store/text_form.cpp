// SPDX-License-Identifier: Apache-2.0
#include "runner/store/text_form.hpp"

#include <charconv>

namespace latchkey::store {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_item(std::string& to, std::string_view item) {
    to += std::to_string(item.size());
    to += ':';
    to += item;
}

}  // namespace

std::string to_hex_text(std::string_view bytes) {
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += hex_digits[byte >> 4];
        hex += hex_digits[byte & 15];
    }
    return hex;
}

std::optional<std::string> from_hex_text(std::string_view hex) {
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const auto high = hex_digits.find(hex[i]);
        const auto low = hex_digits.find(hex[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        bytes += static_cast<char>(high << 4 | low);
    }
    return bytes;
}

std::string to_list_text(const std::vector<std::string>& items) {
    std::string text;
    for (const auto& item : items) append_item(text, item);
    return text;
}

std::optional<std::vector<std::string>> from_list_text(std::string_view text) {
    std::vector<std::string> items;
    for (auto rest = text; !rest.empty();) {
        std::size_t length = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
        const auto used = static_cast<std::size_t>(end - rest.data());
        if (error != std::errc() || used >= rest.size() || *end != ':' || (rest[0] == '0' && used > 1)) {
            return std::nullopt;
        }
        rest.remove_prefix(used + 1);
        if (length > rest.size()) return std::nullopt;
        items.emplace_back(rest.substr(0, length));
        rest.remove_prefix(length);
    }
    return items;
}

std::string to_pairs_text(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string text;
    for (const auto& [key, value] : pairs) {
        append_item(text, key);
        append_item(text, value);
    }
    return text;
}

std::optional<std::vector<std::pair<std::string, std::string>>> from_pairs_text(std::string_view text) {
    auto items = from_list_text(text);
    if (!items || items->size() % 2 != 0) return std::nullopt;
    std::vector<std::pair<std::string, std::string>> pairs;
    pairs.reserve(items->size() / 2);
    for (std::size_t i = 0; i < items->size(); i += 2) {
        pairs.emplace_back(std::move((*items)[i]), std::move((*items)[i + 1]));
    }
    return pairs;
}

namespace {

// DEL: nobody writes it. What begins so by itself is made hex, too.
constexpr std::string_view hex_mark = "\x7fhex:";

// The length of the UTF-8 character that the text begins with, as RFC 3629 has them; 0: it is none, or NUL.
std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return first == 0 ? 0 : 1;
    const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const unsigned char second = byte(1);
    const bool too_long = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool no_character = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
    return too_long || no_character ? 0 : length;
}

}  // namespace

bool is_plain_text(std::string_view text) {
    if (text.starts_with(hex_mark)) return false;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string to_plain_text(std::string_view text) {
    return is_plain_text(text) ? std::string(text) : std::string(hex_mark) + to_hex_text(text);
}

std::string from_plain_text(std::string stored) {
    if (!stored.starts_with(hex_mark)) return stored;
    auto bytes = from_hex_text(std::string_view(stored).substr(hex_mark.size()));
    return bytes ? std::move(*bytes) : std::move(stored);
}

}  // namespace latchkey::store
