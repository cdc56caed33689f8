// SPDX-License-Identifier: Apache-2.0
//
// The action types that Latchkey performs by itself: HTTP requests, notifications, transfers, commands over SSH. Each
// is a process like any other action, `latchkey-native TYPE`, started by the host backend: so it may block, is
// cancelled by being killed, and is masked and logged as all are. Its fields, with variables filled in, come in a
// private file whose path is in $LATCHKEY_ACTION. One thread.
#pragma once

#include <iosfwd>
#include <string_view>

namespace latchkey::native {

class action;

// 0: done; 1: it failed, and `out` says why; 2: the fields are wrong.
using perform_function = int (*)(const action&, std::ostream& out);

// nullptr: no type of ours.
perform_function find(std::string_view type);

// What `latchkey-native TYPE` does: reads the file and performs it.
int main_of(std::string_view type, std::ostream& out);

}  // namespace latchkey::native
