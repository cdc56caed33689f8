// SPDX-License-Identifier: Apache-2.0
#include "runner/native/listing.hpp"

#include <algorithm>
#include <unordered_map>

namespace latchkey::native {

namespace {

template <class Each>
void each_line(std::string_view text, Each each) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) each(line);
    }
}

remote_kind kind_of(char first) {
    return first == '-' ? remote_kind::file : first == 'd' ? remote_kind::folder : remote_kind::other;
}

}  // namespace

std::vector<remote_entry> read_listing(std::string_view names, std::string_view lines) {
    std::vector<remote_entry> all;
    std::unordered_map<std::string_view, std::size_t> at;
    each_line(names, [&](std::string_view name) {
        if (name != "." && name != ".." && at.emplace(name, all.size()).second) all.push_back({std::string(name)});
    });
    each_line(lines, [&](std::string_view line) {
        const remote_kind kind = kind_of(line.front());
        // A name may hold blanks: the longest that ends the line is the one it is about. Where a link leads comes
        // after it.
        std::string_view rest = line;
        if (const std::size_t arrow = line.find(" -> "); line.front() == 'l' && arrow != std::string_view::npos)
            rest = line.substr(0, arrow);
        for (std::size_t blank = rest.find(' '); blank != std::string_view::npos; blank = rest.find(' ', blank + 1)) {
            const auto found = at.find(rest.substr(blank + 1));
            if (found == at.end()) continue;
            all[found->second].kind = kind;
            return;
        }
    });
    return all;
}

}  // namespace latchkey::native
