// SPDX-License-Identifier: Apache-2.0
//
// The signature of webhooks of our own kind: `t=<unix time>,v1=<hex of HMAC-SHA-256 of "<t>.<body>">`. Those that we
// send have it, and those that the hooks of the kind "signed" take. Pure; any thread.
#pragma once

#include "runner/vault/secret.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace latchkey::triggers {

std::string sign(const vault::secret& key, std::chrono::sys_seconds now, std::string_view body);

}  // namespace latchkey::triggers
