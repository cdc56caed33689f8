// SPDX-License-Identifier: Apache-2.0
//
// How a request's commands reach their shell: with -c, under -e unless every command is to be executed, so `if`,
// `&&`, pipelines and here-documents that span items mean what they mean in a script; with execute_every_command the
// last command's exit code is the script's, as items may be parts of a command and can't be judged one by one. A
// script too long for an argument goes through a file in memory. Any thread.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/descriptor.hpp"

namespace latchkey::exec {

struct shell_start {
    std::string program;
    std::vector<std::string> arguments;  // with argv[0]
    descriptor file;                     // where there is one, the program has it as descriptor 3
};

// engine: the shell is not installed, or no script can be what was asked for.
result<shell_start> start_of(const request&);

// The program of a shell, or empty where it is not installed.
std::string program_of(shell);

// Whether the shell is to tell what it has exported at its end.
bool collects(const request&);

}  // namespace latchkey::exec
