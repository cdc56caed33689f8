// SPDX-License-Identifier: Apache-2.0
//
// What each action of a run may use at most, from what a person wrote: checked before there is a run, kept with it,
// and the same for a retry. Pure, no thread rule.
#pragma once

#include "runner/error.hpp"
#include "runner/exec/backend.hpp"
#include "runner/store/store.hpp"

namespace latchkey::run {

struct run_limits {
    exec::limits use;
    bool network = true;
};

// memory: bytes, or a number with K, M or G (of 1024); cpus: a number, 0.01 or more; pids: a number from 2 on;
// network: on or off. usage: which value can't be, and what can.
result<run_limits> limits_from(const store::facts&);

}  // namespace latchkey::run
