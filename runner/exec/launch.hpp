// SPDX-License-Identifier: Apache-2.0
//
// Starts a program as vfork does: memory is shared until exec, so the cost does not grow with the parent's memory,
// and an exec that fails is told at once. Where asked for, inside a process namespace. A launched program belongs to
// its owner, on one thread; the thread that launched must outlive it (parent-death signal).
#pragma once

#include "runner/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::exec {

class process_namespace;

struct launch_request {
    std::string program;                   // a path
    std::vector<std::string> arguments;    // with argv[0]
    std::vector<std::string> environment;  // NAME=value
    std::string directory;                 // where it starts; empty: ours
    int output = -1;                       // becomes stdout, and stderr too; -1: /dev/null
    int errors = -1;                       // becomes stderr instead
    std::vector<int> inherited;            // become descriptors 3, 4, …
    std::vector<int> groups;               // cgroup.procs files: it is in these from its first instruction on
    bool own_session = true;
    int mounts = -1;  // the mount namespace to start in, and its folder /; -1: ours
    int root = -1;
    process_namespace* inside = nullptr;  // where it runs, for as long as it does; none: beside us

    launch_request() = default;
    launch_request(const launch_request&) = delete;
    launch_request& operator=(const launch_request&) = delete;
    ~launch_request();  // wipes the environment, which may hold secrets
};

class launched {
public:
    // Not ended yet: kills it (and the namespace that it is in) and waits.
    ~launched();
    launched(const launched&) = delete;
    launched& operator=(const launched&) = delete;

    // Readable once the program has ended.
    int pidfd() const;

    // Reaps without blocking: true once it has ended.
    bool reap();
    // After the end: a wait status as of waitpid. Nothing: another part of this program took it.
    std::optional<int> status() const;

    // SIGTERM to everything in the namespace, or to the session's process group; SIGKILL likewise. Nothing after the
    // end.
    void terminate();
    void kill();

    struct state;
    explicit launched(std::unique_ptr<state>);

private:
    void send(int signal);
    std::unique_ptr<state> state_;
};

// engine: what could not be done and why ("can't start /bin/sh: Permission denied"). refused: the namespace asked for
// can't be had here.
result<std::unique_ptr<launched>> launch(const launch_request&);

}  // namespace latchkey::exec
