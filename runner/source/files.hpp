// SPDX-License-Identifier: Apache-2.0
//
// Looks at files that actions have left, and never outside of their folder: each step is a real folder or file, and
// no link is followed. Blocks; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/exec/descriptor.hpp"

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::source {

// Opens what `named` is below the root: a file or a folder. usage: it leads out, or is a link or neither;
// not_found: there is none.
result<exec::descriptor> open_below(const std::filesystem::path& root, const std::string& named);

struct file_limits {
    std::size_t files = 500;
    std::size_t entries = 50'000;  // that are looked at
    std::size_t each = 16UL << 20U;
    std::size_t all = 64UL << 20U;
};

struct read_files {
    std::vector<std::pair<std::string, std::string>> files;  // path below the root, bytes
    bool whole = true;                                       // false: a limit was reached, and there may be more
};

// The files at or below `start` that are wanted, by their path below the root, and were changed at `since` or later.
read_files read_below(const std::filesystem::path& root, const std::string& start, std::time_t since,
                      const std::function<bool(std::string_view path)>& wanted, const file_limits& = {});

}  // namespace latchkey::source
