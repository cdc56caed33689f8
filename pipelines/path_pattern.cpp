// SPDX-License-Identifier: Apache-2.0
#include "pipelines/path_pattern.hpp"

#include <algorithm>
#include <vector>

namespace latchkey::pipelines {

namespace {

std::vector<std::string_view> path_segments(std::string_view path) {
    std::vector<std::string_view> out;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string_view segment = path.substr(0, end);
        if (!segment.empty() && segment != ".") out.push_back(segment);
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return out;
}

// `*` and `?` in one name. On a mismatch only the last `*` has to take more.
bool matches_name(std::string_view pattern, std::string_view name) {
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos;
    std::size_t taken = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

bool matches_path(std::string_view pattern, std::string_view path) {
    const std::vector<std::string_view> wanted = path_segments(pattern);
    const std::vector<std::string_view> names = path_segments(path);
    if (wanted.empty()) return true;
    // reached[i]: what has been read of the pattern can end after the first i names of the path.
    std::vector<bool> reached(names.size() + 1, false);
    reached[0] = true;
    const bool anywhere = wanted.size() == 1 && wanted.front().find_first_of("*?") != std::string_view::npos &&
                          pattern.find('/') == std::string_view::npos;
    if (anywhere) reached.assign(names.size() + 1, true);
    for (const std::string_view segment : wanted) {
        std::vector<bool> next(names.size() + 1, false);
        for (std::size_t i = 0; i <= names.size(); ++i) {
            if (segment == "**") {
                next[i] = reached[i] || (i > 0 && next[i - 1]);
            } else if (i > 0) {
                next[i] = reached[i - 1] && matches_name(segment, names[i - 1]);
            }
        }
        reached = std::move(next);
    }
    // Ended before the path did: a folder that holds it.
    return std::ranges::find(reached, true) != reached.end();
}

}  // namespace latchkey::pipelines
