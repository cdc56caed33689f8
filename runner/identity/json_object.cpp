// SPDX-License-Identifier: Apache-2.0
#include "runner/identity/json_object.hpp"

#include "runner/json/parse.hpp"

namespace latchkey::identity {

using nlohmann::json;

result<json> read_object(std::string_view text, std::string_view what) {
    auto parsed = parse_json(text);
    if (parsed && parsed->is_object()) return parsed;
    std::string why = parsed ? " is no JSON object" : parsed.error().what;
    constexpr std::string_view body = "the body";
    if (why.starts_with(body)) why.erase(0, body.size());
    return failure(errc::invalid, std::string(what) + why);
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
