// SPDX-License-Identifier: Apache-2.0
#include "runner/run/attempt_context.hpp"

namespace latchkey::run {

run_shape shape_of(const attempt_context& c, int jobs) {
    run_shape shape;
    shape.jobs = jobs;
    shape.previous_failed = c.previous_failed;
    shape.actions.reserve(c.plan.actions.size());
    for (const pipelines::planned_action& p : c.plan.actions) {
        action_shape a;
        a.stage = p.stage;
        a.when = p.definition->trigger_time;
        if (p.index > 0) {
            const pipelines::planned_action& before = c.plan.actions[p.index - 1];
            a.beside_previous =
                before.stage == p.stage && before.definition->run_next == pipelines::run_next::in_hard_parallel;
        }
        a.ignore_errors = p.definition->ignore_errors;
        a.only_on_first_failure = p.definition->run_only_on_first_failure;
        a.retry_count = p.definition->retry_count;
        a.retry_interval = p.definition->retry_interval;
        a.carried = p.index < c.carried.size() && c.carried[p.index];
        a.left_out = p.index < c.left_out.size() && c.left_out[p.index];
        shape.actions.push_back(a);
    }
    return shape;
}

}  // namespace latchkey::run
