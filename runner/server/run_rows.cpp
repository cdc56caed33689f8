// SPDX-License-Identifier: Apache-2.0
#include "runner/server/run_rows.hpp"

#include "policy/decision.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/run_queue.hpp"
#include "runner/server/views.hpp"

namespace latchkey::server {

namespace {

std::string short_name(const std::string& full) {
    for (const std::string_view prefix : {"refs/heads/", "refs/tags/", "refs/"})
        if (full.starts_with(prefix)) return full.substr(prefix.size());
    return full;
}

json ref_of(const policy::ref& ref) {
    constexpr std::string_view types[] = {"none", "branch", "tag", "pull_request"};
    const bool none = ref.type == policy::ref_type::none;
    return {{"type", types[static_cast<std::size_t>(ref.type)]},
            {"name", none ? json() : json(short_name(ref.name))},
            {"full", none ? json() : json(ref.name)}};
}

json commit_of(const store::run_source& source) {
    if (source.commit.empty()) return nullptr;
    const std::string subject(origin_of(source, origin::subject));
    return {{"id", source.commit}, {"subject", subject.empty() ? json() : json(subject)}};
}

json duration_of(const store::attempt_record& a, policy::time_point now) {
    if (!a.started_at) return nullptr;
    const auto took = a.ended_at.value_or(now) - *a.started_at;
    return std::chrono::duration<double>(took).count();
}

// In one word, why it did not succeed.
result<json> reason_of(store::store& s, const store::run_record& run) {
    const store::attempt_record& last = run.attempts.back();
    if (last.status == run::status::terminated) return json("CANCELLED");
    const bool lacking = last.status == run::status::waiting_for_permission;
    if (last.status != run::status::failed && !lacking) return json();
    auto missing = s.events_of_kind(run.id, last.number, run::event_kind::missing);
    if (!missing) return missing.error();
    if (lacking || !missing->empty()) return json("MISSING_PERMISSIONS");
    return json("ACTION_FAILED");
}

}  // namespace

json pipeline_named(policy::pipeline_id id, const std::string& name) {
    return {{"id", id.value()}, {"name", name}};
}

json project_named(const store::team_project_record& p) {
    return {{"name", p.handle}, {"display_name", p.name}};
}

result<bool> run_rows::enter_project(policy::project_id id) {
    auto known = projects_.find(id);
    if (known == projects_.end()) {
        auto found = c_.server.stores.people->project_with(c_.workspace->id, id);
        if (!found && found.error().code != errc::not_found) return found.error();
        known = projects_.emplace(id, found ? std::optional(std::move(*found)) : std::nullopt).first;
    }
    if (!known->second) return false;
    c_.project = *known->second;
    return true;
}

result<policy::pipeline_level> run_rows::access(const store::run_record& run) {
    const auto there = enter_project(run.project);
    if (!there) return there.error();
    if (!*there) return policy::pipeline_level::denied;
    if (const auto known = access_.find(run.pipeline); known != access_.end()) return known->second;
    auto facts = c_.server.stores.runs->snapshot(run.pipeline, {});
    if (!facts) return facts.error();
    return access_[run.pipeline] = policy::access_to(*facts, c_.actor(), run.pipeline);
}

result<bool> run_rows::may_read(const store::run_record& run) {
    const auto level = access(run);
    if (!level) return level.error();
    return *level > policy::pipeline_level::denied;
}

result<json> run_rows::row(const store::run_record& run) {
    const auto there = enter_project(run.project);
    if (!there) return there.error();
    if (!*there) return failure(errc::not_found, "there is no such project");
    auto reason = reason_of(*c_.server.stores.runs, run);
    if (!reason) return reason.error();
    const store::attempt_record& last = run.attempts.back();
    json v = view(c_, run);
    v["pipeline"] = pipeline_named(run.pipeline, run.pipeline_name);
    v["project"] = project_named(*c_.project);
    v["ref"] = ref_of(run.source.ref);
    v["commit"] = commit_of(run.source);
    v["actor"] = person(c_, last.actor);
    v["attempts"] = run.attempts.size();
    v["duration"] = duration_of(last, c_.now());
    v["reason"] = std::move(*reason);
    return v;
}

}  // namespace latchkey::server
