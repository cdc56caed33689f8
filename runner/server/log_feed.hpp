// SPDX-License-Identifier: Apache-2.0
//
// One action's log as server-sent events, read and put into words once for all who watch it. Shared by its watchers;
// any thread; calls block for as long as the page cache and the store take, or, of a log that was moved, its place.
#pragma once

#include "runner/server/log_places.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace latchkey::server {

class log_feed {
public:
    // `over` says whether its attempt has ended: then nothing more is written.
    log_feed(const log_places& places, const log_name& name, std::function<bool()> over)
        : places_(places), name_(name), over_(std::move(over)) {}

    struct piece {
        std::shared_ptr<const std::string> text;  // events; null: nothing yet
        std::uint64_t next = 0;                   // where what follows begins
        bool over = false;                        // nothing will follow
    };
    // Whole lines from this byte on; of a log that is over also what has no end of line.
    result<piece> since(std::uint64_t offset);

private:
    struct known {
        std::uint64_t from = 0;
        std::uint64_t next = 0;
        std::shared_ptr<const std::string> text;
    };
    bool has_ended();
    const log_places& places_;
    log_name name_;
    std::function<bool()> over_;
    std::mutex mutex_;
    std::deque<known> recent_;
    bool ended_ = false;
    std::chrono::steady_clock::time_point asked_{};
};

}  // namespace latchkey::server
