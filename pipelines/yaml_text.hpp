// SPDX-License-Identifier: Apache-2.0
//
// What the YAML reader finds out from the file's bytes alone: whether they are text at all, where a scalar that
// starts here ends, where a tab or a document marker stands. The parser's events say only where things start.
// Pure functions over the text, no thread rule. Every offset that is returned lies within the text.
#pragma once

#include "pipelines/diagnostic.hpp"

#include <optional>

namespace latchkey::pipelines::yaml {

// False, with a diagnostic, unless the text is UTF-8 without forbidden characters. Marks that turn the reading
// direction are a warning.
bool check_characters(const source&, diagnostics& problems);

// The offset after tags and anchors (`!name`, `&name`) and the space around them.
std::uint32_t skip_properties(std::string_view text, std::uint32_t at);
// The offset of the next thing that is neither space, line end nor comment.
std::uint32_t skip_space(std::string_view text, std::uint32_t at);

struct scalar_extent {
    span where;               // of a block scalar: its header
    std::uint32_t after = 0;  // where reading goes on
    bool quoted = false;      // or a block scalar: anything but plain
    bool terminated = true;   // false: the quote is never closed
};
scalar_extent extent_of_scalar(std::string_view text, std::uint32_t begin, std::string_view value);

// `~` or `null` in one of its spellings at `at`; its length, or 0.
std::uint32_t null_word_at(std::string_view text, std::uint32_t at);

// The first tab used as indentation in the lines up to the one that holds `at`.
std::optional<span> indenting_tab(const source&, std::uint32_t at);
// A line that begins with `---` or `...`, from `begin` up to `end`.
std::optional<span> document_marker(std::string_view text, std::uint32_t begin, std::uint32_t end);

}  // namespace latchkey::pipelines::yaml
