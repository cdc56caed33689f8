// SPDX-License-Identifier: Apache-2.0
//
// Where a program lies: the folders of PATH, as a shell looks. Any thread that does not change the environment.
#pragma once

#include <string>

namespace latchkey::exec {

// Its path; a name with a slash is one. Empty: there is none.
std::string find_program(const std::string& name);

}  // namespace latchkey::exec
