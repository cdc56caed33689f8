// SPDX-License-Identifier: Apache-2.0
#include "runner/log/needles.hpp"

#include <algorithm>

namespace latchkey::log {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view hex_digits_upper = "0123456789ABCDEF";
constexpr std::string_view base64_standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64_url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// A longer needle is cut into pieces of this length that cover it: they touch where all of it is printed, and one
// piece alone is masked too.
constexpr std::size_t longest_needle = 256;

// Programs break long encoded text into lines of 76, 64 or 60 characters, wherever that falls within it. So pieces
// of an encoded form are needles too, one at every `step_of`th place: whatever 16 characters of it stand in a line, a
// piece covers them but for one at each break. Every place would double the time that needles take to compile.
constexpr std::size_t broken_piece = 15;
constexpr std::size_t most_pieces = 96;

std::size_t step_of(std::size_t size) {
    return std::max<std::size_t>(2, size / most_pieces + 1);
}

// The characters of a base64 text that depend on nothing but `bytes`, when `shift` other bytes stand before them in
// their group of three. What is left and right of them depends on the neighbours.
std::string base64_core(std::string_view bytes, std::size_t shift, std::string_view alphabet) {
    const std::size_t first_bit = (8 * shift + 5) / 6 * 6;  // of the first whole character
    const std::size_t end_bit = (8 * (shift + bytes.size())) / 6 * 6;
    std::string core;
    for (std::size_t bit = first_bit; bit < end_bit; bit += 6) {
        unsigned value = 0;
        for (std::size_t b = bit; b < bit + 6; ++b) {
            const auto byte = static_cast<unsigned char>(bytes[b / 8 - shift]);
            value = (value << 1U) | ((static_cast<unsigned>(byte) >> (7 - b % 8)) & 1U);
        }
        core.push_back(alphabet[value]);
    }
    return core;
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        text.push_back(hex_digits[static_cast<unsigned char>(c) >> 4U]);
        text.push_back(hex_digits[static_cast<unsigned char>(c) & 15U]);
    }
    return text;
}

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

std::string url(std::string_view bytes, std::string_view digits, bool plus, std::string_view also_plain) {
    std::string text;
    for (const char c : bytes) {
        if (unreserved(c) || also_plain.find(c) != std::string_view::npos) {
            text.push_back(c);
        } else if (plus && c == ' ') {
            text.push_back('+');
        } else {
            text.push_back('%');
            text.push_back(digits[static_cast<unsigned char>(c) >> 4U]);
            text.push_back(digits[static_cast<unsigned char>(c) & 15U]);
        }
    }
    return text;
}

// Each character that `escape` knows is replaced by what it gives.
template <class Escape>
std::string escaped(std::string_view bytes, Escape escape) {
    std::string text;
    for (const char c : bytes) {
        const std::string_view instead = escape(c);
        if (instead.empty())
            text.push_back(c);
        else
            text += instead;
    }
    return text;
}

std::string_view json_escape(char c) {
    switch (c) {
        case '"':
            return "\\\"";
        case '\\':
            return "\\\\";
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            return {};
    }
}

std::string_view json_escape_slash(char c) {
    return c == '/' ? std::string_view("\\/") : json_escape(c);
}

std::string_view xml_escape(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        default:
            return {};
    }
}

std::string_view xml_escape_apos(char c) {
    return c == '\'' ? std::string_view("&apos;") : xml_escape(c);
}

std::string_view quote_escape(char c) {
    return c == '\'' ? std::string_view("'\\''") : std::string_view();
}

std::string backslashed(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        if (!unreserved(c) && c != '/' && c != ':' && c != '@' && c != '+' && c != ',' && c != '%' &&
            static_cast<unsigned char>(c) < 128)
            text.push_back('\\');
        text.push_back(c);
    }
    return text;
}

std::string with_crlf(std::string_view bytes) {
    return escaped(bytes, [](char c) { return c == '\n' ? std::string_view("\r\n") : std::string_view(); });
}

void add_lines(std::string_view secret, std::vector<std::string>& parts) {
    if (secret.find('\n') == std::string_view::npos) return;
    while (!secret.empty()) {
        const std::size_t end = secret.find('\n');
        std::string_view line = secret.substr(0, end);
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
            line.remove_suffix(1);
        while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
        parts.emplace_back(line);
        secret = end == std::string_view::npos ? std::string_view() : secret.substr(end + 1);
    }
}

// The string values (not the keys) of something that looks like JSON, as written and with the common escapes undone.
void add_json_strings(std::string_view secret, std::vector<std::string>& parts) {
    const std::size_t begin = secret.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos || (secret[begin] != '{' && secret[begin] != '[')) return;
    for (std::size_t at = begin; (at = secret.find('"', at)) != std::string_view::npos;) {
        std::string plain;
        std::size_t end = ++at;
        for (; end < secret.size() && secret[end] != '"'; ++end) {
            if (secret[end] == '\\' && end + 1 < secret.size()) {
                const char c = secret[++end];
                plain.push_back(c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c);
            } else {
                plain.push_back(secret[end]);
            }
        }
        if (end >= secret.size()) return;
        const std::size_t next = secret.find_first_not_of(" \t\r\n", end + 1);
        if (next == std::string_view::npos || secret[next] != ':') {
            parts.emplace_back(secret.substr(at, end - at));
            add_lines(plain, parts);
            parts.push_back(std::move(plain));
        }
        at = end + 1;
    }
}

// A line that tells nothing: `-----BEGIN PRIVATE KEY-----` is the same for everybody.
bool tells_nothing(std::string_view part) {
    return part.size() < shortest_part || (part.starts_with("-----") && part.ends_with("-----")) ||
           part.find_first_not_of("{}[](),:;=\"' \t") == std::string_view::npos;
}

class collector {
public:
    void add(std::string bytes, std::size_t shortest, bool any_case = false) {
        // The pattern compiler takes no literal that starts with NUL, and zeroes tell nothing.
        bytes.erase(0, bytes.find_first_not_of('\0'));
        if (bytes.size() < shortest) return;
        if (bytes.size() <= longest_needle) {
            all_.push_back({std::move(bytes), any_case});
            return;
        }
        for (std::size_t at = 0; at + longest_needle < bytes.size(); at += longest_needle)
            add(bytes.substr(at, longest_needle), shortest, any_case);
        add(bytes.substr(bytes.size() - longest_needle), shortest, any_case);
    }

    // A form that may be broken into lines.
    void add_encoded(const std::string& form, std::size_t shortest, bool any_case = false) {
        add(form, shortest, any_case);
        if (form.size() <= broken_piece) return;
        const std::size_t step = step_of(form.size());
        for (std::size_t at = 0; at + broken_piece < form.size(); at += step)
            add(form.substr(at, broken_piece), broken_piece, any_case);
        add(form.substr(form.size() - broken_piece), broken_piece, any_case);
    }

    void add_forms(const std::string& part) {
        add(part, shortest_part);
        add(with_crlf(part), shortest_part);
        for (std::size_t shift = 0; shift < 3; ++shift)
            for (const std::string_view alphabet : {base64_standard, base64_url})
                add_encoded(base64_core(part, shift, alphabet), shortest_base64);
        add_encoded(hex(part), 2 * shortest_part, true);
        for (const std::string_view digits : {hex_digits, hex_digits_upper})
            for (const bool plus : {false, true})
                for (const std::string_view plain : {"", "/", "!'()*", ":/?#[]@!$&'()*+,;="})
                    add(url(part, digits, plus, plain), shortest_part);
        add(escaped(part, json_escape), shortest_part);
        add(escaped(part, json_escape_slash), shortest_part);
        add(escaped(part, xml_escape), shortest_part);
        add(escaped(part, xml_escape_apos), shortest_part);
        add(escaped(part, quote_escape), shortest_part);
        add(backslashed(part), shortest_part);
    }

    std::vector<needle> take() {
        const auto key = [](const needle& n) { return std::pair<const std::string&, bool>(n.bytes, n.any_case); };
        std::sort(all_.begin(), all_.end(), [&](const needle& a, const needle& b) { return key(a) < key(b); });
        all_.erase(
            std::unique(all_.begin(), all_.end(), [&](const needle& a, const needle& b) { return key(a) == key(b); }),
            all_.end());
        return std::move(all_);
    }

private:
    std::vector<needle> all_;
};

}  // namespace

std::vector<needle> needles_of(std::string_view secret) {
    // A file's last line end is no part of the secret: it is rarely printed with it.
    while (secret.ends_with('\n') || secret.ends_with('\r')) secret.remove_suffix(1);
    if (secret.size() < shortest_secret) return {};
    std::vector<std::string> parts{std::string(secret)};
    add_lines(secret, parts);
    add_json_strings(secret, parts);
    collector c;
    for (const std::string& part : parts)
        if (&part == &parts.front() || !tells_nothing(part)) c.add_forms(part);
    return c.take();
}

}  // namespace latchkey::log
