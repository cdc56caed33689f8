// SPDX-License-Identifier: Apache-2.0
//
// How the ssh program logs in to another machine: its options, and the key or password in the action's private
// folder. A host's key is learned at the first time and has to be the same from then on (~/.ssh/known_hosts). Private
// to this room.
#pragma once

#include "runner/native/host_login.hpp"

namespace latchkey::native {

// A word of a shell.
std::string shell_word(const std::string& text);

// A file that nobody else may read; false: it can't be written whole.
bool write_private(const std::filesystem::path&, const std::string& bytes, unsigned mode);

// The login's key in the action's private folder, as the programs that read it want it. io: it can't be written.
result<std::filesystem::path> write_key(const action&, const host_login&);

// "ssh" and its options, without the host. A password's way, an askpass program, is set in our own environment. io:
// the login can't be written down.
result<std::vector<std::string>> ssh_for(const action&, const host_login&);

}  // namespace latchkey::native
