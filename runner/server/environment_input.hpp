// SPDX-License-Identifier: Apache-2.0
//
// What a client says of an environment (rest-api §11): names, levels, and the fields that are kept as they are. One
// call, one thread.
#pragma once

#include "runner/server/call.hpp"

namespace latchkey::server {

// All but scope and project; what is not said stays.
void read_environment(input&, store::environment_record&);
json permissions_of(const store::environment_record&);
void show_environment_settings(const store::facts&, json& to);

}  // namespace latchkey::server
