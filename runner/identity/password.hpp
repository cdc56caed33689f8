// SPDX-License-Identifier: Apache-2.0
//
// Passwords as hashes of Argon2id, with the limits that libsodium calls interactive: 64 MiB and some 70 ms each, so
// whoever calls these bounds how many go on at once. Block; any thread.
#pragma once

#include "runner/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::identity {

// usage: too short (12 characters) or too long (1024 bytes) to be one.
result<void> check_new_password(std::string_view);

// io: there was no memory for it.
result<std::string> hash_password(std::string_view);

// Takes as long where there is no hash, so that time does not tell who has a password. io: no memory for it.
result<bool> is_password(const std::optional<std::string>& hash, std::string_view);

}  // namespace latchkey::identity
