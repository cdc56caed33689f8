// SPDX-License-Identifier: Apache-2.0
//
// What changed since the last successful run of a pipeline, as a run keeps it: found once, before the run, so that a
// retry decides and says the same. Git is asked only where a condition or a built-in variable needs it. Blocks where
// it asks; no thread rule.
#pragma once

#include "pipelines/condition.hpp"
#include "pipelines/variables.hpp"
#include "runner/run/definition.hpp"
#include "runner/store/store.hpp"

#include <string>

namespace latchkey::run {

// A condition of the pipeline or of an action asks for changes, at any depth.
bool has_change_conditions(const pipelines::pipeline&);

// For store::run_source::changes. Never fails: where it can't be told what changed, everything counts as changed, and
// the facts say why. Empty where nothing asks.
result<store::facts> find_changes(store::store&, const definition&, const store::run_source&, policy::pipeline_id);

// What conditions and built-in variables see of it.
void tell_changes(const store::facts&, pipelines::condition_facts&);
void tell_changes(const store::facts&, pipelines::run_facts&);

// "everything counts as changed: …"; empty where it does not, or where no condition asks.
std::string why_everything_changed(const store::facts&, const pipelines::pipeline&);

}  // namespace latchkey::run
