// SPDX-License-Identifier: Apache-2.0
//
// How many calls somebody may make within a window of time. Any thread. Bounded: who has made none for a window is
// forgotten.
#pragma once

#include "policy/model.hpp"

#include <mutex>
#include <string>
#include <unordered_map>

namespace latchkey::server {

class rate_limit {
public:
    rate_limit(int calls, std::chrono::seconds window) : calls_(calls), window_(window) {}

    struct standing {
        bool allowed = true;
        int limit = 0;
        int remaining = 0;
        std::chrono::sys_seconds reset;  // when the window ends
    };
    standing take(const std::string& who, policy::time_point now);
    // As it stands, without a call.
    standing look(const std::string& who, policy::time_point now);

private:
    standing count(const std::string& who, policy::time_point now, int calls);
    struct counter {
        std::chrono::sys_seconds began;
        int used = 0;
    };
    const int calls_;
    const std::chrono::seconds window_;
    std::mutex mutex_;
    std::unordered_map<std::string, counter> counters_;
    std::chrono::sys_seconds swept_{};
};

}  // namespace latchkey::server
