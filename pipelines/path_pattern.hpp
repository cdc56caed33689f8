// SPDX-License-Identifier: Apache-2.0
//
// Paths as conditions name them: a file, a folder with all that is in it, or a pattern with `*` and `?` (within
// one name) and `**` (any folders). Time is bounded by the product of the two lengths.
// Pure functions, no thread rule.
#pragma once

#include <string_view>

namespace latchkey::pipelines {

// `path` is relative to the repository's root. A pattern that is one name with `*` or `?` (`*.md`) matches in every
// folder; every other pattern begins at the root. The empty pattern and `/` match everything.
bool matches_path(std::string_view pattern, std::string_view path);

}  // namespace latchkey::pipelines
