// SPDX-License-Identifier: Apache-2.0
#include "runner/http/message.hpp"

#include <algorithm>
#include <array>

namespace latchkey::http {

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// No byte of the outside is dropped or guessed: what can't be decoded is refused.
std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int high = i + 1 < text.size() ? digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

struct status_text {
    int status;
    std::string_view text;
};
constexpr std::array<status_text, 27> known_statuses = {{
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
}};

}  // namespace

const std::string* find_header(const header_list& headers, std::string_view name) {
    const auto at = std::ranges::find_if(headers, [&](const auto& h) { return same_name(h.first, name); });
    return at == headers.end() ? nullptr : &at->second;
}

const std::string* request::parameter(std::string_view name) const {
    const auto at = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
    return at == query.end() ? nullptr : &at->second;
}

bool split_target(request& r) {
    std::string_view rest = r.target;
    if (!rest.starts_with('/')) return false;
    rest = rest.substr(0, rest.find('#'));
    std::string_view path = rest.substr(0, rest.find('?'));
    std::string_view query = path.size() < rest.size() ? rest.substr(path.size() + 1) : std::string_view();
    r.path.clear();
    r.query.clear();
    while (!path.empty()) {
        path.remove_prefix(1);  // its slash
        const std::string_view part = path.substr(0, path.find('/'));
        path.remove_prefix(part.size());
        auto plain = decoded(part, false);
        if (!plain) return false;
        r.path.push_back(std::move(*plain));
    }
    // "/a/" is "/a": clients differ in whether they write the last slash.
    if (!r.path.empty() && r.path.back().empty()) r.path.pop_back();
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals), true);
        auto value = decoded(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!name || !value) return false;
        r.query.emplace_back(std::move(*name), std::move(*value));
    }
    return true;
}

std::string_view reason_of(int status) {
    const auto at = std::ranges::find(known_statuses, status, &status_text::status);
    return at == known_statuses.end() ? "Status" : at->text;
}

}  // namespace latchkey::http
