// SPDX-License-Identifier: Apache-2.0
//
// The vault of a store: its data keys, opened by the master key that lies outside it. Blocks; any thread.
#pragma once

#include "runner/store/store.hpp"
#include "runner/vault/vault.hpp"

#include <filesystem>

namespace latchkey::cli {

// Makes the master key and the first data key where the store has none.
result<vault::vault> open_vault(store::store&, const std::filesystem::path& master_key_file);

}  // namespace latchkey::cli
