// SPDX-License-Identifier: Apache-2.0
#include "runner/native/web_service.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <ostream>

namespace latchkey::native {

using nlohmann::json;

std::string first_lines(const std::string& body) {
    std::string text = body.substr(0, 500);
    std::size_t line_end = 0;
    for (int i = 0; i < 5 && line_end != std::string::npos; ++i) line_end = text.find('\n', line_end + 1);
    return text.substr(0, line_end);
}

int send(const http_request& r, std::ostream& out, std::string* body) {
    auto answer = exchange(r);
    if (!answer) {
        out << answer.error().what << "\n";
        return 1;
    }
    out << r.method << " " << host_of(r.url) << ": status " << answer->status << "\n";
    if (body != nullptr) *body = answer->body;
    if (answer->status < 400) return 0;
    if (const std::string words = first_lines(answer->body); !words.empty()) out << words << "\n";
    return 1;
}

int wrong(std::ostream& out, const std::string& why) {
    out << why << "\n";
    return 2;
}

http_request json_to(std::string url, const json& body) {
    return {"POST",
            std::move(url),
            {{"Content-Type", "application/json; charset=utf-8"}},
            body.dump(-1, ' ', false, json::error_handler_t::replace),
            "",
            "",
            0,
            120};
}

http_request form_to(std::string url, const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string body;
    for (const auto& [name, value] : fields)
        body += (body.empty() ? "" : "&") + url_escaped(name) + "=" + url_escaped(value);
    return {
        "POST", std::move(url), {{"Content-Type", "application/x-www-form-urlencoded"}}, std::move(body), "", "", 0,
        120};
}

std::string url_escaped(std::string_view text) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (plain.find(c) != std::string_view::npos)
            out += c;
        else
            out += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return out;
}

std::string base_of(const char* variable, const char* usual) {
    const char* set = std::getenv(variable);
    return set != nullptr && std::string_view(set).starts_with("http://127.0.0.1:") ? set : usual;
}

std::string field_of(const integration& i, const char* name) {
    const auto at = i.fields.find(name);
    return at == i.fields.end() ? std::string() : at->second;
}

}  // namespace latchkey::native
