// SPDX-License-Identifier: Apache-2.0
// From what people call things to what the API does. Who may not know of one gets the answer of one that is not
// there.
#include "policy/decision.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/views.hpp"

namespace latchkey::server {

namespace {

failure unknown(const char* what) {
    return {errc::not_found, std::string("there is no such ") + what};
}

std::string asked(const call& c, const char* name) {
    const std::string* value = c.request.parameter(name);
    return value == nullptr ? "" : *value;
}

result<store::team_project_record> project_called(const call& c, const std::string& handle) {
    auto project = c.server.stores.people->project(c.workspace->id, handle);
    if (!project) return project.error().code == errc::not_found ? unknown("project") : project.error();
    auto role = c.server.stores.people->role_in_project(c.workspace->id, project->id, c.actor());
    if (!role) return role.error();
    if (!*role) return unknown("project");
    return project;
}

result<json> pipeline_called(const call& c, policy::project_id project, const std::string& name) {
    auto all = c.server.stores.pipelines->list(project);
    if (!all) return all.error();
    for (const auto& p : *all) {
        if (p.name != name && setting_of(p.settings, "identifier") != name) continue;
        auto facts = c.server.stores.runs->snapshot(p.rights.id, {});
        if (!facts) return facts.error();
        if (policy::access_to(*facts, c.actor(), p.rights.id) > policy::pipeline_level::denied)
            return json(p.rights.id.value());
    }
    return unknown("pipeline");
}

result<json> environment_called(const call& c, policy::project_id project, const std::string& identifier) {
    auto all = c.server.stores.places->list(c.workspace->id);
    if (!all) return all.error();
    for (const auto& e : *all) {
        if (e.identifier != identifier || e.project != project) continue;
        auto level = c.server.stores.places->level_of(e, c.actor());
        if (!level) return level.error();
        if (*level > store::environment_level::denied) return json(e.hash_id);
    }
    return unknown("environment");
}

}  // namespace

result<answer> show_identifiers(call& c) {
    json v = {{"url", c.workspace_url() + "/identifiers"},
              {"html_url", c.base + "/app/" + c.workspace->domain},
              {"domain", c.workspace->domain},
              {"project_identifier", nullptr},
              {"pipeline_id", nullptr},
              {"environment_id", nullptr},
              {"pkg_id", nullptr},
              {"pkg_version_id", nullptr}};
    if (!asked(c, "package").empty() || !asked(c, "package_version").empty()) return unknown("package");
    const std::string handle = asked(c, "project");
    const std::string pipeline = asked(c, "pipeline");
    const std::string environment = asked(c, "environment");
    policy::project_id project;
    if (!handle.empty()) {
        auto found = project_called(c, handle);
        if (!found) return found.error();
        project = found->id;
        v["project_identifier"] = found->handle;
    }
    if (!pipeline.empty()) {
        if (handle.empty()) return failure(errc::usage, "`project` is missing: a pipeline is one of a project");
        auto found = pipeline_called(c, project, pipeline);
        if (!found) return found.error();
        v["pipeline_id"] = std::move(*found);
    }
    if (!environment.empty()) {
        auto found = environment_called(c, project, environment);
        if (!found) return found.error();
        v["environment_id"] = std::move(*found);
    }
    return answer{200, std::move(v), {}};
}

}  // namespace latchkey::server
