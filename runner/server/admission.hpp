// SPDX-License-Identifier: Apache-2.0
//
// Lets a call in or not: who makes it, whether the token is good for it, whether what the address names is there for
// this caller, and whether the caller has the right that the route states. In this order, so that nobody learns of
// what they may not see. Blocks; any thread.
#pragma once

#include "runner/server/call.hpp"
#include "runner/server/route.hpp"

namespace latchkey::server {

// Why it is not let in, as a response has it.
struct refusal {
    int status = 403;
    std::string why;
};

// Whether it is noted that a token or a session was used: not by a view that is only open.
enum class noting : unsigned char { uses, nothing };

// Fills in the call. None: it may go on.
result<std::optional<refusal>> admit(call&, const route&, noting = noting::uses);

}  // namespace latchkey::server
