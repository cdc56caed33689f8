// SPDX-License-Identifier: Apache-2.0
//
// What earlier attempts of a run, and runs before it, mean for the next attempt. Reads the store and blocks; no
// thread rule. Private to the service.
#pragma once

#include "runner/run/service.hpp"

#include <vector>

namespace latchkey::run {

// Whether it went wrong the last time, in an earlier attempt or else in the run before. What was cancelled or skipped
// tells nothing.
result<bool> failed_before(store::store&, const store::run_record&, int attempt);

// Which actions succeeded so far, over all attempts: the last word on each counts.
// What came of an action before others that come before it were executed anew (a deployment of the build before) does
// not count.
result<std::vector<bool>> succeeded_before(store::store&, const store::run_record&,
                                           const std::vector<pipelines::planned_action>&);

// Which actions an attempt executes that is made from action `from` on (-1: from the first that has not succeeded).
// What comes after `from` is executed again, or only that one action; and the approvals that stand before it and were
// not given.
result<retry_scope> scope_of(store::store&, const store::run_record&, const std::vector<pipelines::planned_action>&,
                             int from, bool only_that_action);

// What carried actions passed on. The value of a secret is not kept: an action that passed one on is executed again,
// and what comes after it.
result<void> carry_variables(store::store&, const store::run_record&, const std::vector<pipelines::planned_action>&,
                             retry_scope&);

}  // namespace latchkey::run
