// SPDX-License-Identifier: Apache-2.0
//
// What of this machine an action in a sandbox sees, as bubblewrap's arguments. An allow list: the system's programs,
// read-only (/usr, /etc, /opt and the like); devices without a device behind them; a /proc of its own; its workspace,
// writable; everything else is not there. The root, the home folder, /tmp, /var and /run are its own, and gone with
// it. Files of /etc that not everybody may read stay hidden, which matters where we are root. Made once for a
// backend: looks at the file system. One thread.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/covered_mounts.hpp"
#include "runner/exec/memory_folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace latchkey::exec {

struct sandbox_options {
    std::vector<std::filesystem::path> readable;  // shown besides, read-only
    std::vector<std::filesystem::path> hidden;    // never shown, wherever they lie: our own data
};

class sandbox_view {
public:
    // engine: no memory to put a file into; a readable folder that is not there.
    static result<sandbox_view> make(const sandbox_options&);

    // For one action, with the folder of its private files where it has one. engine: a workspace that can't be shown.
    result<std::vector<std::string>> arguments(const request&, const std::string& private_folder) const;

    // Where bubblewrap starts; as root only.
    const covered_mounts& mounts() const { return covered_; }

private:
    std::vector<std::string> system_;
    std::vector<std::string> readable_;
    std::vector<std::filesystem::path> hidden_;
    memory_folder accounts_;  // as root: who we are in there
    covered_mounts covered_;
};

}  // namespace latchkey::exec
