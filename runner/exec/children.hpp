// SPDX-License-Identifier: Apache-2.0
//
// The processes that launch() started and nobody has reaped yet: a sweep of orphans must not take one of them. One
// list for the program, as there is one set of children. Any thread.
#pragma once

#include <mutex>
#include <set>
#include <sys/types.h>

namespace latchkey::exec {

class children {
public:
    // While it lives no other thread starts or reaps a launched process.
    class hold {
    public:
        hold();
        void add(pid_t);
        void remove(pid_t);
        bool contains(pid_t) const;

    private:
        children& list_;
        std::unique_lock<std::mutex> lock_;
    };

private:
    static children& all();
    std::mutex mutex_;
    std::set<pid_t> launched_;
};

}  // namespace latchkey::exec
