// SPDX-License-Identifier: Apache-2.0
//
// A YAML document as a tree in which every key and value knows its place. Built from yaml-cpp's events (its own
// node tree loses places and accepts what must be refused), within fixed bounds. Every scalar stays its text:
// `1.10`, `on` and `010` are what the author typed.
// Value types, no thread rule. The only user of yaml-cpp is yaml.cpp.
#pragma once

#include "pipelines/diagnostic.hpp"

#include <optional>

namespace latchkey::pipelines::yaml {

enum class kind : unsigned char { null, scalar, sequence, map };

struct entry;

struct node {
    yaml::kind kind = yaml::kind::null;
    bool quoted = false;
    std::string tag;   // only one that the author wrote: "!encrypted"
    std::string text;  // scalar
    span where;
    std::vector<node> items;     // sequence
    std::vector<entry> entries;  // map, in the file's order

    // The first entry of that key, or nullptr.
    const node* find(std::string_view key) const;
};

struct entry {
    std::string key;
    span key_where;
    node value;
};

// Bounds on what one file may make us build. Beyond them: a diagnostic, never a crash.
struct limits {
    std::size_t bytes = 16U << 20U;
    std::size_t nodes = 2'000'000;  // after aliases are expanded
    std::size_t depth = 64;
};

// Reads one document. Problems are appended to `problems`; nothing is returned if there is no usable tree
// (invalid UTF-8, control characters, syntax error, over a limit, several documents). A duplicate key is a
// warning (both places named) and the first value stands. An empty file is an error with its own code.
std::optional<node> read(const source&, diagnostics& problems, const limits& = {});

}  // namespace latchkey::pipelines::yaml
