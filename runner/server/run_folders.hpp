// SPDX-License-Identifier: Apache-2.0
//
// The folders in which runs have their logs: <runs>/<run>/<attempt>/<action>.log, all of them numbers. No thread
// rule; calls block.
#pragma once

#include "policy/ids.hpp"
#include "runner/error.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

namespace latchkey::server {

// The runs that have a folder, the newest first. io: it can't be read.
result<std::vector<policy::run_id>> runs_with_folders(const std::filesystem::path& runs_folder);
// Of what lies in a folder, what is a number (from 0) and this ending, in order; nothing where there is no folder.
std::vector<std::int64_t> numbers_in(const std::filesystem::path& folder, std::string_view ending = {});

}  // namespace latchkey::server
