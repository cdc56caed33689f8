// SPDX-License-Identifier: Apache-2.0
//
// What runs between clone and exec, in a process that shares our memory: nothing here allocates, uses thread-local
// data of ours while our thread runs, or may be followed by a sanitizer. Private to launch.cpp.
#pragma once

#include <atomic>
#include <cstddef>

namespace latchkey::exec {

// How far the child came; with an error number it says what failed.
enum class stage : int { session, output, script, directory, mounts, fork, exec };

// Shared with the child, in memory that both see whether it shares ours or not.
struct channel {
    std::atomic<int> ready{0};       // 1: the program was started, or starting it failed
    std::atomic<int> failed_at{-1};  // a stage
    std::atomic<int> error{0};
    std::atomic<int> status{-1};  // the program's wait status, once the minder has told it
    // What the child needs, prepared before: it may not allocate.
    const char* program = nullptr;
    char* const* argv = nullptr;
    char* const* envp = nullptr;
    const char* directory = nullptr;
    int output = -1;
    int errors = -1;
    int script = -1;
    bool own_session = true;
    bool shares_memory = true;  // not under the thread sanitizer, whose runtime refuses it
    std::byte* program_stack = nullptr;
};

// The program's process until exec. Returns only on failure, which the channel tells.
int program_main(void* channel);

// The first process of a namespace: makes /proc show this namespace only, starts the program, reaps, forwards SIGTERM
// to everything, and ends with the program. Everything else in the namespace dies with it.
int minder_main(void* channel);

}  // namespace latchkey::exec
