// SPDX-License-Identifier: Apache-2.0
#include "runner/source/file_change.hpp"

#include "runner/source/address.hpp"

#include <algorithm>

namespace latchkey::source {

namespace {

constexpr std::size_t longest_path = 1'000;
constexpr std::size_t deepest = 50;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// Characters that some file systems drop: ".g<ZWJ>it" would be ".git" there.
bool holds_unseen(std::string_view part) {
    for (std::size_t at = part.find('\xe2'); at != std::string_view::npos; at = part.find('\xe2', at + 1)) {
        const std::string_view three = part.substr(at, 3);
        if (three.size() == 3 && (three[1] == '\x80' || three[1] == '\x81') && three[2] >= '\x8b' &&
            three[2] <= '\xaf')
            return true;
    }
    return part.find("\xef\xbb\xbf") != std::string_view::npos;
}

bool is_between(char c, unsigned char least, unsigned char most) {
    const auto u = static_cast<unsigned char>(c);
    return u >= least && u <= most;
}

// How many bytes the character has that the text begins with; 0: it is none of UTF-8.
std::size_t character_at(std::string_view text) {
    const char first = text.front();
    if (is_between(first, 0, 0x7f)) return 1;
    const std::size_t length = is_between(first, 0xc2, 0xdf)   ? 2
                               : is_between(first, 0xe0, 0xef) ? 3
                               : is_between(first, 0xf0, 0xf4) ? 4
                                                               : 0;
    if (length == 0 || text.size() < length) return 0;
    // Neither longer than need be, nor half of a pair, nor beyond the last character.
    const unsigned char least = first == '\xe0' ? 0xa0 : first == '\xf0' ? 0x90 : 0x80;
    const unsigned char most = first == '\xed' ? 0x9f : first == '\xf4' ? 0x8f : 0xbf;
    if (!is_between(text[1], least, most)) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if (!is_between(text[i], 0x80, 0xbf)) return 0;
    return length;
}

// What is not can be written down in no answer and no audit as it is.
bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = character_at(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

bool is_writable_part(std::string_view part) {
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    const bool control =
        std::ranges::any_of(part, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    // A backslash and a colon divide a name elsewhere; blanks and dots at its end are dropped there.
    if (control || part.find_first_of("\\:") != std::string_view::npos || holds_unseen(part)) return false;
    if (part.ends_with('.') || part.ends_with(' ')) return false;
    const std::string plain = lower(part);
    return plain != ".git" && !plain.starts_with("git~");
}

}  // namespace

bool is_writable_path(std::string_view path) {
    if (path.empty() || path.size() > longest_path || !is_utf8(path)) return false;
    if (std::ranges::count(path, '/') > static_cast<std::ptrdiff_t>(deepest)) return false;
    while (true) {
        const std::size_t end = std::min(path.find('/'), path.size());
        if (!is_writable_part(path.substr(0, end))) return false;
        if (end == path.size()) return true;
        path.remove_prefix(end + 1);
    }
}

std::string branch_named(std::string_view name) {
    constexpr std::string_view heads = "refs/heads/";
    if (name.starts_with(heads)) name.remove_prefix(heads.size());
    if (name.empty() || !is_ref_name(std::string(heads) + std::string(name))) return {};
    return std::string(name);
}

}  // namespace latchkey::source
