// SPDX-License-Identifier: Apache-2.0
//
// Another program, started and waited for. What it prints goes to the action's log, or is given back. Private to this
// room. One thread.
#pragma once

#include "runner/error.hpp"

#include <string>
#include <vector>

namespace latchkey::native {

// Its exit code; 127: it can't be started; 128 + N: signal N ended it.
int run_program(const std::vector<std::string>& arguments, const std::string& input = {});

struct program_answer {
    int code = 0;
    std::string output;  // standard output; what it says of errors goes to the log
};

// io: it can't be started, or fed.
result<program_answer> ask_program(const std::vector<std::string>& arguments, const std::string& input = {});

}  // namespace latchkey::native
