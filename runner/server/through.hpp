// SPDX-License-Identifier: Apache-2.0
//
// By which row somebody has the level that they end up with on an integration (design §2), in the API's words. Blocks
// where a group's name is looked up; any thread.
#pragma once

#include "policy/snapshot.hpp"
#include "runner/server/call.hpp"

namespace latchkey::server {

// {"row": "admins" | "user" | "group" | "others", "group", "level"}
json view_of_through(const call&, const policy::integration&, const policy::user&);

}  // namespace latchkey::server
