// SPDX-License-Identifier: Apache-2.0
#include "runner/server/rate_limit.hpp"

#include <algorithm>

namespace latchkey::server {

rate_limit::standing rate_limit::take(const std::string& who, policy::time_point at) {
    return count(who, at, 1);
}

rate_limit::standing rate_limit::look(const std::string& who, policy::time_point at) {
    return count(who, at, 0);
}

rate_limit::standing rate_limit::count(const std::string& who, policy::time_point at, int calls) {
    const auto now = std::chrono::floor<std::chrono::seconds>(at);
    const std::lock_guard lock(mutex_);
    if (now - swept_ >= window_) {
        swept_ = now;
        std::erase_if(counters_, [&](const auto& c) { return now - c.second.began >= window_; });
    }
    counter& c = counters_[who];
    // A clock that was set back begins a new window, too.
    if (now - c.began >= window_ || now < c.began) c = {now, 0};
    standing s;
    s.limit = calls_;
    s.reset = c.began + window_;
    s.allowed = c.used < calls_;
    if (s.allowed) c.used += calls;
    s.remaining = std::max(calls_ - c.used, 0);
    return s;
}

}  // namespace latchkey::server
