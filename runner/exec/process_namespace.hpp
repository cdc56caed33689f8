// SPDX-License-Identifier: Apache-2.0
//
// A process namespace with its own /proc and a private folder in memory, in which one program after another is
// started. Whatever runs in it dies with it. It is used again only for as long as it is as it was made: making one
// costs as much as a small program. Programs are started in it from outside, as docker exec does: they are our
// children, and have no parent in it. One owner, on one thread, which must outlive it (parent-death signal).
#pragma once

#include "runner/error.hpp"

#include <memory>
#include <string>

namespace latchkey::exec {

struct private_place;

class process_namespace {
public:
    // refused: it can't be had here, in one clause why.
    static result<std::unique_ptr<process_namespace>> make();
    // Kills everything in it and waits for its end.
    ~process_namespace();
    process_namespace(const process_namespace&) = delete;
    process_namespace& operator=(const process_namespace&) = delete;

    // Descriptors for who enters it: of its processes, its mounts, its folder /.
    int processes() const;
    int mounts() const;
    int root() const;

    // Where files of a program in it are put, for nobody else to see. None: there is no memory to put them in.
    const private_place* place() const;

    // Whether nothing runs in it, nothing is left in its place, and nobody has changed a mount: the next program
    // finds it as the first one did.
    bool as_made() const;

    // SIGTERM to everything in it.
    void terminate() const;
    // SIGKILL to everything in it, and its end.
    void kill();
    // Readable once everything in it has ended, after kill().
    int pidfd() const;

    struct state;
    explicit process_namespace(std::unique_ptr<state>);

private:
    std::unique_ptr<state> state_;
};

// Children of the calling thread are born in the namespace while this lives; none: nothing changes.
class birthplace {
public:
    explicit birthplace(const process_namespace*);
    ~birthplace();
    birthplace(const birthplace&) = delete;
    birthplace& operator=(const birthplace&) = delete;
    int error() const { return error_; }  // an errno, 0: it is as asked

private:
    bool elsewhere_ = false;
    int error_ = 0;
};

// Whether our capabilities allow process namespaces. Cheap; something else may still forbid them.
bool may_make_namespaces();

// Whether one can really be made: makes one, once. Where not, `why` gets one clause.
bool process_namespaces_work(std::string* why = nullptr);

}  // namespace latchkey::exec
