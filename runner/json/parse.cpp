// SPDX-License-Identifier: Apache-2.0
#include "runner/json/parse.hpp"

#include <set>

namespace latchkey {

namespace {

using json = nlohmann::json;

constexpr int deepest = 64;

// Copying and printing recurse: a value that is too deep must never be made.
class bounded_reader {
public:
    bool operator()(int depth, json::parse_event_t event, json& value) {
        if (depth > deepest) too_deep = true;
        if (event == json::parse_event_t::object_start) keys_.emplace_back();
        if (event == json::parse_event_t::object_end && !keys_.empty()) keys_.pop_back();
        if (event == json::parse_event_t::key && !keys_.empty()) {
            const auto& key = value.get_ref<const std::string&>();
            if (!keys_.back().insert(key).second && twice.empty()) twice = key;
        }
        return !too_deep;
    }
    bool too_deep = false;
    std::string twice;

private:
    std::vector<std::set<std::string>> keys_;
};

// The parser keeps a stack of its own, but what it has made is destroyed by recursion.
bool nested_too_deeply(std::string_view text) {
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
            if (++depth > deepest) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

}  // namespace

result<json> parse_json(std::string_view text) {
    if (nested_too_deeply(text)) return failure(errc::usage, "the body is nested too deeply");
    bounded_reader reader;
    json parsed = json::parse(
        text, [&reader](int depth, json::parse_event_t event, json& value) { return reader(depth, event, value); },
        false);
    if (parsed.is_discarded()) return failure(errc::usage, "the body is no JSON");
    if (!reader.twice.empty())
        return failure(errc::usage, "the body has `" + reader.twice.substr(0, 60) + "` twice in one object");
    return parsed;
}

}  // namespace latchkey
