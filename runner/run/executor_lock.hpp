// SPDX-License-Identifier: Apache-2.0
//
// Who executes a run: the process that holds its lock. The kernel lets the lock go when the process dies, however it
// dies, so another process can tell whether the executor lives, and ask it to stop. One owner; any thread. Blocks for
// system calls.
#pragma once

#include "runner/error.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace latchkey::run {

class executor_lock {
public:
    // `mark` is what the executor's processes carry. conflict: another process executes this run.
    static result<executor_lock> take(const std::filesystem::path& run_folder, const std::string& mark);

    // The mark of the executor that has it, or had it last; empty where none is known.
    static std::string mark_in(const std::filesystem::path& run_folder);

    // Whether anybody ever took it.
    static bool exists(const std::filesystem::path& run_folder);

    executor_lock(executor_lock&&) noexcept;
    executor_lock& operator=(executor_lock&&) noexcept;
    ~executor_lock();

private:
    explicit executor_lock(int fd) : fd_(fd) {}
    int fd_ = -1;
};

// Asks the process that executes the run to cancel it. not_found: none does.
result<void> ask_executor_to_stop(const std::filesystem::path& run_folder);

}  // namespace latchkey::run
