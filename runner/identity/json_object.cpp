// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/json_object.hpp"

#include <set>
#include <vector>

namespace latchkey::identity {

namespace {

using nlohmann::json;

constexpr int deepest = 16;

// The parser needs no stack for depth, but what it has made is destroyed by recursion.
bool nested_deeper(std::string_view text, int most) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > most) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

}  // namespace

result<json> read_object(std::string_view text, std::string_view what) {
    const auto wrong = [&](const char* how) { return failure(errc::invalid, std::string(what) + how); };
    if (nested_deeper(text, deepest)) return wrong(" is nested too deeply");
    std::vector<std::set<std::string>> keys;
    bool twice = false;
    const json parsed = json::parse(
        text,
        [&](int, json::parse_event_t event, json& value) {
            if (event == json::parse_event_t::object_start) keys.emplace_back();
            if (event == json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
            if (event == json::parse_event_t::key && !keys.empty())
                twice = !keys.back().insert(value.get_ref<const std::string&>()).second || twice;
            return true;
        },
        false);
    if (parsed.is_discarded() || !parsed.is_object()) return wrong(" is no JSON object");
    if (twice) return wrong(" says the same thing twice");
    return parsed;
}

std::optional<std::string> text_of(const json& object, const char* name) {
    const auto at = object.find(name);
    if (at == object.end() || !at->is_string()) return std::nullopt;
    return at->get<std::string>();
}

std::optional<std::int64_t> number_of(const json& object, const char* name) {
    constexpr std::int64_t most = 1LL << 40;
    const auto at = object.find(name);
    if (at == object.end() || !at->is_number()) return std::nullopt;
    const double value = at->get<double>();
    if (!(value > -static_cast<double>(most) && value < static_cast<double>(most))) return std::nullopt;
    return static_cast<std::int64_t>(value);
}

}  // namespace latchkey::identity
