// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/open_vault.hpp"

namespace latchkey::cli {

result<vault::vault> open_vault(store::store& s, const std::filesystem::path& master_key_file) {
    auto keys = s.keys();
    if (!keys) return keys.error();
    // With sealed values in the store a new master key would open none of them: it is made for an empty vault only.
    auto master = vault::load_master_key(master_key_file, keys->empty());
    if (!master) return master.error();
    if (keys->empty()) {
        if (auto added = s.add_key(vault::vault::make_key(*master, 1)); !added) return added.error();
        keys = s.keys();
        if (!keys) return keys.error();
    }
    return vault::vault::unlock(*master, *keys);
}

}  // namespace latchkey::cli
