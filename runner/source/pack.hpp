// SPDX-License-Identifier: Apache-2.0
//
// The files of one commit on their way to another machine: a pack of git's that holds the commit and all it needs to
// be checked out, without its history. No program that a repository configures is started. Blocks; any thread.
#pragma once

#include "runner/error.hpp"

#include <filesystem>
#include <string>

namespace latchkey::source {

// Into a new file. not_found: there is no such commit.
result<void> write_pack(const std::filesystem::path& repository, const std::string& commit,
                        const std::filesystem::path& file);

// Whether the repository has it, with all of its files.
bool has_commit(const std::filesystem::path& repository, const std::string& commit);

// Adds what a pack holds to a repository of our own, which is made where there is none. refused: it is no pack, or
// does not hold that commit.
result<void> take_pack(const std::filesystem::path& repository, const std::string& commit,
                       const std::filesystem::path& file);

}  // namespace latchkey::source
