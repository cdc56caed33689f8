// SPDX-License-Identifier: Apache-2.0
//
// As root: a mount namespace in which the files of /etc that not everybody may read are covered, and which lacks the
// kernel's pseudo file systems. A sandbox starts in it: root's files are readable by their mode alone, and bubblewrap
// looks at every mount for each that it makes. Covering once is cheaper than covering for each action. One owner; no
// process is in it but those that are launched into it.
#pragma once

#include "runner/error.hpp"
#include "runner/exec/descriptor.hpp"

#include <filesystem>

namespace latchkey::exec {

struct covered_mounts {
    descriptor space;  // for setns
    descriptor root;   // its folder /

    // `accounts` lies in place of /etc/passwd. engine: the kernel refuses.
    static result<covered_mounts> make(const std::filesystem::path& accounts);
};

}  // namespace latchkey::exec
