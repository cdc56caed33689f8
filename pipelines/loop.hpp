// SPDX-License-Identifier: Apache-2.0
//
// Loops: each listed variable holds a comma-separated list, and every combination is one cell.
// Pure functions, no thread rule.
#pragma once

#include "pipelines/model.hpp"
#include "pipelines/variables.hpp"

namespace latchkey::pipelines {

// (variable, value), in the order of the loop's list.
using loop_cell = std::vector<std::pair<std::string, std::string>>;

// One empty cell for no loop; none, with diagnostics, for one that can't be expanded. The last variable changes
// fastest.
std::vector<loop_cell> loop_cells(const std::vector<text>& loop, const variable_lookup&, diagnostics& problems);

// `Test (node=20, os=debian)`
std::string cell_name(std::string_view action, const loop_cell&);

}  // namespace latchkey::pipelines
