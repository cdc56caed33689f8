// SPDX-License-Identifier: Apache-2.0
//
// Which deliveries have come before, for as long as one could come again. This one remembers in memory, and so until
// the server stops; a store's remembers longer. Any thread.
#pragma once

#include "runner/error.hpp"

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_set>

namespace latchkey::triggers {

class seen_deliveries {
public:
    virtual ~seen_deliveries() = default;
    // True: it has not come before, and is remembered from now on.
    virtual result<bool> first_time(const std::string& hook, const std::string& key,
                                    std::chrono::sys_seconds now) = 0;
    // Nothing came of it: it may come again.
    virtual void forget(const std::string& hook, const std::string& key) = 0;
};

class remembered_deliveries : public seen_deliveries {
public:
    // `for_how_long` is more than twice the replay window: a delivery can be signed ahead of our time. When there are
    // more than `most` at once, what is new is refused, never what is old forgotten.
    explicit remembered_deliveries(std::chrono::seconds for_how_long = std::chrono::hours(24),
                                   std::size_t most = 100'000);
    // refused: too many in too short a time.
    result<bool> first_time(const std::string& hook, const std::string& key, std::chrono::sys_seconds now) override;
    void forget(const std::string& hook, const std::string& key) override;

private:
    std::mutex mutex_;
    std::chrono::seconds for_how_long_;
    std::size_t most_;
    std::deque<std::pair<std::chrono::sys_seconds, std::string>> in_order_;
    std::unordered_set<std::string> all_;
};

}  // namespace latchkey::triggers
