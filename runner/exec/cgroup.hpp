// SPDX-License-Identifier: Apache-2.0
//
// A control group that holds one action, so that the kernel enforces its limits: of version 2 where this machine has
// one with the controllers, else of version 1. Beside our own group, so none of ours is limited with it. One owner; a
// few system calls. Gone with this object, once no process is in it.
#pragma once

#include "runner/error.hpp"
#include "runner/exec/backend.hpp"
#include "runner/exec/descriptor.hpp"

#include <string>
#include <vector>

namespace latchkey::exec {

class cgroup {
public:
    // engine: a limit can't be enforced here, in one clause which and why. Nothing is left behind then.
    static result<cgroup> make(const limits&);

    cgroup() = default;
    cgroup(cgroup&& other) noexcept = default;
    cgroup& operator=(cgroup&&) noexcept = delete;
    ~cgroup();

    // For launch_request::groups.
    std::vector<int> entries() const;
    // Whether a process in it was killed because there was no memory left.
    bool ran_out_of_memory() const;

private:
    struct folder {
        std::string path;
        descriptor entry;  // its cgroup.procs
    };
    result<void> enter(const std::string& path);
    std::vector<folder> folders_;
    std::string memory_;  // the file that counts those killed
};

}  // namespace latchkey::exec
