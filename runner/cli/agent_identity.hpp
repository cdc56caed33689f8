// SPDX-License-Identifier: Apache-2.0
//
// Who an agent is: its server, its number there, and the seed of its keys, in a file (0600) of its data folder.
// Blocks; any thread.
#pragma once

#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace latchkey::cli {

struct agent_identity {
    std::string server;
    std::int64_t number = 0;
    std::string name;
    std::string pool;
    vault::secret seed;
};

// not_found: there is none. refused: it is open to others. corrupt: it can't be read.
result<agent_identity> read_identity(const std::filesystem::path&);
std::string text_of(const agent_identity&);

// A plain file of ours that nobody else may read, at most 64 KB. not_found, refused, io.
result<std::string> read_small_file(const std::filesystem::path&);

}  // namespace latchkey::cli
