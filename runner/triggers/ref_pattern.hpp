// SPDX-License-Identifier: Apache-2.0
//
// Refs as events and conditions name them (pipeline-yaml §3): a whole name, a branch's own name, a pattern with `*`,
// `:default`, or, in parentheses, a regular expression. An expression that takes too long is not met. Pure; any
// thread.
#pragma once

#include "policy/model.hpp"

#include <string>
#include <string_view>

namespace latchkey::triggers {

// refs/heads/main      that ref; `*` in it stands for anything, slashes too
// main, feature/*      branches of that name
// *                    every branch and tag, and refs/* likewise: pull requests only where refs/pull/ is written
// :default             the default branch
// (…)                  a regular expression of the whole name: a branch's own, or from refs/heads/ on where the
//                      expression speaks of refs/heads; of others always from refs/ on
bool matches_ref(std::string_view pattern, const policy::ref&, std::string_view default_branch);

// Empty: it can be used. Else why nothing can match it, one clause.
std::string fault_of_pattern(std::string_view pattern);

}  // namespace latchkey::triggers
