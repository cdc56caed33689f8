// SPDX-License-Identifier: Apache-2.0
//
// Counts the signals that tell a server to end, on a thread of its own and for as long as it lives: the first begins
// the end, which others see to, and each that follows says that it takes too long.
#pragma once

#include <functional>
#include <memory>

namespace latchkey::cli {

class stop_signals {
public:
    // `again` is told of every TERM or INT but the first; it must not block.
    explicit stop_signals(std::function<void()> again);
    ~stop_signals();
    stop_signals(const stop_signals&) = delete;
    stop_signals& operator=(const stop_signals&) = delete;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::cli
