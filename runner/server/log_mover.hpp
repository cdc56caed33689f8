// SPDX-License-Identifier: Apache-2.0
//
// Moves the logs of attempts that have ended from the server's disk into an object store: the object, then the row
// that says where it is, then the file goes. Whenever the process ends in between, the file is still there and is
// moved again by the next. What can't be moved stays and is tried again. Owner: the server; any thread may call.
#pragma once

#include "runner/metrics/metrics.hpp"
#include "runner/server/log_places.hpp"
#include "runner/server/server_log.hpp"
#include "runner/store/store.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace latchkey::server {

class log_mover {
public:
    struct options {
        std::filesystem::path runs_folder;
        // After so many failures in a row.
        std::function<std::chrono::milliseconds(int failures)> pause = usual_pause;
        server_log& log = server_log::silent();
        metrics::registry& metrics = metrics::unread();
    };
    log_mover(store::store&, store::moved_logs&, objects::object_store&, options);
    ~log_mover();
    log_mover(const log_mover&) = delete;
    log_mover& operator=(const log_mover&) = delete;

    // Begins with all that an earlier server has left.
    void begin();
    // Something has happened to it. Does not block.
    void look_at(policy::run_id);
    void look_at_all();
    // Returns when all that it was told of is moved, or failed, and what failed waits for its next try. Blocks.
    void settle();
    // What is under way is given up. Blocks.
    void stop();

    static std::chrono::milliseconds usual_pause(int failures);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::server
