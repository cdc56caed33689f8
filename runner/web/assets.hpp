// SPDX-License-Identifier: Apache-2.0
//
// The web page as it is in the binary: its files, each plain and compressed, made by the build from the TypeScript
// beside this header. Immutable, as long as the program; any thread. Must not know HTTP or the server.
#pragma once

#include <span>
#include <string_view>

namespace latchkey::web {

struct asset {
    std::string_view name;  // "assets/Bx3f9.js"
    std::string_view type;  // "text/javascript; charset=utf-8"
    std::string_view tag;   // of the content; other content has another one
    std::string_view plain;
    std::string_view gzip;    // empty: not smaller than `plain`
    std::string_view brotli;  // likewise
};

// Sorted by name. Empty: this program was built without the page.
std::span<const asset> assets();

// nullptr: there is none of that name.
const asset* find_asset(std::string_view name);

// Its name holds a hash of its content: it never changes.
bool is_immutable(const asset&);

}  // namespace latchkey::web
