// SPDX-License-Identifier: Apache-2.0
//
// Keeps the signals that cancel a run waiting: from before others can see who executes it until they are handled,
// none is lost and none ends the program half-way. One thread, as its owner's; threads that it starts keep them
// blocked.
#pragma once

#include <csignal>

namespace latchkey::run {

class signal_hold {
public:
    signal_hold() {
        sigset_t cancelling;
        ::sigemptyset(&cancelling);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&cancelling, signal);
        ::pthread_sigmask(SIG_BLOCK, &cancelling, &before_);
    }
    ~signal_hold() { release(); }
    signal_hold(const signal_hold&) = delete;
    signal_hold& operator=(const signal_hold&) = delete;

    // What came meanwhile is delivered now.
    void release() {
        if (!held_) return;
        held_ = false;
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t before_{};
    bool held_ = true;
};

}  // namespace latchkey::run
