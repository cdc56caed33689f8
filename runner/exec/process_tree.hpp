// SPDX-License-Identifier: Apache-2.0
//
// Which processes a process has started, as the kernel lists them in /proc. A picture of a moment: a process may
// start or end meanwhile. Any thread.
#pragma once

#include <sys/types.h>
#include <vector>

namespace latchkey::exec {

// Whether this kernel lists children.
bool lists_children();

// Those of all its threads: a process that loses its parent may be given to any of them. 0: ourselves.
std::vector<pid_t> children_of(pid_t);

// Children, their children, and so on.
std::vector<pid_t> descendants_of(pid_t);

}  // namespace latchkey::exec
