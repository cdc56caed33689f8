// SPDX-License-Identifier: Apache-2.0
//
// Which variables a command may set: planning must not call a condition settled that a command can still change.
// Generous on purpose: whatever looks like `NAME=` counts, in quotes and comments too.
// Pure functions, no thread rule.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace latchkey::pipelines {

void add_assigned_names(std::string_view command, std::set<std::string>& names);

}  // namespace latchkey::pipelines
