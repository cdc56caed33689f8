// SPDX-License-Identifier: Apache-2.0
//
// Patterns for paths as people know them: `*`, `?` and `[abc]` within one name, `**` over folders, `{js,ts}` either.
// Private to this room. Pure.
#pragma once

#include <string>
#include <string_view>

namespace latchkey::native {

// A pattern with so many alternatives that they can't be tried matches nothing.
bool path_matches(std::string_view pattern, std::string_view path);

}  // namespace latchkey::native
