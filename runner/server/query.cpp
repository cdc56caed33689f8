// SPDX-License-Identifier: Apache-2.0
#include "runner/server/query.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::server {

result<std::int64_t> number_asked(const call& c, std::string_view name, std::int64_t otherwise, std::int64_t least,
                                  std::int64_t most) {
    const std::string* text = c.request.parameter(name);
    if (text == nullptr || text->empty()) return otherwise;
    std::int64_t value = 0;
    const auto [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (wrong != std::errc() || end != text->data() + text->size() || value < least || value > most)
        return failure(errc::usage, "`" + std::string(name) + "` must be a number from " + std::to_string(least) +
                                        (most < 1'000'000'000'000'000 ? " to " + std::to_string(most) : " on"));
    return value;
}

std::string text_asked(const call& c, std::string_view name) {
    const std::string* text = c.request.parameter(name);
    return text == nullptr ? std::string() : *text;
}

bool is_asked(const call& c, std::string_view name) {
    const std::string text = text_asked(c, name);
    return !text.empty() && text != "0";
}

result<cursor> cursor_of(const call& c) {
    const auto before = number_asked(c, "before", 0);
    if (!before) return before.error();
    const auto limit = number_asked(c, "limit", 50, 1);
    if (!limit) return limit.error();
    return cursor{*before, static_cast<int>(std::min<std::int64_t>(*limit, 200))};
}

}  // namespace latchkey::server
