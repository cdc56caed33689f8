// SPDX-License-Identifier: Apache-2.0
#include "runner/server/executions.hpp"

#include "runner/server/run_executor.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <cstdio>

namespace latchkey::server {

namespace {

// Over all attempts: what was carried over has its state in an earlier one.
result<std::vector<action_state>> states_of(store::store& s, const store::run_record& run, std::size_t actions) {
    std::vector<action_state> all(actions);
    for (const store::attempt_record& attempt : run.attempts) {
        auto events = s.events(run.id, attempt.number, 0);
        if (!events) return events.error();
        for (run::event& e : *events) {
            if (e.action < 0 || static_cast<std::size_t>(e.action) >= actions) continue;
            action_state& a = all[static_cast<std::size_t>(e.action)];
            switch (e.kind) {
                case run::event_kind::action_started:
                    a = {run::status::in_progress, attempt.number, e.at, std::nullopt, ""};
                    break;
                case run::event_kind::waiting:
                    a.status = e.status;
                    break;
                case run::event_kind::answered:
                    a.status = run::status::in_progress;
                    break;
                case run::event_kind::action_ended:
                    a.status = e.status;
                    a.attempt = attempt.number;
                    a.ended = e.at;
                    a.error = e.status == run::status::failed ? std::move(e.text) : "";
                    break;
                default:
                    break;
            }
        }
    }
    return all;
}

std::string_view name_of(pipelines::trigger_time t) {
    switch (t) {
        case pipelines::trigger_time::on_every_execution:
            return "ON_EVERY_EXECUTION";
        case pipelines::trigger_time::on_success:
            return "ON_SUCCESS";
        case pipelines::trigger_time::on_failure:
            return "ON_FAILURE";
        case pipelines::trigger_time::on_back_to_success:
            return "ON_BACK_TO_SUCCESS";
        case pipelines::trigger_time::on_warning:
            return "ON_WARNING";
        case pipelines::trigger_time::on_wait_for_approve:
            return "ON_WAIT_FOR_APPROVE";
        case pipelines::trigger_time::on_terminate:
            return "ON_TERMINATE";
    }
    return "ON_EVERY_EXECUTION";
}

std::string after(const std::string& text, std::string_view prefix) {
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

json revision_of(const call& c, const std::string& commit, std::string_view subject = "") {
    if (commit.empty()) return nullptr;
    return {{"url", c.project_url() + "/repository/commits/" + commit},
            {"html_url", view(c, *c.project, false)["html_url"]},
            {"revision", commit},
            {"short_revision", commit.substr(0, 8)},
            {"message", subject.empty() ? json() : json(subject)}};
}

json ref_named(const call& c, const char* kind, const std::string& name) {
    return {{"url", c.project_url() + "/repository/" + kind + "/" + name},
            {"html_url", view(c, *c.project, false)["html_url"]},
            {"name", name}};
}

std::string default_branch_of(const call& c) {
    const auto& all = c.project->settings;
    const auto at = std::ranges::find(all, "default_branch", &std::pair<std::string, std::string>::first);
    return at == all.end() || at->second.empty() ? "main" : at->second;
}

json delay_of(const store::run_source& source) {
    const std::string until(origin_of(source, origin::delay_until));
    if (until.empty()) return nullptr;
    return time_text(policy::time_point(std::chrono::milliseconds(std::strtoll(until.c_str(), nullptr, 10))));
}

void show_ref(const call& c, const policy::ref& ref, json& v) {
    for (const char* name : {"branch", "tag", "pull_request"}) v[name] = nullptr;
    switch (ref.type) {
        case policy::ref_type::branch:
            v["branch"] = ref_named(c, "branches", std::string(after(ref.name, "refs/heads/")));
            v["branch"]["default"] = v["branch"]["name"] == default_branch_of(c);
            break;
        case policy::ref_type::tag:
            v["tag"] = ref_named(c, "tags", std::string(after(ref.name, "refs/tags/")));
            break;
        case policy::ref_type::pull_request:
            v["pull_request"] = {{"name", after(ref.name, "refs/")}};
            break;
        case policy::ref_type::none:
            break;
    }
}

// The actions that it comes after: those of the stage before, where there are few enough to be drawn one by one.
json needs_of(const pipelines::plan& plan, const pipelines::planned_action& p) {
    constexpr std::size_t most = 32;
    json all = json::array();
    if (p.stage == 0) return all;
    // A stage's actions stand side by side, before those of the next.
    for (std::size_t i = p.index; i-- > 0 && plan.actions[i].stage + 1 >= p.stage;) {
        if (plan.actions[i].stage + 1 > p.stage) continue;
        if (all.size() == most) return json::array();
        all.push_back(i + 1);
    }
    std::ranges::reverse(all);
    return all;
}

// For who may know of it.
json environment_of(const call& c, const store::run_record& run) {
    const std::string hash_id(origin_of(run.source, origin::environment));
    auto found = hash_id.empty() ? result<store::environment_record>(failure(errc::not_found, ""))
                                 : c.server.stores.places->get(c.workspace->id, hash_id);
    if (!found) return nullptr;
    const auto level = c.server.stores.places->level_of(*found, c.actor());
    if (!level || *level <= store::environment_level::denied) return nullptr;
    return {{"id", hash_id},
            {"name", found->name},
            {"identifier", found->identifier},
            {"url", c.workspace_url() + "/environments/" + hash_id}};
}

json attempts_of(const call& c, const store::run_record& run) {
    json all = json::array();
    for (const store::attempt_record& a : run.attempts) all.push_back(view_of_attempt(c, a));
    return all;
}

}  // namespace

json view_of_attempt(const call& c, const store::attempt_record& a) {
    return {{"number", a.number},
            {"status", run::to_string(a.status)},
            {"actor", person(c, a.actor)},
            {"reason", a.reason},
            {"create_date", time_text(a.created_at)},
            {"start_date", time_or_null(a.started_at)},
            {"finish_date", time_or_null(a.ended_at)}};
}

result<store::run_record> execution_at(const call& c) {
    if (c.server.runs == nullptr) return failure(errc::engine, "this server executes no runs");
    const failure none(errc::not_found, "there is no such execution");
    const auto number = c.number("execution");
    if (!number) return none;
    auto run = c.server.stores.runs->run_by_number(c.project->id, *number);
    if (!run) return run.error().code == errc::not_found ? none : run.error();
    if (run->pipeline != c.pipeline->rights.id) return none;
    return run;
}

result<viewed_execution> look_at(const call& c, const store::run_record& run) {
    auto what = c.server.runs->runs().view(run);
    if (!what) return what.error();
    return look_at(c, run, std::move(*what));
}

result<viewed_execution> look_at(const call& c, const store::run_record& run, run::viewed_run what) {
    auto states = states_of(*c.server.stores.runs, run, what.compiled.plan.actions.size());
    if (!states) return states.error();
    auto denial = denial_for(c, run, run.attempts.back());
    if (!denial) return denial.error();
    std::vector<run::open_question> questions;
    const run::status status = run.attempts.back().status;
    if (c.access >= policy::pipeline_level::run_only &&
        (status == run::status::waiting_for_apply || status == run::status::waiting_for_variables)) {
        auto open = c.server.runs->runs().open_questions(run, c.actor());
        if (!open) return open.error();
        questions = std::move(*open);
    }
    return viewed_execution{std::move(what), std::move(*states), std::move(*denial), std::move(questions)};
}

std::string action_execution_id(policy::run_id run, int attempt, std::size_t action) {
    char text[32];
    std::snprintf(text, sizeof text, "%012llx%04x%08zx", static_cast<unsigned long long>(run.value()),
                  static_cast<unsigned>(attempt), action);
    return text;
}

std::optional<action_place> action_place_from(const store::run_record& run, std::string_view id) {
    if (id.size() != 24 || id.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    const std::string text(id);
    if (std::stoll(text.substr(0, 12), nullptr, 16) != run.id.value()) return std::nullopt;
    const std::size_t attempt = std::stoul(text.substr(12, 4), nullptr, 16);
    if (attempt < 1 || attempt > run.attempts.size()) return std::nullopt;
    return action_place{static_cast<int>(attempt), std::stoul(text.substr(16), nullptr, 16)};
}

std::string execution_url(const call& c, const store::run_record& run) {
    return c.project_url() + "/pipelines/" + std::to_string(run.pipeline.value()) + "/executions/" +
           std::to_string(run.number);
}

json view_of_variables(const run::question& q) {
    json all = json::array();
    for (const run::asked_variable& v : q.variables)
        all.push_back({{"key", v.name},
                       {"value", v.secret ? json() : json(v.suggestion)},
                       {"options", v.choices},
                       {"encrypted", v.secret}});
    return all;
}

json view_of_action(const call& c, const store::run_record& run, const viewed_execution& seen, std::size_t action,
                    bool full) {
    const pipelines::planned_action& p = seen.what.compiled.plan.actions[action];
    const action_state& state = seen.actions[action];
    const bool over = run::ended(run.attempts.back().status);
    run::status status = state.status;
    if (status == run::status::initial && over) status = run::status::not_executed;
    const std::string pipeline = c.project_url() + "/pipelines/" + std::to_string(run.pipeline.value());
    json v = {{"status", run::to_string(status)},
              {"progress", run::ended(status) ? 100 : 0},
              {"action",
               {{"url", pipeline + "/actions/" + std::to_string(action + 1)},
                {"html_url", nullptr},
                {"id", action + 1},
                {"name", p.name},
                {"type", p.definition->type.value},
                {"trigger_time", name_of(p.definition->trigger_time)},
                {"last_execution_status", run::to_string(status)},
                {"disabled", p.definition->disabled}}}};
    const int attempt = state.attempt > 0 ? state.attempt : run.attempts.back().number;
    const std::string id = action_execution_id(run.id, attempt, action);
    v["action_execution_id"] = id;
    const pipelines::plan& plan = seen.what.compiled.plan;
    const pipelines::source& source = seen.what.definition->source;
    v["stage"] = p.stage;
    v["needs"] = needs_of(plan, p);
    v["file"] = source.name();
    v["line"] = source.at(p.definition->where.begin).line;
    v["question"] = nullptr;
    v["variables"] = json::array();
    for (const run::open_question& q : seen.questions) {
        if (q.action != action) continue;
        v["question"] = q.asked.comment;
        v["variables"] = view_of_variables(q.asked);
    }
    v["url"] = execution_url(c, run) + "/action_executions/" + id;
    v["start_date"] = time_or_null(state.started);
    v["finish_date"] = time_or_null(state.ended);
    const auto& uses = seen.what.compiled.plan.uses;
    const bool needs = std::ranges::any_of(uses, [&](const auto& use) { return use.action == action; });
    const std::string& error = !seen.denial.empty() && needs ? seen.denial : state.error;
    v["error_message"] = error.empty() ? json() : json(error);
    v["html_url"] = nullptr;
    v["passed_variables"] = json::array();
    v["outputted_variables"] = json::array();
    for (const char* name : {"terminator_id", "termination_date", "approver_id", "approval_date"}) v[name] = nullptr;
    if (full) v["log_url"] = v["url"].get<std::string>() + "/logs";
    return v;
}

json view(const call& c, const store::run_record& run, const viewed_execution* seen) {
    const store::attempt_record& last = run.attempts.back();
    const std::string triggered(origin_of(run.source, origin::triggered_on, "CLICK"));
    json v = {{"url", execution_url(c, run)},
              {"html_url", c.base + "/app/" + c.workspace->domain + "/" + c.project->handle + "/pipelines/" +
                               std::to_string(run.pipeline.value()) + "/executions/" + std::to_string(run.number)},
              {"id", run.number},
              {"create_date", time_text(run.created_at)},
              {"start_date", time_text(last.started_at.value_or(last.created_at))},
              {"finish_date", time_or_null(last.ended_at)},
              {"triggeredOn", triggered},
              {"triggered_on", triggered},
              {"priority", origin_of(run.source, origin::priority, "NORMAL")},
              {"refresh", origin_of(run.source, "refresh") == "true"},
              {"clear_cache", origin_of(run.source, origin::clear_cache) == "true"},
              {"status", run::to_string(last.status)},
              {"comment", run.source.comment},
              {"from_fork", run.source.trust == policy::source_trust::fork},
              {"fork_approved_by", person(c, run.source.fork_approved_by)},
              {"from_revision", revision_of(c, run.source.base)},
              {"to_revision", revision_of(c, run.source.commit, origin_of(run.source, origin::subject))},
              {"delay_until", delay_of(run.source)},
              {"creator", person(c, run.actor)}};
    show_ref(c, run.source.ref, v);
    if (seen == nullptr) return v;
    v["pipeline"] = view(c, *c.pipeline, false);
    v["environment"] = environment_of(c, run);
    v["actions_to_run"] = json::array();
    for (const std::string& place : run.source.only_actions) v["actions_to_run"].push_back(std::stoll(place));
    v["attempts"] = attempts_of(c, run);
    v["may"] = {{"run", c.access >= policy::pipeline_level::run_only},
                {"manage", c.access >= policy::pipeline_level::read_write}};
    const std::string& error = seen->denial.empty() ? last.error : seen->denial;
    v["error_message"] = error.empty() ? json() : json(error);
    json actions = json::array();
    for (std::size_t i = 0; i < seen->actions.size(); ++i) actions.push_back(view_of_action(c, run, *seen, i, false));
    v["action_executions"] = std::move(actions);
    return v;
}

}  // namespace latchkey::server
