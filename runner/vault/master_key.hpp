// SPDX-License-Identifier: Apache-2.0
//
// The master key: a file outside the database (0600, else refused), an environment variable
// (LATCHKEY_MASTER_KEY, removed from the environment once read) or a systemd credential
// ($CREDENTIALS_DIRECTORY/latchkey_master_key). Never in the store, never printed.
#pragma once

#include "runner/error.hpp"
#include "runner/vault/secret.hpp"

#include <filesystem>
#include <string>

namespace latchkey::vault {

struct master_key {
    secret bytes;        // 32 bytes
    std::string origin;  // "file /home/ana/.local/share/latchkey/master.key", for doctor
};

// The environment variable, else the systemd credential, else the file; makes the file (0600, in a 0700 folder)
// when there is none and `create` is set. refused: a file that others can read, with the chmod that mends it.
result<master_key> load_master_key(const std::filesystem::path& file, bool create);

// The key in this file, whatever the environment has.
result<master_key> read_master_key(const std::filesystem::path& file);
// Into a new file (0600), whole. conflict: something is there.
result<void> save_master_key(const master_key&, const std::filesystem::path& file);

}  // namespace latchkey::vault
