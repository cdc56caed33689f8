// SPDX-License-Identifier: Apache-2.0
//
// The command line: what can be typed, its help with examples, and which command a line means. The only user of the
// argument library. One thread.
#pragma once

#include "runner/cli/context.hpp"

#include <string>
#include <vector>

namespace latchkey::cli {

// Runs the command that the words after the program's name say; returns the exit code.
int run_line(context&, std::vector<std::string> words);

}  // namespace latchkey::cli
