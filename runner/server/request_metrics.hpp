// SPDX-License-Identifier: Apache-2.0
//
// Requests, counted by route, method and class of status, with how long they took; and who was turned away. Any
// thread.
#pragma once

#include "runner/metrics/metrics.hpp"
#include "runner/server/served.hpp"

#include <array>
#include <atomic>
#include <vector>

namespace latchkey::server {

class request_metrics {
public:
    explicit request_metrics(metrics::registry&);

    void count(const served&);
    // What never became a request: malformed, too large, too slow.
    void count_refused(int status);
    metrics::counter& rate_limited;  // answered 429
    metrics::counter& unauthorized;  // answered 401

private:
    struct cell {
        std::array<std::atomic<metrics::counter*>, 6> by_class{};
        std::atomic<metrics::histogram*> times{};
    };
    metrics::registry& registry_;
    std::vector<cell> cells_;  // by the route's place in the table; the last: no route
};

// A person's attempt to sign in with a password or through a provider; `how` is a word of ours.
void count_login(metrics::registry&, std::string_view how, bool good);

}  // namespace latchkey::server
