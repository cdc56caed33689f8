// SPDX-License-Identifier: Apache-2.0
//
// What the masker has to do, in the plainest way: find every needle at every place, join what overlaps or touches,
// put the mask there. The masker is compared with it. Pure.
#pragma once

#include "runner/log/masker.hpp"
#include "runner/log/needles.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test {

inline char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline bool occurs_at(std::string_view text, std::size_t at, const log::needle& n) {
    if (n.bytes.size() > text.size() - at) return false;
    for (std::size_t i = 0; i < n.bytes.size(); ++i)
        if (n.any_case ? lower(text[at + i]) != lower(n.bytes[i]) : text[at + i] != n.bytes[i]) return false;
    return true;
}

inline std::string masked_plainly(std::string_view text, const std::vector<std::string>& secrets) {
    std::vector<bool> covered(text.size());
    for (const std::string& secret : secrets)
        for (const log::needle& n : log::needles_of(secret))
            for (std::size_t at = 0; at < text.size(); ++at)
                if (occurs_at(text, at, n))
                    for (std::size_t i = at; i < at + n.bytes.size(); ++i) covered[i] = true;
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!covered[i])
            out += text[i];
        else if (i == 0 || !covered[i - 1])
            out += log::mask;
    }
    return out;
}

// The text through a masker, in pieces of the given sizes (the last piece takes the rest).
inline std::string masked_in_pieces(std::string_view text, const log::masker& m,
                                    const std::vector<std::size_t>& sizes) {
    log::masker_stream stream(m);
    std::string out;
    for (const std::size_t size : sizes) {
        const std::string_view piece = text.substr(0, size);
        out += stream.feed(piece).view();
        text.remove_prefix(piece.size());
    }
    out += stream.feed(text).view();
    out += stream.finish().view();
    return out;
}

}  // namespace latchkey::test
