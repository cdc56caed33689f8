// SPDX-License-Identifier: Apache-2.0
// Permissions of pipelines to use an integration, given and taken without a run that failed: with the ref and the end
// that Buddy's `allowed_pipelines` has no place for.
#include "policy/decision.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/integration_input.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::int64_t longest = 10LL * 366 * 24 * 3600;  // seconds

result<json> view_grant(const call& c, const policy::grant& g, const store::pipeline_record& p,
                        const store::team_project_record& project) {
    json v = {{"pipeline", {{"id", p.id.value()}, {"name", p.name}, {"project_name", project.handle}}},
              {"granted_by", person(c, g.granted_by)},
              {"granted_at", time_text(g.granted_at)},
              {"expires_at", time_or_null(g.expires)},
              {"ref", g.ref_pattern.empty() ? json() : json(g.ref_pattern)},
              {"id", g.id.value()},
              {"only_execution", nullptr},
              {"from_execution", nullptr}};
    for (const auto& [name, id] :
         {std::pair("only_execution", g.only_run), std::pair("from_execution", g.from_run)}) {
        if (!id.valid()) continue;
        auto run = c.server.stores.runs->run(id);
        if (!run && run.error().code != errc::not_found) return run.error();
        if (run) v[name] = run->number;
    }
    if (v["from_execution"].is_number())
        v["from_execution"] = {{"id", v["from_execution"]},
                               {"html_url", c.base + "/app/" + c.workspace->domain + "/" + project.handle +
                                                "/pipelines/" + std::to_string(p.id.value()) + "/executions/" +
                                                std::to_string(v["from_execution"].get<std::int64_t>())}};
    return v;
}

// The pipeline of this workspace with this number. not_found: there is none that the caller may know of.
result<store::pipeline_record> pipeline_known(const call& c, std::int64_t number) {
    const failure none(errc::not_found, "there is no such pipeline");
    const policy::pipeline_id id(number);
    auto found = c.server.stores.runs->pipeline(id);
    if (!found) return found.error().code == errc::not_found ? none : found.error();
    auto project = c.server.stores.people->project_with(c.workspace->id, found->project);
    if (!project) return project.error().code == errc::not_found ? none : project.error();
    auto facts = c.server.stores.runs->snapshot(id, {});
    if (!facts) return facts.error();
    if (policy::access_to(*facts, c.actor(), id) <= policy::pipeline_level::denied) return none;
    return found;
}

result<policy::grant> grant_in(const call& c, input& in, const store::pipeline_record& pipeline) {
    policy::grant g;
    g.pipeline = pipeline.id;
    g.granted_by = c.actor();
    g.granted_at = c.now();
    g.ref_pattern = in.text("ref").value_or("");
    const auto seconds = in.number("expires_in");
    if (seconds && (*seconds < 1 || *seconds > longest))
        in.refuse("`expires_in` must be a number of seconds, from 1 to " + std::to_string(longest));
    const auto at = in.text("expires_at");
    if (seconds && at) in.refuse("say one of `expires_in` and `expires_at`");
    const auto execution = in.number("only_execution");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (seconds) g.expires = c.now() + std::chrono::seconds(*seconds);
    if (at) {
        g.expires = time_from(*at);
        if (!g.expires || *g.expires <= c.now())
            return failure(errc::usage, "`expires_at` must be a time to come, like 2030-01-02T03:04:05Z");
    }
    if (!execution) return g;
    auto run = c.server.stores.runs->run_by_number(pipeline.project, *execution);
    if (!run && run.error().code != errc::not_found) return run.error();
    if (!run || run->pipeline != pipeline.id)
        return failure(errc::not_found, "the pipeline has no execution " + std::to_string(*execution));
    g.only_run = run->id;
    g.from_run = run->id;
    return g;
}

}  // namespace

result<json> view_of_grants(const call& c, const store::integration_record& of) {
    auto grants = c.server.stores.runs->grants(of.rights.id);
    if (!grants) return grants.error();
    json all = json::array();
    for (const policy::grant& g : *grants) {
        if (g.expires && *g.expires <= c.now()) continue;
        auto pipeline = c.server.stores.runs->pipeline(g.pipeline);
        if (!pipeline) return pipeline.error();
        auto project = c.server.stores.people->project_with(c.workspace->id, pipeline->project);
        if (!project && project.error().code != errc::not_found) return project.error();
        if (!project || pipeline->retired) continue;
        auto v = view_grant(c, g, *pipeline, *project);
        if (!v) return v.error();
        all.push_back(std::move(*v));
    }
    return all;
}

result<answer> list_grants(call& c) {
    auto of = integration_at(c);
    if (!of) return of.error();
    auto all = view_of_grants(c, *of);
    if (!all) return all.error();
    return answer{200,
                  list_of(c.base + "/latchkey/v1/workspaces/" + c.workspace->domain + "/integrations/" + of->hash_id +
                              "/grants",
                          "grants", std::move(*all)),
                  {}};
}

result<answer> add_grant(call& c) {
    auto of = integration_at(c);
    if (!of) return of.error();
    input in(c.body);
    const auto number = in.number("pipeline_id");
    if (!number) in.refuse("`pipeline_id` is missing: say which pipeline");
    if (auto fine = in.checked(); !fine) return fine.error();
    auto pipeline = pipeline_known(c, *number);
    if (!pipeline) return pipeline.error();
    auto wanted = grant_in(c, in, *pipeline);
    if (!wanted) return wanted.error();
    wanted->integration = of->rights.id;
    auto made = c.server.stores.runs->add_grant(std::move(*wanted), c.actor());
    if (!made) return made.error();
    auto project = c.server.stores.people->project_with(c.workspace->id, pipeline->project);
    if (!project) return project.error();
    auto v = view_grant(c, *made, *pipeline, *project);
    if (!v) return v.error();
    return answer{201, std::move(*v), {}};
}

result<answer> remove_grant(call& c) {
    auto of = integration_at(c);
    if (!of) return of.error();
    const auto number = c.number("grantee");
    if (!number) return failure(errc::not_found, "there is no such pipeline");
    const failure none(errc::not_found, "this pipeline has no permission to use the integration");
    auto pipeline = c.server.stores.runs->pipeline(policy::pipeline_id(*number));
    if (!pipeline) return pipeline.error().code == errc::not_found ? none : pipeline.error();
    auto done = c.server.stores.runs->revoke(of->rights.id, pipeline->id, c.actor(), c.now());
    if (!done) return done.error().code == errc::not_found ? none : done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
