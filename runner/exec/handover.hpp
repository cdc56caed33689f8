// SPDX-License-Identifier: Apache-2.0
//
// What an action in a container is handed: its script, its secrets and its private files, in a folder in memory that
// only this container is shown (at handover::place), gone with this object. Nothing of it is in the container's
// settings, which whoever may talk to the engine can read. One owner, one thread; blocks for a few system calls.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/memory_folder.hpp"

namespace latchkey::exec {

class handover {
public:
    static constexpr std::string_view place = "/run/latchkey";
    static constexpr std::string_view place_back = "/run/latchkey-back";  // the only part that the action writes to

    // `for_everybody`: the container's processes may run as any user, so each may read it there; on this machine the
    // folder around it stays ours alone. engine: a name that no shell can export, or no tmpfs.
    static result<handover> write(const request&, bool for_everybody);

    handover() = default;
    handover(handover&&) = default;
    handover& operator=(handover&&) = default;

    std::string source() const { return folder_.path() + "/in"; }
    std::string back() const { return folder_.path() + "/back"; }
    bool collects() const { return collects_; }
    // What the action wrote to the file of its exports.
    std::string exported() const;
    // What the container starts, the program and its arguments: the shell reads the secrets, then the script.
    static constexpr const char* program = "/bin/sh";
    const std::vector<std::string>& arguments() const { return arguments_; }

private:
    memory_folder folder_;
    std::vector<std::string> arguments_;
    bool collects_ = false;
};

// 'it'"'"'s': one word for a shell, whatever is in it.
std::string shell_quoted(std::string_view);

}  // namespace latchkey::exec
