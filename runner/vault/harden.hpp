// SPDX-License-Identifier: Apache-2.0
//
// Keeps secrets in this process to this process. Called once at the start of any command that opens secrets, before
// the first action; later calls change nothing.
#pragma once

namespace latchkey::vault {

// No core dump, and no other process of this user may read our memory (it is not "dumpable").
void harden_process();

}  // namespace latchkey::vault
