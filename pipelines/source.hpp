// SPDX-License-Identifier: Apache-2.0
//
// The text of one pipeline file and the way from a byte offset to what a person calls a place: line and column,
// both from 1, columns in characters. Immutable after construction; any thread may read it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pipelines {

// A half-open range of byte offsets in one source.
struct span {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    friend bool operator==(span, span) = default;
};

struct position {
    std::uint32_t line = 1;
    std::uint32_t column = 1;  // in Unicode code points
    friend auto operator<=>(position, position) = default;
};

class source {
public:
    // `name` is what messages call it (a path as the user gave it). A UTF-8 byte order mark is not part of the text.
    source(std::string name, std::string bytes);

    const std::string& name() const { return name_; }
    std::string_view text() const { return text_; }
    position at(std::uint32_t offset) const;
    // The line without its line end; empty for a line that is not there.
    std::string_view line(std::uint32_t number) const;
    std::uint32_t lines() const { return static_cast<std::uint32_t>(starts_.size()); }

private:
    std::string name_;
    std::string text_;
    std::vector<std::uint32_t> starts_;
};

}  // namespace latchkey::pipelines
