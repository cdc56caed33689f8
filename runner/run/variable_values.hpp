// SPDX-License-Identifier: Apache-2.0
//
// What a variable holds for an action, where that may be seen: for fields that are text, as names, paths and
// comments. Pure, no thread rule.
#pragma once

#include "pipelines/plan.hpp"
#include "pipelines/variables.hpp"
#include "runner/run/passed_variables.hpp"

namespace latchkey::run {

// Knows plain variables only: a secret would be seen in a container's settings or a comment. Points into both.
pipelines::variable_lookup plain_variables(const pipelines::plan&, std::uint32_t action, const passed_variables&);

}  // namespace latchkey::run
