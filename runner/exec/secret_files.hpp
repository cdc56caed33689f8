// SPDX-License-Identifier: Apache-2.0
//
// The files that only one action sees: a private folder (0700) in memory (tmpfs), gone with this object. It is locked
// while it is used, so that what a killed runner left behind can be told and removed.
// One owner, one thread; blocks for a few system calls on tmpfs.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/descriptor.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::exec {

class secret_files {
public:
    // engine: there is no tmpfs to put them on, or they can't be written. No files: no folder.
    static result<secret_files> write(const std::vector<secret_file>&);

    // Removes the folders of runners of ours that were killed. A younger one may not be locked yet.
    static void remove_left_behind(std::chrono::seconds age = std::chrono::seconds(60));

    secret_files() = default;
    secret_files(secret_files&&) noexcept;
    secret_files& operator=(secret_files&&) = delete;
    ~secret_files();

    // For each file: the variable and the path it holds.
    const std::vector<std::pair<std::string, std::string>>& variables() const { return variables_; }

private:
    void remove() noexcept;
    std::string folder_;
    descriptor lock_;
    std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace latchkey::exec
