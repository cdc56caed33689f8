// SPDX-License-Identifier: Apache-2.0
#include "pipelines/yaml_text.hpp"

#include "pipelines/characters.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace latchkey::pipelines::yaml {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
bool is_space(char c) {
    return is_blank(c) || c == '\n' || c == '\r';
}

std::uint32_t offset(std::size_t at) {
    return static_cast<std::uint32_t>(at);
}

std::size_t end_of_line(std::string_view text, std::size_t at) {
    return std::min(text.find('\n', at), text.size());
}

std::string code_point(char32_t code) {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "U+%04X", static_cast<unsigned>(code));
    return buffer.data();
}

// A block scalar's body: lines that are blank or indented at least as far as its first one.
std::uint32_t after_block(std::string_view text, std::size_t header) {
    std::size_t at = std::min(end_of_line(text, header) + 1, text.size());
    std::size_t after = at;
    std::size_t indent = 0;
    while (at < text.size()) {
        const std::size_t end = end_of_line(text, at);
        const std::size_t first = std::min(text.find_first_not_of(' ', at), end);
        const bool blank = text.substr(first, end - first).find_first_not_of(" \t\r") == std::string_view::npos;
        if (!blank) {
            if (indent == 0) indent = first - at;
            if (indent == 0 || first - at < indent) break;
            after = end;
        }
        at = std::min(end + 1, text.size());
    }
    return offset(std::min(after, text.size()));
}

}  // namespace

bool check_characters(const source& file, diagnostics& problems) {
    const std::string_view text = file.text();
    bool turned = false;
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte >= 0x20 && byte < 0x7F) {
            ++at;
            continue;
        }
        const character c = decode(text.substr(at));
        const span where{offset(at), offset(at + c.length)};
        if (!c.valid) {
            problems.push_back(
                {severity::error, "P002", where, "the file is not UTF-8 text", "save it in the encoding UTF-8"});
            return false;
        }
        if (is_forbidden(c.code)) {
            problems.push_back({severity::error, "P003", where,
                                "the control character " + code_point(c.code) + " has no place in a pipeline file",
                                "remove it, or write it as an escape in double quotes"});
            return false;
        }
        if (turns_direction(c.code) && !turned) {
            turned = true;
            problems.push_back({severity::warning, "P004", where,
                                "the invisible character " + code_point(c.code) +
                                    " makes this line read differently from what it says",
                                "remove it"});
        }
        at += c.length;
    }
    return true;
}

std::uint32_t skip_space(std::string_view text, std::uint32_t at) {
    std::size_t i = at;
    while (i < text.size()) {
        if (is_space(text[i])) {
            ++i;
        } else if (text[i] == '#' && (i == 0 || is_space(text[i - 1]))) {
            i = end_of_line(text, i);
        } else {
            break;
        }
    }
    return offset(std::min(i, text.size()));
}

std::uint32_t skip_properties(std::string_view text, std::uint32_t at) {
    std::size_t i = at;
    while (i < text.size() && (text[i] == '!' || text[i] == '&')) {
        while (i < text.size() && !is_space(text[i]) &&
               std::string_view(",[]{}").find(text[i]) == std::string_view::npos)
            ++i;
        i = skip_space(text, offset(i));
    }
    return offset(std::min(i, text.size()));
}

scalar_extent extent_of_scalar(std::string_view text, std::uint32_t begin, std::string_view value) {
    const std::size_t size = text.size();
    if (begin >= size) return {{offset(size), offset(size)}, offset(size), false, true};
    const char first = text[begin];
    if (first == '"' || first == '\'') {
        for (std::size_t i = begin + 1; i < size; ++i) {
            if (first == '"' && text[i] == '\\') {
                ++i;
            } else if (text[i] == first) {
                if (first == '\'' && i + 1 < size && text[i + 1] == '\'') {
                    ++i;
                    continue;
                }
                return {{begin, offset(i + 1)}, offset(i + 1), true, true};
            }
        }
        return {{begin, offset(size)}, offset(size), true, false};
    }
    if (first == '|' || first == '>') {
        std::size_t end = end_of_line(text, begin);
        while (end > begin + 1 && is_space(text[end - 1])) --end;
        // Without a body, the lines below belong to something else.
        const bool empty = value.find_first_not_of(" \t\n") == std::string_view::npos;
        return {{begin, offset(end)}, empty ? offset(end) : after_block(text, begin), true, true};
    }
    std::size_t at = begin;
    for (std::size_t i = 0; i < value.size() && at < size;) {
        if (value[i] == text[at]) {
            ++i;
            ++at;
        } else if (is_space(text[at])) {  // a line end that was folded
            while (at < size && is_space(text[at])) ++at;
            while (i < value.size() && is_space(value[i])) ++i;
        } else {
            break;
        }
    }
    return {{begin, offset(at)}, offset(at), false, true};
}

std::uint32_t null_word_at(std::string_view text, std::uint32_t at) {
    constexpr std::array<std::string_view, 4> words = {"~", "null", "Null", "NULL"};
    const std::string_view rest = text.substr(std::min<std::size_t>(at, text.size()));
    for (const std::string_view word : words) {
        if (!rest.starts_with(word)) continue;
        const bool ends = rest.size() == word.size() || is_space(rest[word.size()]) ||
                          std::string_view(",]}:").find(rest[word.size()]) != std::string_view::npos;
        if (ends) return offset(word.size());
    }
    return 0;
}

std::optional<span> indenting_tab(const source& file, std::uint32_t at) {
    const std::string_view text = file.text();
    const std::size_t stop = end_of_line(text, at);
    for (std::size_t begin = 0; begin < stop; begin = end_of_line(text, begin) + 1) {
        const std::size_t first = text.find_first_not_of(" \t", begin);
        if (first == std::string_view::npos) break;
        if (text[first] == '\n' || text[first] == '\r' || text[first] == '#') continue;
        const std::size_t tab = text.substr(begin, first - begin).find('\t');
        if (tab != std::string_view::npos) return span{offset(begin + tab), offset(begin + tab + 1)};
    }
    return std::nullopt;
}

std::optional<span> document_marker(std::string_view text, std::uint32_t begin, std::uint32_t end) {
    std::size_t at = begin == 0 || text[begin - 1] == '\n' ? begin : end_of_line(text, begin) + 1;
    for (; at < end; at = end_of_line(text, at) + 1) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("---") || rest.starts_with("...")) return span{offset(at), offset(at + 3)};
    }
    return std::nullopt;
}

}  // namespace latchkey::pipelines::yaml
