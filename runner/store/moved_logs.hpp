// SPDX-License-Identifier: Apache-2.0
//
// Which logs of actions lie in an object store, where, and under which key. Noted after the object is there and
// before the file on the disk goes; forgotten after the object is gone: at every moment a log is where it is looked
// for. One method is one transaction; any thread may call; calls block.
#pragma once

#include "runner/store/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::store {

struct moved_log {
    policy::run_id run;
    int attempt = 0;
    int action = 0;
    std::string place;   // objects::object_store::place()
    std::string object;  // its key
    std::uint64_t size = 0;
};

class moved_logs {
public:
    virtual ~moved_logs() = default;

    // Also where it was noted before.
    virtual result<void> note(const moved_log&) = 0;
    virtual result<std::optional<moved_log>> find(policy::run_id, int attempt, int action) = 0;
    virtual result<std::vector<moved_log>> of_run(policy::run_id) = 0;
    // Runs that have some, with smaller numbers than `before` (0: all), the newest first.
    virtual result<std::vector<policy::run_id>> runs(std::int64_t before, int most) = 0;
    virtual result<void> forget(const moved_log&) = 0;
};

}  // namespace latchkey::store
