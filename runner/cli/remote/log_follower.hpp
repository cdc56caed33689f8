// SPDX-License-Identifier: Apache-2.0
//
// Prints what a run's actions print on the server while they do, until the run's attempt has ended. Each action that
// runs is read by a thread of its own; all are joined before this is gone.
#pragma once

#include "runner/cli/remote/place.hpp"

#include <list>
#include <map>
#include <mutex>
#include <thread>

namespace latchkey::cli::remote {

class log_follower {
public:
    // `only`: the name of an action; empty: all of them.
    log_follower(place&, std::string execution_path, std::vector<std::string> names, std::string only);
    ~log_follower();
    log_follower(const log_follower&) = delete;
    log_follower& operator=(const log_follower&) = delete;

    result<void> follow(int attempt);

private:
    struct reading {
        std::string action_path;
        bool ended = false;  // the action; read under the mutex
        std::uint64_t lines = 0;
        std::size_t in_line = 0;  // bytes of the line after those
        std::jthread reader;
    };
    void start(std::size_t action);
    void end(std::size_t action);
    void read(std::size_t action, reading&);
    void print(std::size_t action, std::string_view text);
    void count(reading&, std::string_view text);

    place& place_;
    std::string path_;
    std::vector<std::string> names_;
    std::string only_;
    std::mutex mutex_;  // of what is printed, and of the readings
    std::map<std::size_t, reading> readings_;
    std::optional<std::size_t> shown_;
    bool in_line_ = false;
};

}  // namespace latchkey::cli::remote
