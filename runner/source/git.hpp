// SPDX-License-Identifier: Apache-2.0
//
// Runs git in a repository that somebody else configures: no program that its configuration names is started (hooks,
// filters, monitors, transports), nothing is fetched, and no lock is taken for a mere look. Blocks; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/exec/capture.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::source {

// Files of the work tree are compared through filters, which are programs: they are turned off where they are.
enum class reads : unsigned char { objects, work_tree };

// Whatever its exit code. refused: a filter that can't be turned off; engine: no git, or it took too long.
result<exec::captured> git(const std::filesystem::path& folder, const std::vector<std::string>& words,
                           reads what = reads::objects, std::chrono::milliseconds limit = std::chrono::seconds(30));

// What it printed. engine: also where its exit code is not 0, with what it said.
result<std::string> output_of_git(const std::filesystem::path& folder, const std::vector<std::string>& words,
                                  reads what = reads::objects);

// Cuts the first record off a list whose records end in a NUL.
std::string_view next_record(std::string_view& rest);

}  // namespace latchkey::source
