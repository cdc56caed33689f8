// SPDX-License-Identifier: Apache-2.0
//
// The files that only one action sees: a private folder (0700) in memory (tmpfs), gone with this object.
// One owner, one thread; blocks for a few system calls on tmpfs.
#pragma once

#include "runner/exec/backend.hpp"

#include <string>
#include <utility>
#include <vector>

namespace latchkey::exec {

class secret_files {
public:
    // engine: there is no tmpfs to put them on, or they can't be written. No files: no folder.
    static result<secret_files> write(const std::vector<secret_file>&);

    secret_files() = default;
    secret_files(secret_files&&) noexcept;
    secret_files& operator=(secret_files&&) noexcept;
    ~secret_files();

    // For each file: the variable and the path it holds.
    const std::vector<std::pair<std::string, std::string>>& variables() const { return variables_; }

private:
    void remove() noexcept;
    std::string folder_;
    std::vector<std::pair<std::string, std::string>> variables_;
};

}  // namespace latchkey::exec
