// SPDX-License-Identifier: Apache-2.0
//
// Base64 as JOSE has it: the alphabet of URLs, no padding, exactly one text for each bytes. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::identity {

std::string to_base64url(std::string_view bytes);
// None: it is not the text of any bytes, blanks and padding included.
std::optional<std::string> from_base64url(std::string_view text);

// base64url(SHA-256(text)): what PKCE sends of its secret.
std::string sha256_base64url(std::string_view text);
// 256 random bits.
std::string random_base64url();
// Takes the same time wherever they differ.
bool same_text(std::string_view, std::string_view);

}  // namespace latchkey::identity
