// SPDX-License-Identifier: Apache-2.0
#include "runner/native/path_glob.hpp"

#include <algorithm>
#include <fnmatch.h>
#include <vector>

namespace latchkey::native {

namespace {

constexpr std::size_t most_alternatives = 256;

std::vector<std::string> names_of(std::string_view path) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        all.emplace_back(path.substr(at, slash - at));
        at = slash + 1;
    }
    return all;
}

// By a table, as a pattern with many `**` would otherwise be tried in every way.
bool names_match(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    std::vector<bool> matches(path.size() + 1);
    matches[0] = true;
    for (const std::string& part : pattern) {
        std::vector<bool> next(path.size() + 1);
        const bool any = part == "**";
        next[0] = any && matches[0];
        for (std::size_t i = 0; i < path.size(); ++i)
            next[i + 1] = any ? matches[i + 1] || next[i]
                              : matches[i] && ::fnmatch(part.c_str(), path[i].c_str(), FNM_PERIOD) == 0;
        matches = std::move(next);
    }
    return matches.back();
}

// "a{b,c}" → "ab", "ac"; inner ones too. false: they are too many.
bool expand(const std::string& pattern, std::vector<std::string>& into) {
    if (into.size() >= most_alternatives) return false;
    const std::size_t open = pattern.find('{');
    std::size_t close = std::string::npos;
    std::vector<std::size_t> cuts = {open};
    int depth = 0;
    for (std::size_t i = open; i < pattern.size(); ++i) {
        if (pattern[i] == '{') ++depth;
        if (pattern[i] == ',' && depth == 1) cuts.push_back(i);
        if (pattern[i] != '}' || --depth != 0) continue;
        close = i;
        break;
    }
    if (close == std::string::npos) {
        into.push_back(pattern);
        return true;
    }
    cuts.push_back(close);
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i)
        if (!expand(pattern.substr(0, open) + pattern.substr(cuts[i] + 1, cuts[i + 1] - cuts[i] - 1) +
                        pattern.substr(close + 1),
                    into))
            return false;
    return true;
}

}  // namespace

bool path_matches(std::string_view pattern, std::string_view path) {
    std::vector<std::string> all;
    if (pattern.size() > 4096 || !expand(std::string(pattern), all)) return false;
    return std::ranges::any_of(
        all, [names = names_of(path)](const std::string& one) { return names_match(names_of(one), names); });
}

}  // namespace latchkey::native
