// SPDX-License-Identifier: Apache-2.0
//
// A folder (0700) in memory (tmpfs), gone with this object. All of them lie in one, so that a view of the machine can
// leave them all out (process_namespace.hpp). It is locked while it is used, so that what a killed
// runner left behind can be told and removed. One owner, one thread; blocks for a few system calls on tmpfs.
#pragma once

#include "runner/error.hpp"
#include "runner/exec/descriptor.hpp"

#include <chrono>
#include <string>

namespace latchkey::exec {

class memory_folder {
public:
    // Never on a disk: what is written there may outlive us. engine: there is no tmpfs that we may write to.
    static result<memory_folder> make();

    // Where all of them lie. refused: somebody else has put something there.
    static result<std::string> parent();
    // Removes the folders of runners of ours that were killed. A younger one may not be locked yet.
    static void remove_left_behind(std::chrono::seconds age = std::chrono::seconds(60));

    memory_folder() = default;
    memory_folder(memory_folder&&) noexcept;
    memory_folder& operator=(memory_folder&&) noexcept;
    ~memory_folder();

    const std::string& path() const { return path_; }  // without links

private:
    std::string path_;
    descriptor lock_;
};

}  // namespace latchkey::exec
