// SPDX-License-Identifier: Apache-2.0
//
// SSH keys: what is public of them (the line that one writes into authorized_keys, and its fingerprint), and new
// pairs. Any thread.
#pragma once

#include "runner/vault/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::vault {

struct ssh_public_key {
    std::string line;         // "ssh-ed25519 AAAA…", without a comment
    std::string comment;      // of what was read, if it had one
    std::string fingerprint;  // "SHA256:…", as ssh-keygen prints it
    std::string checksum;     // SHA-256 of the public half, in hex
};

// Of such a line. Nothing: it is none, or says another type than its bytes do.
std::optional<ssh_public_key> read_public_key(std::string_view line);

// Of a private key in OpenSSH's own form, whose public half stands in it in the clear. Nothing: it has another form.
std::optional<ssh_public_key> public_half(const secret& private_key);

struct ssh_key_pair {
    secret private_key;  // in OpenSSH's own form, without a passphrase
    ssh_public_key public_key;
};

// A new one of Ed25519.
ssh_key_pair make_ssh_key(std::string_view comment);

}  // namespace latchkey::vault
