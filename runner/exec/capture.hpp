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

struct capture_request {
    std::vector<std::string> arguments;
    std::filesystem::path directory;
    std::chrono::milliseconds limit = std::chrono::seconds(30);
    std::vector<std::string> environment;  // NAME=value, beside those or in their place
    std::vector<int> inherited;            // become descriptors 3, 4, …
    std::size_t most_output = 16UL << 20U;
    int stop = -1;  // a descriptor; as soon as it can be read from, the program is killed
};

// cancelled: `stop` said so. engine: it can't be started, runs longer than `limit` (then it is killed), or prints
// more than `most_output`.
result<captured> capture(const capture_request&);

// `more`: NAME=value, beside those.
result<captured> capture(const std::vector<std::string>& arguments, const std::filesystem::path& directory,
                         std::chrono::milliseconds limit = std::chrono::seconds(30),
                         const std::vector<std::string>& more = {});

}  // namespace latchkey::exec
