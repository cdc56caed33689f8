// SPDX-License-Identifier: Apache-2.0
#include "runner/server/outgoing_status.hpp"

#include "runner/server/outgoing_message.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/project_secrets.hpp"
#include "runner/server/run_queue.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

using outgoing::status_forge;

std::string setting_of_project(const store::team_project_record& p, std::string_view name) {
    const auto at = std::ranges::find(p.settings, name, &std::pair<std::string, std::string>::first);
    return at == p.settings.end() ? std::string() : at->second;
}

// A server of one's own is of the kind that the project has its one hook from; nothing: it has none, or several.
std::optional<status_forge> forge_by_hooks(const std::vector<store::project_secret_record>& secrets) {
    constexpr std::array<std::pair<std::string_view, status_forge>, 4> kinds = {
        {{"github", status_forge::github},
         {"gitlab", status_forge::gitlab},
         {"gitea", status_forge::gitea},
         {"bitbucket", status_forge::bitbucket}}};
    std::optional<status_forge> found;
    for (const auto& [name, forge] : kinds)
        for (const auto& secret : secrets) {
            if (secret.name != std::string(hook_secret) + std::string(name)) continue;
            if (found) return std::nullopt;
            found = forge;
        }
    return found;
}

std::string duration_of(const store::attempt_record& a) {
    if (!a.started_at || !a.ended_at) return "";
    const auto all = std::chrono::duration_cast<std::chrono::seconds>(*a.ended_at - *a.started_at).count();
    const std::string seconds = std::to_string(all % 60) + " s";
    return all < 60 ? " after " + seconds : " after " + std::to_string(all / 60) + " min " + seconds;
}

// Read by whoever can see the commit: names nothing but the state.
std::string description_of(const store::attempt_record& a, bool lacks_permissions) {
    switch (a.status) {
        case run::status::waiting_for_apply:
            return "waits for an approval";
        case run::status::waiting_for_variables:
            return "waits for values of variables";
        case run::status::waiting_for_permission:
            return "waits for a permission to use an integration";
        case run::status::in_progress:
            return "running";
        case run::status::successful:
            return "successful" + duration_of(a);
        case run::status::failed:
            return lacks_permissions ? "missing permissions to an integration: the run's page says who can grant them"
                                     : "failed" + duration_of(a);
        case run::status::terminated:
            return "cancelled" + duration_of(a);
        default:
            return "waits for its turn";
    }
}

}  // namespace

bool has_commit_status(const store::run_record& run) {
    if (run.source.commit.empty() || origin_of(run.source, origin::triggered_on) != "EVENT") return false;
    const std::string_view event = origin_of(run.source, "event");
    return event == "PUSH" || event == "CREATE_REF" || event == "PULL_REQUEST";
}

result<std::optional<told_status>> status_of(store::stores& stores, const vault::vault& vault,
                                             const std::string& base, const store::due_status& due) {
    // Address and token of one moment: a token never goes to a server that it was not given for.
    const auto moment = stores.one_moment ? stores.one_moment() : nullptr;
    auto project = stores.people->project_with(due.place.workspace, due.place.project);
    if (!project) return project.error();
    auto secrets = stores.triggers->secrets(project->id);
    if (!secrets) return secrets.error();
    auto place = outgoing::place_of(setting_of_project(*project, "custom_repo_url"), forge_by_hooks(*secrets));
    if (!place) return std::optional<told_status>();
    auto token = open_project_secret(stores, vault, project->id, repository_password);
    if (!token) return token.error();
    if (token->empty()) return std::optional<told_status>();

    auto run = stores.runs->run(due.run);
    if (!run) return run.error();
    auto pipeline = stores.pipelines->get(run->project, run->pipeline);
    if (!pipeline) return pipeline.error();
    if (setting_of(pipeline->settings, "do_not_create_commit_status") == true) return std::optional<told_status>();
    const store::attempt_record& last = run->attempts.back();
    const auto state = outgoing::state_of(run::to_string(last.status));
    if (!state) return std::optional<told_status>();
    auto lacks = stores.runs->events_of_kind(run->id, last.number, run::event_kind::missing);
    if (!lacks) return lacks.error();
    told_status told{std::move(*place), {}, std::move(*token)};
    told.status.commit = run->source.commit;
    told.status.state = *state;
    told.status.name = "latchkey/" + run->pipeline_name;
    told.status.description = description_of(last, !lacks->empty());
    told.status.target = page_of_run(base, due.place.domain, project->handle, *run);
    return std::optional(std::move(told));
}

}  // namespace latchkey::server
