// SPDX-License-Identifier: Apache-2.0
//
// Where no process namespace can be had: finds and kills what an ended action left behind. We are made the subreaper,
// so that a daemon's parent is us; its action is told by a mark in its environment. One that wiped the mark away
// belongs to nobody and is killed with the next action that ends. A second wall, weaker than a namespace; doctor says
// which is up. One thread.
#pragma once

#include <string>
#include <string_view>

namespace latchkey::exec {

// The variable that carries the mark.
inline constexpr std::string_view mark_variable = "LATCHKEY_EXECUTION";

// Once, before the first action.
void become_subreaper();

// Kills every process below us that carries `mark`, or none at all, until there is none. Reaps them.
void sweep_orphans(const std::string& mark);

}  // namespace latchkey::exec
