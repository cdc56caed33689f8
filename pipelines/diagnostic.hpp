// SPDX-License-Identifier: Apache-2.0
//
// What is wrong or doubtful in a pipeline file: a place, a severity, a stable code (P012), one sentence, and a
// remedy. All of a file's diagnostics are collected and shown at once, in the order of their places.
// Value types, no thread rule. The codes are listed in pipelines/README.md.
#pragma once

#include "pipelines/source.hpp"

#include <string>
#include <vector>

namespace latchkey::pipelines {

enum class severity : unsigned char { warning, error };

struct diagnostic {
    pipelines::severity severity = severity::error;
    std::string code;  // "P012"
    span where;
    std::string message;  // lower case, one sentence, no period, user input in backticks
    std::string help;     // what to do; may be empty
    friend bool operator==(const diagnostic&, const diagnostic&) = default;
};

using diagnostics = std::vector<diagnostic>;

bool has_errors(const diagnostics&);
void sort_by_place(diagnostics&);

// Sorted by place, at most `limit` of them, each as
//   buddy.yml:4:7: error[P012]: unknown key `integraton`
//     4 |       integraton: slack
//       |       ^~~~~~~~~~
//       = help: did you mean `integration`?
// and, where some are left out, a last line that says how many.
std::string render(const source&, const diagnostics&, std::size_t limit = 20);

// The nearest of `candidates` that a typing slip could explain, or empty.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// User input as a message shows it: in backticks, nothing in it that would move a cursor, cut when it is long.
std::string in_backticks(std::string_view input);

}  // namespace latchkey::pipelines
