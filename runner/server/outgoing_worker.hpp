// SPDX-License-Identifier: Apache-2.0
//
// Tells others what happens: webhooks, and the forges that commits come from. What is to be told lies in the store
// (store/outbox.hpp) until it was told or given up, so each delivery comes at least once, whatever happens to this
// process; one that was answered just before a crash comes again, under the same id. Owner: the server. Any thread
// may call.
#pragma once

#include "runner/metrics/metrics.hpp"
#include "runner/outgoing/delivery.hpp"
#include "runner/server/server_log.hpp"
#include "runner/store/stores.hpp"
#include "runner/vault/vault.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace latchkey::server {

class outgoing_worker {
public:
    struct options {
        std::function<policy::time_point()> clock;
        outgoing::send_options send = {};  // its `cut` is set here
        int senders = 4;                   // side by side; one for each webhook
        // After so many tries; nothing: it is given up.
        std::function<std::optional<std::chrono::milliseconds>(int tries)> pause = outgoing::pause_after;
        server_log& log = server_log::silent();
        metrics::registry& metrics = metrics::unread();
    };
    outgoing_worker(store::stores&, const vault::vault&, options);
    ~outgoing_worker();
    outgoing_worker(const outgoing_worker&) = delete;
    outgoing_worker& operator=(const outgoing_worker&) = delete;

    // `base`: how others reach this server, as in https://ci.example.test.
    void begin(std::string base);
    // Something has happened. Does not block.
    void wake();
    // What is due is still sent for so long, then it is left to the next server. Blocks.
    void stop(std::chrono::milliseconds grace);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::server
