// SPDX-License-Identifier: Apache-2.0
//
// What was answered to one request, for the log and the metrics. Value type. Holds nothing of the request's address
// but the route that it took: no token, no query, no name.
#pragma once

#include "policy/model.hpp"

#include <chrono>
#include <string>

namespace latchkey::server {

struct route;

struct served {
    std::string id;
    std::string method;
    const server::route* route = nullptr;  // none: there is nothing at the address
    int status = 0;
    policy::user_id user;
    std::string peer;
    std::string detail;  // of a 5xx: what the client is not told
    std::chrono::nanoseconds took{};
};

}  // namespace latchkey::server
