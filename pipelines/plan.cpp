// SPDX-License-Identifier: Apache-2.0
#include "pipelines/plan.hpp"

#include "pipelines/assignments.hpp"
#include "pipelines/catalogue.hpp"
#include "pipelines/plan_environment.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

bool asks_for_variable(const condition& each) {
    return (each.kind >= condition_kind::var_is && each.kind <= condition_kind::var_greater_than_or_equal) ||
           std::ranges::any_of(each.operands, asks_for_variable);
}

// What an action may set while the run goes on. Only needed where a condition asks for a variable.
std::set<std::string> changing_variables_of(const pipeline& from) {
    std::set<std::string> names;
    const bool asked = std::ranges::any_of(
        from.actions, [](const action& step) { return std::ranges::any_of(step.conditions, asks_for_variable); });
    if (!asked) return names;
    names = {"BUDDY_ACTION_EARLY_EXIT_REASON", "BUDDY_FAILED_ACTION_LOGS", "BUDDY_FAILED_ACTION_NAME"};
    const auto add_settable = [&](const std::vector<variable>& variables, bool all) {
        for (const variable& each : variables)
            if (all || each.settable) names.insert(each.key.value);
    };
    add_settable(from.variables, false);
    for (const action& step : from.actions) {
        add_settable(step.variables, lists_foreign_variables(step));
        for (const text& command : step.setup_commands) add_assigned_names(command.value, names);
        for (const text& command : step.commands) add_assigned_names(command.value, names);
    }
    return names;
}

// An action's variables over the run's, for as long as its conditions are looked at.
class facts_overlay {
public:
    facts_overlay(condition_facts& facts, const std::vector<environment_entry>& entries) : facts_(facts) {
        before_.reserve(entries.size());
        for (const environment_entry& entry : entries) {
            before_.push_back({entry.name, take(entry.name), facts_.secret_variables.contains(entry.name)});
            set(entry.name, entry.value, entry.secret);
        }
    }
    ~facts_overlay() {
        for (auto& [name, value, secret] : before_) set(name, std::move(value), secret);
    }
    facts_overlay(const facts_overlay&) = delete;
    facts_overlay& operator=(const facts_overlay&) = delete;

private:
    struct replaced {
        std::string name;
        std::optional<std::string> value;
        bool secret = false;
    };

    std::optional<std::string> take(const std::string& name) {
        const auto found = facts_.variables.find(name);
        if (found == facts_.variables.end()) return std::nullopt;
        return std::move(found->second);
    }

    void set(const std::string& name, std::optional<std::string> value, bool secret) {
        facts_.variables.erase(name);
        facts_.secret_variables.erase(name);
        if (secret) {
            facts_.secret_variables.insert(name);
        } else if (value) {
            facts_.variables[name] = std::move(*value);
        }
    }

    condition_facts& facts_;
    std::vector<replaced> before_;
};

class plan_builder {
public:
    plan_builder(const pipeline& from, const run_context& context, diagnostics& problems)
        : from_(from), problems_(problems), environment_(from, context, problems), facts_(context.facts) {
        out_.pipeline = from.id.value;
        out_.environment = environment_.entries();
        for (const environment_entry& entry : out_.environment) {
            if (entry.secret) {
                facts_.secret_variables.insert(entry.name);
            } else {
                facts_.variables[entry.name] = entry.value;
            }
        }
    }

    plan build() {
        if (from_.disabled) {
            out_.skipped_because = "it is disabled";
            if (!from_.disabled_reason.empty()) out_.skipped_because += ": " + in_backticks(from_.disabled_reason);
        } else {
            out_.skipped_because = evaluate(from_.conditions, facts_).why_not;
        }
        out_.actions.reserve(from_.actions.size());
        facts_.changing_variables = changing_variables_of(from_);
        const variable_lookup value_of = [&](std::string_view name) { return environment_.value_of(name, nullptr); };
        for (const loop_cell& cell : loop_cells(from_.loop, value_of, problems_)) {
            for (const action& step : from_.actions)
                if (!add_cells(step, cell)) return std::move(out_);
            stage_open_ = false;
        }
        return std::move(out_);
    }

private:
    // False: the plan is full.
    bool add_cells(const action& step, const loop_cell& outer) {
        const variable_lookup value_of = [&](std::string_view name) -> std::optional<std::string> {
            for (const auto& [variable, value] : outer)
                if (variable == name) return value;
            return environment_.value_of(name, &step);
        };
        const std::vector<text> no_loop;
        for (loop_cell& cell : loop_cells(step.disabled ? no_loop : step.loop, value_of, problems_)) {
            if (out_.actions.size() == most_planned_actions) {
                problems_.push_back({severity::error, "P066", step.where,
                                     "the plan has more than " + std::to_string(most_planned_actions) + " actions",
                                     "list fewer values in the loops"});
                return false;
            }
            if (!outer.empty()) cell.insert(cell.begin(), outer.begin(), outer.end());
            add(step, cell);
        }
        return true;
    }

    void add(const action& step, const loop_cell& cell) {
        if (!stage_open_) ++out_.stages;
        stage_open_ = step.run_next != run_next::wait_on_success;

        planned_action next;
        next.index = static_cast<std::uint32_t>(out_.actions.size());
        next.place = static_cast<std::uint32_t>(&step - from_.actions.data());
        next.definition = &step;
        next.name = cell_name(step.name.value, cell);
        next.stage = out_.stages - 1;
        diagnostics missing;
        next.environment = environment_.of(step, cell, missing);
        decide(step, next);
        if (next.may_run) {
            // What several cells lack is one fault of the file.
            for (diagnostic& each : missing)
                if (reported_.emplace(each.where.begin, each.code).second) problems_.push_back(std::move(each));
            add_given(step, next);
            for (const integration_reference& reference : step.integrations) {
                out_.uses.push_back({next.index, reference});
                if (step.kind != nullptr && step.kind->gives_integration) given_.emplace_back(next.stage, reference);
            }
        }
        out_.actions.push_back(std::move(next));
    }

    // What an action before gives to those after it is a use of each of them, so each is decided for itself. First,
    // as an action's own integrations come over it.
    void add_given(const action& step, const planned_action& next) {
        if (step.kind == nullptr || (step.kind->execution != execution_kind::commands &&
                                     (step.kind->execution != execution_kind::native || !step.integrations.empty())))
            return;
        for (const auto& [stage, reference] : given_)
            if (stage < next.stage) out_.uses.push_back({next.index, reference});
    }

    void decide(const action& step, planned_action& next) {
        if (!out_.skipped_because.empty()) {
            next.skipped_because = "the pipeline would not run";
            next.may_run = false;
        } else if (step.disabled) {
            next.skipped_because = "it is disabled";
            next.may_run = false;
        } else if (!step.conditions.empty()) {
            const facts_overlay own(facts_, next.environment);
            condition_result result = evaluate(step.conditions, facts_);
            next.may_run = result.met || !result.settled;
            next.skipped_because = std::move(result.why_not);
        }
    }

    const pipeline& from_;
    diagnostics& problems_;
    run_environment environment_;
    condition_facts facts_;
    plan out_;
    std::set<std::pair<std::uint32_t, std::string>> reported_;
    std::vector<std::pair<std::uint32_t, integration_reference>> given_;  // from which stage on
    bool stage_open_ = false;  // the action before lets the next one run beside it
};

}  // namespace

plan compile(const pipeline& from, const run_context& context, diagnostics& problems) {
    return plan_builder(from, context, problems).build();
}

}  // namespace latchkey::pipelines
