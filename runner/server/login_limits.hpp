// SPDX-License-Identifier: Apache-2.0
//
// How often somebody may try to log in: from one address, and to one account, whoever tries. Any thread.
#pragma once

#include "runner/server/rate_limit.hpp"

namespace latchkey::server {

class login_limits {
public:
    static constexpr std::chrono::minutes window{15};

    explicit login_limits(int an_account = 20, int an_address = 100)
        : by_account_(an_account, window), by_address_(an_address, window) {}

    rate_limit::standing take(const std::string& peer, policy::time_point now);
    // The narrower of both. What is refused by the address does not count against the account.
    rate_limit::standing take(const std::string& peer, const std::string& account, policy::time_point now);

private:
    rate_limit by_account_;
    rate_limit by_address_;
};

}  // namespace latchkey::server
