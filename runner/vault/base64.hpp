// SPDX-License-Identifier: Apache-2.0
//
// Base64 into a secret: what it decodes to may be one. Value types, no thread rule.
#pragma once

#include "runner/vault/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::vault {

// Standard alphabet, padded or not; line ends and blanks are passed over. Nothing: it is no base64.
std::optional<secret> decode_base64(std::string_view text);
// Of what is no secret.
std::string encode_base64(std::string_view bytes);

}  // namespace latchkey::vault
