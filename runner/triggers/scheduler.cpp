// SPDX-License-Identifier: Apache-2.0
#include "runner/triggers/scheduler.hpp"

#include <algorithm>

namespace latchkey::triggers {

namespace {

constexpr std::chrono::hours longest_pause{1};
constexpr std::chrono::seconds pause_after_failure{60};

}  // namespace

scheduler::outcome scheduler::look() {
    const std::chrono::sys_seconds now = time_();
    outcome out;
    out.look_again = now + longest_pause;
    const auto again_by = [&out](std::chrono::sys_seconds when) { out.look_again = std::min(out.look_again, when); };
    const auto plans = plans_();
    if (!plans) {
        out.failed.push_back(plans.error().what);
        again_by(now + pause_after_failure);
        return out;
    }
    for (const planned& p : *plans) {
        if (const auto due = pipelines::due_at(p.when, p.seen, now)) {
            const auto started = start_({p.key, due->at, due->times}, now);
            if (!started && started.error().code != errc::conflict) {
                out.failed.push_back(p.key + ": " + started.error().what);
                again_by(now + pause_after_failure);
            }
        }
        if (const auto next = pipelines::next_due(p.when, now)) again_by(*next);
    }
    return out;
}

}  // namespace latchkey::triggers
