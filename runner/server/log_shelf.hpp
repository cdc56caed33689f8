// SPDX-License-Identifier: Apache-2.0
//
// Logs that somebody looks into, kept open with the index of their lines, so that the next look into a large one is
// quick. The last that were asked for; any thread, one at a time for each log; calls block.
#pragma once

#include "runner/log/log_reader.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

namespace latchkey::server {

class log_shelf {
public:
    // not_found: there is no such log (any more).
    result<void> with(const std::filesystem::path& file, const std::function<result<void>(log::log_reader&)>& look);

private:
    struct kept {
        std::filesystem::path file;
        std::mutex mutex;
        std::optional<log::log_reader> reader;
    };
    std::shared_ptr<kept> take(const std::filesystem::path& file);
    std::mutex mutex_;
    std::list<std::shared_ptr<kept>> recent_;  // the last one asked for first
};

}  // namespace latchkey::server
