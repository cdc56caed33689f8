// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/children.hpp"

namespace latchkey::exec {

children& children::all() {
    static children list;
    return list;
}

children::hold::hold() : list_(all()), lock_(list_.mutex_) {}

void children::hold::add(pid_t pid) {
    list_.launched_.insert(pid);
}

void children::hold::remove(pid_t pid) {
    list_.launched_.erase(pid);
}

bool children::hold::contains(pid_t pid) const {
    return list_.launched_.contains(pid);
}

}  // namespace latchkey::exec
