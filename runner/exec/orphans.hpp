// SPDX-License-Identifier: Apache-2.0
//
// Where no process namespace can be had: finds and kills what an action left behind. We are made the subreaper, so
// that whatever loses its parent becomes our child; whose it is, a mark in its environment tells. One that hides its
// environment is killed when no other action runs, so that no action loses a process to another's end. A second wall,
// weaker than a namespace: doctor says which is up. Every process that this program starts goes through launch(), or
// it would be taken for an orphan. One thread.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>

namespace latchkey::exec {

// The variable that carries the mark.
inline constexpr std::string_view mark_variable = "LATCHKEY_EXECUTION";

// Kills and reaps those of our children that launch() did not start and that live in this process namespace (the
// number of its file): a process may make its children its parent's.
void reap_strangers(ino_t process_namespace);

// What every mark of this program begins with: no other process, living or dead, has the same.
std::string executor_mark();

// Kills what a dead executor's actions left running, told by its mark; those of our own user only, and not what hides
// its environment.
void kill_left_by(const std::string& executor_mark);

class orphan_watch {
public:
    // From the first one on we are the subreaper.
    orphan_watch();
    // Sweeps, if nobody has.
    ~orphan_watch();
    orphan_watch(const orphan_watch&) = delete;
    orphan_watch& operator=(const orphan_watch&) = delete;

    const std::string& mark() const { return mark_; }

    // Whether this kernel lists a process's children.
    static bool possible();

    // After the action's first process has ended: kills and reaps what carries the mark, until there is nothing.
    void sweep();

private:
    std::string mark_;
    bool swept_ = false;
};

}  // namespace latchkey::exec
