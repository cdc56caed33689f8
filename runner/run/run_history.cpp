// SPDX-License-Identifier: Apache-2.0
#include "runner/run/run_history.hpp"

#include "runner/run/flow.hpp"

#include <algorithm>
#include <limits>

namespace latchkey::run {

namespace {

bool is_part_of(const store::run_source& source, std::uint32_t place) {
    return source.only_actions.empty() ||
           std::ranges::find(source.only_actions, std::to_string(place + 1)) != source.only_actions.end();
}

bool is_ordinary(const pipelines::planned_action& p) {
    return p.definition->trigger_time == pipelines::trigger_time::on_every_execution;
}

// Whether the whole pipeline would come to the one before the other.
bool stands_before(const pipelines::planned_action& one, const pipelines::planned_action& other) {
    return is_ordinary(one) == is_ordinary(other) ? one.index < other.index : is_ordinary(one);
}

// An approval that was not given in this run is asked for before what it stands before, whatever was chosen.
void keep_approvals(const std::vector<pipelines::planned_action>& actions, retry_scope& scope) {
    const std::vector<bool> not_chosen = scope.not_executed();
    for (const pipelines::planned_action& p : actions)
        if (scope.left_out[p.index] && !scope.carried[p.index] && is_approval(*p.definition))
            scope.left_out[p.index] = std::ranges::none_of(actions, [&](const pipelines::planned_action& other) {
                return !not_chosen[other.index] && stands_before(p, other) &&
                       other.definition->trigger_time != pipelines::trigger_time::on_wait_for_approve;
            });
}

}  // namespace

result<bool> failed_before(store::store& s, const store::run_record& run, int attempt) {
    for (auto a = run.attempts.rbegin(); a != run.attempts.rend(); ++a)
        if (a->number < attempt && (a->status == status::failed || a->status == status::successful))
            return a->status == status::failed;
    auto before = s.runs({std::nullopt, run.pipeline, 50});
    if (!before) return before.error();
    for (const store::run_record& r : *before)
        if (r.id < run.id &&
            (r.attempts.back().status == status::failed || r.attempts.back().status == status::successful))
            return r.attempts.back().status == status::failed;
    return false;
}

result<std::vector<bool>> succeeded_before(store::store& s, const store::run_record& run,
                                           const std::vector<pipelines::planned_action>& actions) {
    std::vector<std::size_t> success(actions.size());  // when, counted over all attempts; 0: none
    std::vector<std::size_t> started(actions.empty() ? 0 : actions.back().stage + 1);  // by stage, the last of any
    std::size_t now = 0;
    for (const store::attempt_record& attempt : run.attempts) {
        auto events = s.events(run.id, attempt.number, 0);
        if (!events) return events.error();
        for (const event& e : *events) {
            if (e.action < 0 || static_cast<std::size_t>(e.action) >= actions.size()) continue;
            const auto action = static_cast<std::size_t>(e.action);
            ++now;
            if (e.kind == event_kind::action_ended) success[action] = e.status == status::successful ? now : 0;
            if (e.kind == event_kind::action_started) started[actions[action].stage] = now;
        }
    }
    std::vector<bool> succeeded(actions.size());
    std::size_t before = 0;  // the last start in an earlier stage
    for (std::size_t i = 0; i < actions.size(); ++i) {
        if (i > 0)
            for (std::uint32_t stage = actions[i - 1].stage; stage < actions[i].stage; ++stage)
                before = std::max(before, started[stage]);
        succeeded[i] = success[i] > before;
    }
    return succeeded;
}

result<retry_scope> scope_of(store::store& s, const store::run_record& run,
                             const std::vector<pipelines::planned_action>& actions, int from, bool only_that_action) {
    auto succeeded = succeeded_before(s, run, actions);
    if (!succeeded) return succeeded.error();
    retry_scope scope;
    scope.carried.resize(actions.size());
    scope.left_out.resize(actions.size());
    for (const pipelines::planned_action& p : actions) {
        const int index = static_cast<int>(p.index);
        const bool again = from >= 0 && index >= from && (!only_that_action || index == from);
        scope.carried[p.index] = is_ordinary(p) && (*succeeded)[p.index] && !again;
        scope.left_out[p.index] =
            (only_that_action && index != from && !scope.carried[p.index]) || !is_part_of(run.source, p.place);
    }
    if (auto carried = carry_variables(s, run, actions, scope); !carried) return carried.error();
    keep_approvals(actions, scope);
    return scope;
}

result<void> carry_variables(store::store& s, const store::run_record& run,
                             const std::vector<pipelines::planned_action>& actions, retry_scope& scope) {
    std::vector<std::pair<std::size_t, std::string>> passed;
    std::uint32_t again_from = std::numeric_limits<std::uint32_t>::max();  // a stage
    for (const store::attempt_record& attempt : run.attempts) {
        auto events = s.events(run.id, attempt.number, 0);
        if (!events) return events.error();
        for (event& e : *events) {
            const auto action = static_cast<std::size_t>(e.action);
            if (e.kind != event_kind::variable_passed || e.action < 0 || action >= actions.size()) continue;
            if (!scope.carried[action]) continue;
            if (e.text.find('=') == std::string::npos) again_from = std::min(again_from, actions[action].stage);
            passed.emplace_back(action, std::move(e.text));
        }
    }
    for (const pipelines::planned_action& p : actions)
        if (p.stage >= again_from) scope.carried[p.index] = false;
    for (const auto& [action, text] : passed)
        if (scope.carried[action])
            scope.passed.emplace_back(text.substr(0, text.find('=')), text.substr(text.find('=') + 1));
    return {};
}

std::vector<bool> retry_scope::not_executed() const {
    std::vector<bool> all = carried;
    for (std::size_t i = 0; i < left_out.size(); ++i) all[i] = all[i] || left_out[i];
    return all;
}

}  // namespace latchkey::run
