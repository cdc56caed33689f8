// SPDX-License-Identifier: Apache-2.0
//
// How long the logs of runs are kept. Only what has ended is ever removed, and only logs: runs, events and the audit
// log stay in the store. Blocks; one thread at a time.
#pragma once

#include "runner/objects/object_store.hpp"
#include "runner/store/moved_logs.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>

namespace latchkey::server {

struct retention {
    std::optional<std::chrono::seconds> age;  // since the run's end
    std::optional<int> newest;                // so many runs of each pipeline
};

struct cleared {
    int runs = 0;
    std::uint64_t bytes = 0;
};

// Logs that are not on this machine's disk any more; both may be absent.
struct elsewhere {
    store::moved_logs* logs = nullptr;
    objects::object_store* objects = nullptr;
};

// Removes what lies in the folders of runs beyond that (`runs_folder`/<run>/…), but for their executors' locks. A run
// that is executed, waits or is about to be retried is left alone; logs that were moved are removed where they are.
// io: something can't be removed.
result<cleared> clear_old_logs(store::store&, const std::filesystem::path& runs_folder, const retention&,
                               policy::time_point now, const elsewhere& = {});

}  // namespace latchkey::server
