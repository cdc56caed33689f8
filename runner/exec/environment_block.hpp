// SPDX-License-Identifier: Apache-2.0
//
// The environment of an action that is a process of this machine: the machine's variables, the request's, its secrets
// and the paths of its private files, each name once: what comes later stands. Any thread.
#pragma once

#include "runner/exec/backend.hpp"
#include "runner/exec/secret_files.hpp"

namespace latchkey::exec {

// NAME=value each, appended; secrets are among them, so the owner wipes them. engine: a name or a value that no
// environment can hold.
result<void> write_environment(const request&, const secret_files&, std::vector<std::string>& into);

}  // namespace latchkey::exec
