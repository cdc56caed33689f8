// SPDX-License-Identifier: Apache-2.0
#include "runner/server/levels.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

constexpr std::array<std::string_view, 4> levels = {"DENIED", "DELETE_ONLY", "USE_ONLY", "MANAGE"};
constexpr std::array<std::string_view, 5> pipeline_levels = {"DEFAULT", "DENIED", "READ_ONLY", "RUN_ONLY",
                                                             "READ_WRITE"};

template <class Enum, std::size_t Size>
std::optional<Enum> from(const std::array<std::string_view, Size>& words, std::string_view word) {
    const auto at = std::ranges::find(words, word);
    if (at == words.end()) return std::nullopt;
    return static_cast<Enum>(at - words.begin());
}

}  // namespace

std::string_view to_word(policy::level l) {
    return levels.at(static_cast<std::size_t>(l));
}
std::optional<policy::level> level_from(std::string_view word) {
    return from<policy::level>(levels, word);
}
std::string_view to_word(policy::pipeline_level l) {
    return pipeline_levels.at(static_cast<std::size_t>(l));
}
std::optional<policy::pipeline_level> pipeline_level_from(std::string_view word) {
    return from<policy::pipeline_level>(pipeline_levels, word);
}

}  // namespace latchkey::server
