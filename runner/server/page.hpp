// SPDX-License-Identifier: Apache-2.0
//
// The web page over HTTP: the files below /app and the way there from /. It asks nothing of the store and knows
// nobody: what a person sees there comes from the API. Pure; any thread.
#pragma once

#include "runner/http/message.hpp"

#include <optional>

namespace latchkey::server {

// Nothing: the address is not the page's.
std::optional<http::response> page_for(const http::request&);

}  // namespace latchkey::server
