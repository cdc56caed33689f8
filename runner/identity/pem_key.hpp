// SPDX-License-Identifier: Apache-2.0
//
// Private keys in the older forms that programs still write ("BEGIN RSA PRIVATE KEY", PKCS #8). Pure; any thread.
#pragma once

#include "runner/vault/secret.hpp"
#include "runner/vault/ssh_key.hpp"

#include <optional>

namespace latchkey::identity {

// What is public of it, as SSH writes that. Nothing: it is no such key, has a passphrase, or SSH knows none of its
// kind.
std::optional<vault::ssh_public_key> public_half_of_pem(const vault::secret&);

}  // namespace latchkey::identity
