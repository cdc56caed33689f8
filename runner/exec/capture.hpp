// SPDX-License-Identifier: Apache-2.0
//
// Runs a helper program (git …) and takes what it prints. Its standard input is empty, its environment PATH, HOME and
// little more. Blocks: a loop gives it to async::offload. Any thread.
#pragma once

#include "runner/error.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::exec {

struct captured {
    int exit_code = 0;
    std::string output;
    std::string errors;  // what it printed to standard error
};

// `more`: NAME=value, beside those. engine: it can't be started, runs longer than `limit` (then it is killed), or
// prints more than 16 MB.
result<captured> capture(const std::vector<std::string>& arguments, const std::filesystem::path& directory,
                         std::chrono::milliseconds limit = std::chrono::seconds(30),
                         const std::vector<std::string>& more = {});

}  // namespace latchkey::exec
