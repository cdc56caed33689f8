// SPDX-License-Identifier: Apache-2.0
//
// What is said of a key that can be none, whatever kind of store it is asked of. Private to this room. Pure; any
// thread.
#pragma once

#include "runner/error.hpp"

#include <string>

namespace latchkey::objects {

failure no_key(const std::string& key);
failure no_key_prefix(const std::string& prefix);

}  // namespace latchkey::objects
