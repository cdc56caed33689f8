// SPDX-License-Identifier: Apache-2.0
//
// What a container engine sends after an HTTP head, cut anywhere: frames of output, and documents of progress.
#include "runner/engine/frames.hpp"
#include "runner/engine/json_lines.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t cut = data[0] + 1U;
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    latchkey::engine::frames whole;
    std::string at_once = text;
    at_once.resize(whole.unpack(at_once));
    latchkey::engine::frames pieces;
    std::string piecewise;
    latchkey::engine::json_splitter splitter;
    bool good = true;
    for (std::size_t at = 0; at < text.size(); at += cut) {
        std::string piece = text.substr(at, cut);
        good = good && splitter.feed(piece, [](std::string_view document) {
            if (document.empty() || document.front() != '{') std::abort();
        });
        piece.resize(pieces.unpack(piece));
        piecewise += piece;
    }
    // However it is cut, the same comes out.
    if (piecewise != at_once || whole.good() != pieces.good()) std::abort();
    return 0;
}
