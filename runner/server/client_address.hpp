// SPDX-License-Identifier: Apache-2.0
//
// Who really calls, where a proxy stands in front: only what a proxy that is trusted says counts, and only its own
// word, so that nobody chooses an address by a header. Pure; any thread.
#pragma once

#include "runner/http/message.hpp"

#include <string>
#include <vector>

namespace latchkey::server {

// The last address of X-Forwarded-For that is none of a trusted proxy; the connection's own where it comes from
// none.
std::string client_address(const http::request&, const std::vector<std::string>& trusted);

}  // namespace latchkey::server
