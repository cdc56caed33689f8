// SPDX-License-Identifier: Apache-2.0
//
// Who knows a secret, shown by what only they could have computed; and comparing without telling by the time it takes
// how much was right. Pure; any thread.
#pragma once

#include "runner/vault/secret.hpp"

#include <string>
#include <string_view>

namespace latchkey::vault {

std::string hmac_sha256_hex(const secret& key, std::string_view message);

// The time depends on the lengths only.
bool same(std::string_view a, std::string_view b);
bool same(const secret& a, std::string_view b);

}  // namespace latchkey::vault
