// SPDX-License-Identifier: Apache-2.0
//
// What stands behind the question mark of an address, read with bounds. Pure; any thread.
#pragma once

#include "runner/server/call.hpp"

#include <string_view>

namespace latchkey::server {

// usage: it is there and no number in [least, most].
result<std::int64_t> number_asked(const call&, std::string_view name, std::int64_t otherwise, std::int64_t least = 0,
                                  std::int64_t most = 1'000'000'000'000'000'000);
std::string text_asked(const call&, std::string_view name);  // empty: it is not there
bool is_asked(const call&, std::string_view name);           // it is there, and neither empty nor 0

// Of a list that is read from a place on, the newest first: ?before= and ?limit=.
struct cursor {
    std::int64_t before = 0;  // 0: from the newest on
    int limit = 50;           // 200 at most
};
result<cursor> cursor_of(const call&);

}  // namespace latchkey::server
