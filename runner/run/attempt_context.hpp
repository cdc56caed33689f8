// SPDX-License-Identifier: Apache-2.0
//
// One attempt as the driver finds it: its plan, and which of its actions are executed. Value type; what it points to
// outlives it. Pure, no thread rule.
#pragma once

#include "pipelines/plan.hpp"
#include "policy/ids.hpp"
#include "runner/run/run_fsm.hpp"
#include "runner/vault/secret.hpp"

#include <map>
#include <string>
#include <vector>

namespace latchkey::run {

// Everything of one attempt that the driver only reads. All of it outlives the driver.
struct attempt_context {
    const pipelines::plan& plan;
    const pipelines::source& source;
    pipelines::condition_facts facts;                      // for conditions that are decided as the run goes
    const std::map<std::string, vault::secret>& supplied;  // secret variables, by name
    const std::map<std::string, vault::secret>& keys;      // default_keys.hpp
    policy::run_id run;
    int attempt = 1;
    std::vector<bool> carried;   // by action: succeeded in an earlier attempt
    std::vector<bool> left_out;  // by action: not part of this attempt
    bool previous_failed = false;
    std::map<std::string, std::string> parameters;  // given for this run
};

// What the state machine has to know of it.
run_shape shape_of(const attempt_context&, int jobs);

}  // namespace latchkey::run
