// SPDX-License-Identifier: Apache-2.0
// What somebody says is an SSH key: a public one that is read is read the same again, and a private one gives its
// public half or nothing.
#include "runner/vault/ssh_key.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    for (const auto& key : {latchkey::vault::read_public_key(text),
                            latchkey::vault::public_half(latchkey::vault::secret(std::string(text)))}) {
        if (!key) continue;
        const auto again = latchkey::vault::read_public_key(key->line);
        if (!again || again->line != key->line || again->fingerprint != key->fingerprint) std::abort();
    }
    return 0;
}
