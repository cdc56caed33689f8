// SPDX-License-Identifier: Apache-2.0
//
// The page behind the link that a server without an owner prints: a form for the first one. The code is in the link's
// fragment, which no browser sends. Pure; any thread.
#pragma once

#include <string>

namespace latchkey::server {

// With the nonce that its policy allows its script and style by. Its form signs the owner in; `leads_to_page`: and
// says where the web page is.
std::string setup_page(const std::string& nonce, bool leads_to_page);

}  // namespace latchkey::server
