// SPDX-License-Identifier: Apache-2.0
//
// What happens on one connection: request after request, until the peer ends, time runs out, or the server drains.
// Private to this room. On the server's loop.
#pragma once

#include "runner/http/connection.hpp"
#include "runner/http/server.hpp"

namespace latchkey::http {

struct session_facts {
    const limits& most;
    application& app;
    const bool& draining;
};

async::task<> serve(connection&, session_facts);

}  // namespace latchkey::http
