// SPDX-License-Identifier: Apache-2.0
#include "runner/server/event_runs.hpp"

#include "policy/decision.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/project_definitions.hpp"
#include "runner/store/run_origin.hpp"
#include "runner/triggers/event_filter.hpp"

#include <algorithm>

namespace latchkey::server {

struct event_runs::context {
    store::team_project_record project;
    policy::user_id actor;
};

namespace {

using triggers::event_kind;
using triggers::repository_event;

std::string comment_of(const repository_event& e) {
    if (e.kind == event_kind::pull_request)
        return "#" + std::to_string(e.number) + (e.title.empty() ? "" : " " + e.title) + " (" + e.action + ")";
    return {};
}

store::facts origin_of_event(const repository_event& e, std::int64_t number) {
    store::facts out = {{std::string(origin::triggered_on), "EVENT"},
                        {"event", std::string(name_of(e.kind))},
                        {std::string(store::origin_repository_event), std::to_string(number)}};
    if (e.kind == event_kind::pull_request) {
        out.emplace_back("pull_request", std::to_string(e.number));
        out.emplace_back("base_branch", e.base_branch);
        out.emplace_back("action", e.action);
    }
    if (!e.sender.empty()) out.emplace_back("sender", e.sender);
    return out;
}

bool is_set(const store::team_pipeline_record& p, std::string_view name) {
    return setting_of(p.settings, name) == true;
}

// Where a schedule's runs work: the one branch or tag that the pipeline names, else the default branch.
policy::ref ref_of_schedule(const store::team_pipeline_record& p) {
    const json refs = setting_of(p.settings, "refs");
    if (!refs.is_array() || refs.size() != 1 || !refs[0].is_string()) return {};
    const auto name = refs[0].get<std::string>();
    if (name.find_first_of("*(") != std::string::npos) return {};
    if (name.starts_with("refs/heads/")) return {policy::ref_type::branch, name};
    if (name.starts_with("refs/tags/")) return {policy::ref_type::tag, name};
    if (name.starts_with(":") || name.starts_with("refs/")) return {};
    return {policy::ref_type::branch, "refs/heads/" + name};
}

}  // namespace

result<void> event_runs::order(const context& c, store::team_pipeline_record pipeline, store::facts origin_facts,
                               const policy::ref& ref, const std::string& revision, policy::source_trust trust,
                               const std::string& comment) const {
    auto facts = stores_.runs->snapshot(pipeline.rights.id, {});
    if (!facts) return facts.error();
    if (policy::access_to(*facts, c.actor, pipeline.rights.id) < policy::pipeline_level::run_only)
        return failure(errc::denied,
                       "who stands behind it may not run the pipeline \"" + pipeline.name + "\" (any more)");
    run_order o;
    o.project = c.project;
    o.actor = c.actor;
    o.ref = ref;
    o.revision = revision;
    const json priority = setting_of(pipeline.settings, "priority");
    o.origin = std::move(origin_facts);
    o.origin.emplace_back(origin::priority, priority.is_string() ? priority.get<std::string>() : "NORMAL");
    o.trust = trust;
    o.comment = comment;
    o.pipeline = std::move(pipeline);
    auto made = runs_.start(std::move(o));
    if (!made) return made.error();
    return {};
}

result<void> event_runs::start(policy::workspace_id workspace, policy::project_id project, policy::user_id actor,
                               const repository_event& e, std::int64_t number) const {
    auto record = stores_.people->project_with(workspace, project);
    if (!record) return record.error();
    const context c{std::move(*record), actor};
    project_definitions known(stores_, runs_.files(), c.project);
    if (auto read = known.read(e); !read) return read;
    const bool theirs = trust_of(e) == policy::source_trust::fork;
    if (!theirs)
        if (auto made = known.make_missing(actor, clock_(), log_); !made) return made;

    const std::vector<triggers::candidate> candidates = known.candidates();
    const auto starting = triggers::starts_of(candidates, {&e, 1}, known.default_branch());
    for (const triggers::start& s : starting) {
        const store::team_pipeline_record* pipeline = known.record(policy::pipeline_id(s.pipeline));
        if (pipeline == nullptr || is_set(*pipeline, "disabled")) continue;
        const bool gone = e.kind == event_kind::delete_ref;
        auto ordered = order(c, *pipeline, origin_of_event(e, number), gone ? policy::ref{} : e.ref,
                             gone ? "" : e.after, trust_of(e), comment_of(e));
        if (!ordered)
            log_.write(log_level::warning, "an event did not start a pipeline",
                       {{"pipeline", s.pipeline}, {"ref", e.ref.name}, {"why", ordered.error().what}});
    }
    log_.write(log_level::info, "an event of a repository",
               {{"project", c.project.handle},
                {"event", name_of(e.kind)},
                {"ref", e.ref.name},
                {"starts", starting.size()}});
    return {};
}

result<void> event_runs::start_scheduled(const store::scheduled_pipeline& what, std::chrono::sys_seconds due,
                                         int times) const {
    auto project = stores_.people->project_with(what.workspace, what.project);
    if (!project) return project.error();
    auto pipeline = stores_.pipelines->get(what.project, what.pipeline);
    if (!pipeline) return pipeline.error();
    store::facts origin_facts = {{std::string(origin::triggered_on), "SCHEDULE"},
                                 {"due", std::to_string(due.time_since_epoch().count())}};
    if (times > 1) origin_facts.emplace_back("times", std::to_string(times));
    const policy::ref ref = ref_of_schedule(*pipeline);
    return order({std::move(*project), what.created_by}, std::move(*pipeline), std::move(origin_facts), ref, "",
                 policy::source_trust::trusted, "");
}

result<void> event_runs::start_called(const store::pipeline_start_record& start,
                                      store::team_pipeline_record pipeline) const {
    auto project = stores_.people->project_with(start.workspace, start.project);
    if (!project) return project.error();
    if (is_set(pipeline, "disabled")) return failure(errc::conflict, "the pipeline is disabled");
    const policy::ref ref = ref_of_schedule(pipeline);
    return order({std::move(*project), start.made_by}, std::move(pipeline),
                 {{std::string(origin::triggered_on), "WEBHOOK"}}, ref, "", policy::source_trust::trusted, "");
}

}  // namespace latchkey::server
