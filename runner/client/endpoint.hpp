// SPDX-License-Identifier: Apache-2.0
//
// Where a server is: the base of all its addresses, checked before a token is sent there. Value type, no thread rule.
#pragma once

#include "runner/error.hpp"

#include <string>
#include <string_view>

namespace latchkey::client {

struct endpoint {
    std::string base;  // "https://ci.example.test" or with a path behind it; never with "/" at its end
    std::string host;  // "ci.example.test:8443", for messages
    bool encrypted = false;
    bool this_machine = false;  // a loopback address, or localhost
};

enum class plain_http : unsigned char { to_this_machine, anywhere };

// usage: it is no http or https address, or has a user, a query or a fragment. refused: http to another machine,
// where everybody on the way could read the token.
result<endpoint> endpoint_from(const std::string& url, plain_http allowed);

// As one part of an address's path: "a b/c" → "a%20b%2Fc".
std::string in_path(std::string_view text);

}  // namespace latchkey::client
