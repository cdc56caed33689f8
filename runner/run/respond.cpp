// SPDX-License-Identifier: Apache-2.0
//
// An answer to an action that waits for people, from outside of the process that executes the run.
#include "runner/run/service.hpp"
#include "runner/run/variable_values.hpp"

#include <algorithm>
#include <map>

namespace latchkey::run {

namespace {

// The actions that wait for people, by their place in the plan.
std::map<std::int32_t, bool> waiting_in(const std::vector<event>& events) {
    std::map<std::int32_t, bool> waits;
    for (const event& e : events) {
        if (e.action < 0) continue;
        if (e.kind == event_kind::waiting) waits[e.action] = true;
        if (e.kind == event_kind::answered || e.kind == event_kind::action_ended) waits.erase(e.action);
    }
    return waits;
}

// With what the run was given at its start.
result<question> question_in(const compiled& c, const pipelines::planned_action& p, const store::run_record& run) {
    auto q = question_of(*p.definition, p.name, plain_variables(c.plan, p.index, {}));
    if (q && is_approval(*p.definition)) put_forward(*q, run.source.parameters);
    return q;
}

}  // namespace

result<std::vector<open_question>> service::open_questions(const store::run_record& run, policy::user_id reader) {
    std::vector<open_question> all;
    auto events = around_.store.events(run.id, run.attempts.back().number, 0);
    if (!events) return events.error();
    const auto waits = waiting_in(*events);
    if (waits.empty() || ended(run.attempts.back().status)) return all;
    auto kept = kept_definition(around_.store, run);
    if (!kept) return kept.error();
    auto c = compile_now(around_, **kept, run.source, run.pipeline, run.attempts.back().actor, run.number);
    if (!c) return c.error();
    auto user = around_.store.member_of(run.project, reader);
    if (!user) return user.error();
    for (const auto& [index, yes] : waits) {
        if (index >= static_cast<std::int32_t>(c->plan.actions.size())) continue;
        const pipelines::planned_action& p = c->plan.actions[static_cast<std::size_t>(index)];
        if (!may_answer(*p.definition, *user, run.attempts.back().actor == reader)) continue;
        auto q = question_in(*c, p, run);
        if (q) all.push_back({p.index, std::move(*q)});
    }
    return all;
}

result<std::string> service::respond(const store::run_record& run, const std::string& action, answer a,
                                     policy::user_id actor) {
    const std::string name = run.pipeline_name + " #" + std::to_string(run.number);
    auto events = around_.store.events(run.id, run.attempts.back().number, 0);
    if (!events) return events.error();
    const auto waits = waiting_in(*events);
    if (waits.empty() || ended(run.attempts.back().status))
        return failure(errc::conflict, name + " does not wait for anybody");
    auto kept = kept_definition(around_.store, run);
    if (!kept) return kept.error();
    const std::unique_ptr<definition>& d = *kept;
    auto c = compile_now(around_, *d, run.source, run.pipeline, run.attempts.back().actor, run.number, true);
    if (!c) return c.error();
    const pipelines::planned_action* chosen = nullptr;
    std::string list;
    for (const auto& [index, yes] : waits) {
        if (index >= static_cast<std::int32_t>(c->plan.actions.size())) continue;
        const pipelines::planned_action& p = c->plan.actions[static_cast<std::size_t>(index)];
        list += (list.empty() ? "\"" : ", \"") + p.name + "\"";
        if (action.empty() ? waits.size() == 1 : action == p.name || action == p.definition->name.value) chosen = &p;
    }
    if (chosen == nullptr)
        return failure(errc::usage, action.empty() ? "several actions wait, name one: " + list
                                                   : "\"" + action + "\" does not wait; these do: " + list);
    auto user = around_.store.member_of(run.project, actor);
    if (!user) return user.error();
    if (!may_answer(*chosen->definition, *user, run.attempts.back().actor == actor))
        return failure(errc::denied,
                       "you may not answer \"" + chosen->name + "\": its permissions leave it to others");
    const auto q = question_in(*c, *chosen, run);
    if (!q) return q.error();
    if (auto good = complete(*q, a); !good) return good.error();
    auto answered =
        around_.store.answer(run.id, run.attempts.back().number,
                             {static_cast<int>(chosen->index), a.accepted, actor, around_.clock(), a.variables});
    if (!answered) return answered.error();
    return chosen->name;
}

}  // namespace latchkey::run
