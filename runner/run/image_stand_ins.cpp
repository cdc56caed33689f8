// SPDX-License-Identifier: Apache-2.0
#include "runner/run/image_stand_ins.hpp"

#include <algorithm>
#include <optional>

namespace latchkey::run {

namespace {

// What the star of the pattern is in this name; empty for a pattern without one. None: they don't match.
std::optional<std::string_view> matched(std::string_view pattern, std::string_view name) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return pattern == name ? std::optional(std::string_view()) : std::nullopt;
    const std::string_view before = pattern.substr(0, star);
    const std::string_view after = pattern.substr(star + 1);
    if (name.size() < before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
        return std::nullopt;
    return name.substr(before.size(), name.size() - before.size() - after.size());
}

}  // namespace

result<void> check_stand_ins(const store::facts& written) {
    for (const auto& [pattern, image] : written) {
        const auto wrong = [&, &p = pattern, &i = image](const std::string& why) {
            return failure(errc::usage, "\"" + p + "=" + i + "\" can't replace an image: " + why);
        };
        if (pattern.empty() || image.empty()) return wrong("write PATTERN=IMAGE, as in 'node:*=mirror.test/node:*'");
        const auto stars = [](const std::string& text) { return std::ranges::count(text, '*'); };
        if (stars(pattern) > 1 || stars(image) > 1) return wrong("each side may hold one *");
        if (stars(image) > stars(pattern)) return wrong("there is no * in the pattern that its * could stand for");
        if (std::ranges::any_of(image, [](unsigned char c) { return c <= ' ' || c == 0x7f; }))
            return wrong("an image's name has no spaces");
    }
    return {};
}

std::string stand_in_for(const store::facts& all, const std::string& image) {
    if (image.empty()) return image;
    for (const auto& [pattern, other] : all) {
        const auto star = matched(pattern, image);
        if (!star) continue;
        const std::size_t at = other.find('*');
        return at == std::string::npos ? other : other.substr(0, at) + std::string(*star) + other.substr(at + 1);
    }
    return image;
}

}  // namespace latchkey::run
