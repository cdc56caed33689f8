// SPDX-License-Identifier: Apache-2.0
//
// Logs that somebody looks into, kept open with the index of their lines, so that the next look into a large one is
// quick. The last that were asked for; any thread, one at a time for each log; calls block.
#pragma once

#include "runner/server/log_places.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace latchkey::server {

class log_shelf {
public:
    explicit log_shelf(const log_places& places) : places_(places) {}

    // not_found: there is no such log (any more).
    result<void> with(const log_name&, const std::function<result<void>(log::log_reader&)>& look);

private:
    struct kept {
        log_name name;
        std::mutex mutex;
        std::optional<log::log_reader> reader;
    };
    std::shared_ptr<kept> take(const log_name&);
    const log_places& places_;
    std::mutex mutex_;
    std::list<std::shared_ptr<kept>> recent_;  // the last one asked for first
};

}  // namespace latchkey::server
