// SPDX-License-Identifier: Apache-2.0
//
// Starts runs without a person: for what hooks have told, and by schedules. On a thread of its own, which sleeps
// until something is due. What a hook told waits in the store, so that a server that starts again goes on with it.
// Owner: the server. Any thread may call.
#pragma once

#include "runner/server/run_executor.hpp"
#include "runner/triggers/event.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace latchkey::server {

class trigger_worker {
public:
    using clock = std::function<policy::time_point()>;
    // `files` may be null, as in run_executor.
    trigger_worker(store::stores&, run_executor&, clock, server_log& = server_log::silent());
    ~trigger_worker();
    trigger_worker(const trigger_worker&) = delete;
    trigger_worker& operator=(const trigger_worker&) = delete;

    void begin();
    // There may be something to do.
    void wake();
    void stop();

    // Deals with all that is due now; when to look again. What begin()'s thread does.
    policy::time_point look();

private:
    void work();
    store::stores& stores_;
    run_executor& runs_;
    clock clock_;
    server_log& log_;
    std::mutex mutex_;
    std::condition_variable more_;
    bool woken_ = false;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace latchkey::server
