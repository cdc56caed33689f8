// SPDX-License-Identifier: Apache-2.0
//
// The first process of a process namespace. It shares our memory and descriptors and runs nothing but system calls:
// makes /proc show its namespace only, opens what others need to enter it, and then reaps and forwards SIGTERM to
// everything until it is killed, which kills everything in the namespace. Private to process_namespace.cpp.
#pragma once

#include <atomic>

namespace latchkey::exec {

// How far the minder came; with an error number it says what failed.
enum class minder_stage : int { mounts, handles };

// What it tells, in memory that outlives it.
struct minder_channel {
    std::atomic<int> ready{0};       // 1: the namespace can be entered, or making it failed
    std::atomic<int> failed_at{-1};  // a minder_stage
    std::atomic<int> error{0};
    // What it needs, prepared before: it may not allocate.
    const char* private_folder = nullptr;  // to be memory of the namespace's own; none: there is none
    // Descriptors, of us all.
    int pid_namespace = -1;
    int mount_namespace = -1;
    int root = -1;    // the folder / of the namespace
    int proc = -1;    // its /proc, to be listed
    int place = -1;   // the private folder, as the namespace sees it
    int mounts = -1;  // its table of mounts: poll() tells when it changes
};

int minder_main(void* channel);

}  // namespace latchkey::exec
