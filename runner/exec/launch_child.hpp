// SPDX-License-Identifier: Apache-2.0
//
// What runs between clone and exec, in a process that shares our memory: nothing here allocates, uses thread-local
// data of ours, or may be followed by a sanitizer. Private to launch.cpp.
#pragma once

#include <atomic>

namespace latchkey::exec {

// How far the child came; with an error number it says what failed.
enum class stage : int { groups, session, mounts, output, inherited, directory, exec };

// Shared with the child, in memory that both see whether it shares ours or not.
struct channel {
    std::atomic<int> failed_at{-1};  // a stage
    std::atomic<int> error{0};
    // What the child needs, prepared before: it may not allocate.
    const char* program = nullptr;
    char* const* argv = nullptr;
    char* const* envp = nullptr;
    const char* directory = nullptr;
    int mounts = -1;  // the mount namespace to enter, and its folder /
    int root = -1;
    int output = -1;
    int errors = -1;
    const int* inherited = nullptr;  // each beyond the number that it becomes
    unsigned inherited_count = 0;
    const int* groups = nullptr;
    unsigned group_count = 0;
    bool own_session = true;
};

// The program's process until exec. Returns only on failure, which the channel tells.
int program_main(void* channel);

}  // namespace latchkey::exec
