// SPDX-License-Identifier: Apache-2.0
// Environments of a workspace and of projects (rest-api §11). Who may not know of one gets the answer of one that is
// not there.
#include "pipelines/identifier.hpp"
#include "policy/decision.hpp"
#include "runner/server/environment_input.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/scopes.hpp"
#include "runner/server/variable_places.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr int most_tries = 200;

failure unknown() {
    return {errc::not_found, "there is no such environment"};
}

result<bool> sees(const call& c, const store::environment_record& e) {
    auto level = c.server.stores.places->level_of(e, c.actor());
    if (!level) return level.error();
    return *level > store::environment_level::denied;
}

result<store::environment_record> environment_at(const call& c) {
    auto found = c.server.stores.places->get(c.workspace->id, c.at.at("environment"));
    if (!found) return found.error().code == errc::not_found ? unknown() : found.error();
    const auto may = sees(c, *found);
    if (!may) return may.error();
    // Below a project's address are its own.
    if (!*may || (c.project && found->project != c.project->id)) return unknown();
    return found;
}

result<json> view(const call& c, const store::environment_record& e, bool full) {
    json v = {{"url", c.workspace_url() + "/environments/" + e.hash_id},
              {"html_url", c.base + "/app/" + c.workspace->domain + "/environments/" + e.hash_id},
              {"id", e.hash_id},
              {"name", e.name},
              {"identifier", e.identifier},
              {"scope", e.project.valid() ? "PROJECT" : "WORKSPACE"},
              {"project", nullptr},
              {"create_date", time_text(e.created_at)}};
    show_environment_settings(e.settings, v);
    if (e.project.valid()) {
        auto project = c.server.stores.people->project_with(c.workspace->id, e.project);
        if (!project) return project.error();
        v["project"] = server::view(c, *project, false);
    }
    if (!full) return v;
    v["permissions"] = permissions_of(e);
    v["targets"] = json::array();
    v["variables"] = json::array();
    auto variables =
        c.server.stores.values->list({store::variable_level::environment, c.workspace->id, e.project, {}, e.id});
    if (!variables) return variables.error();
    // A token for environments is none for variables: it gets their names and no values.
    const bool values = !c.token || covers(c.token->scopes, scope::variable_info);
    for (const auto& one : *variables) {
        json shown = server::view(c, one);
        if (!values) shown["value"] = nullptr;
        v["variables"].push_back(std::move(shown));
    }
    return v;
}

std::string etag_of(const store::environment_record& e) {
    return "\"" + std::to_string(e.changed_at.time_since_epoch().count()) + "\"";
}

result<answer> shown(const call& c, const store::environment_record& e, int status) {
    auto v = view(c, e, true);
    if (!v) return v.error();
    return answer{status, std::move(*v), {{"ETag", etag_of(e)}}};
}

// The pipeline or environment of the caller's projects that is called so; 0: none, or more than one.
result<std::int64_t> number_of(const call& c, const store::team_project_record& project, const json& row) {
    std::vector<std::int64_t> found;
    if (row.contains("pipeline")) {
        auto all = c.server.stores.pipelines->list(project.id);
        if (!all) return all.error();
        for (const auto& p : *all) {
            const json identifier = setting_of(p.settings, "identifier");
            if (p.name != row["pipeline"].get<std::string>() && identifier != row["pipeline"]) continue;
            auto facts = c.server.stores.runs->snapshot(p.rights.id, {});
            if (!facts) return facts.error();
            if (policy::access_to(*facts, c.actor(), p.rights.id) > policy::pipeline_level::denied)
                found.push_back(p.rights.id.value());
        }
    } else {
        auto all = c.server.stores.places->list(c.workspace->id);
        if (!all) return all.error();
        for (const auto& e : *all) {
            if (e.identifier != row["environment"].get<std::string>() || e.project != project.id) continue;
            const auto may = sees(c, e);
            if (!may) return may.error();
            if (*may) found.push_back(e.id.value());
        }
    }
    return found.size() == 1 ? found.front() : 0;
}

// Names are for people: who is let in is kept by number, so that what is called so later is not.
result<void> find_allowed(const call& c, store::environment_record& e) {
    for (const char* list : {"allowed_pipelines", "allowed_environments"}) {
        json rows = setting_of(e.settings, list);
        if (!rows.is_array()) continue;
        for (json& row : rows) {
            if (row.contains("id")) continue;
            const std::string handle = row["project"];
            auto project = c.server.stores.people->project(c.workspace->id, handle);
            if (!project && project.error().code != errc::not_found) return project.error();
            auto number = project ? number_of(c, *project, row) : result<std::int64_t>(0);
            if (!number) return number.error();
            if (*number == 0)
                return failure(errc::usage, "in `" + std::string(list) + "`: there is no " +
                                                (row.contains("pipeline") ? "pipeline " : "environment ") +
                                                row.value("pipeline", row.value("environment", "")) +
                                                " in the project " + handle + ", or more than one");
            row["id"] = *number;
        }
        put_setting(e.settings, list, rows);
    }
    return {};
}

// Of which project; none: of the workspace.
result<policy::project_id> project_in(const call& c, input& in) {
    if (c.project) return c.project->id;
    const auto object = in.object("project");
    const auto scope = in.text("scope");
    if (scope && *scope != "WORKSPACE" && *scope != "PROJECT") in.refuse("`scope` must be WORKSPACE or PROJECT");
    std::string name;
    if (object && scope.value_or("PROJECT") == "PROJECT") {
        input project(*object);
        name = project.required("name");
        if (auto fine = project.checked(); !fine) in.refuse("`project` needs a `name`");
    } else if (scope && *scope == "PROJECT") {
        in.refuse("`project` is missing: the scope PROJECT is of one project");
    }
    if (auto fine = in.checked(); !fine) return fine.error();
    if (name.empty()) return policy::project_id();
    auto project = c.server.stores.people->project(c.workspace->id, name);
    if (!project) return project.error();
    return project->id;
}

}  // namespace

result<answer> list_environments(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    policy::project_id only;
    const std::string* of_project = c.request.parameter("project_name");
    if (of_project == nullptr) of_project = c.request.parameter("projectName");
    if (of_project != nullptr && !of_project->empty()) {
        auto project = c.server.stores.people->project(c.workspace->id, *of_project);
        if (!project) return project.error();
        auto role = c.server.stores.people->role_in_project(c.workspace->id, project->id, c.actor());
        if (!role) return role.error();
        if (!*role) return failure(errc::not_found, "there is no such project");
        only = project->id;
    }
    if (c.project) only = c.project->id;
    auto all = c.server.stores.places->list(c.workspace->id);
    if (!all) return all.error();
    json items = json::array();
    for (const auto& e : *all) {
        const auto may = sees(c, e);
        if (!may) return may.error();
        if (!*may || (only.valid() && e.project != only)) continue;
        auto v = view(c, e, false);
        if (!v) return v.error();
        items.push_back(std::move(*v));
    }
    return answer{
        200, list_of(c.workspace_url() + "/environments", "environments", page_of(std::move(items), *page)), {}};
}

result<answer> get_environment(call& c) {
    auto found = environment_at(c);
    if (!found) return found.error();
    return shown(c, *found, 200);
}

result<answer> add_environment(call& c) {
    input in(c.body);
    store::environment_record wanted;
    wanted.workspace = c.workspace->id;
    wanted.created_at = c.now();
    wanted.created_by = c.actor();
    in.required("name");
    read_environment(in, wanted);
    if (auto fine = in.checked(); !fine) return fine.error();
    auto project = project_in(c, in);
    if (!project) return project.error();
    wanted.project = *project;
    if (auto found = find_allowed(c, wanted); !found) return found.error();
    if (wanted.identifier.empty()) wanted.identifier = pipelines::identifier_from(wanted.name);
    if (wanted.identifier.empty()) wanted.identifier = "environment";
    // Who adds one can manage it, whatever `others` may.
    if (!c.administrator() &&
        std::ranges::find(wanted.users, c.actor(), &store::environment_user::user) == wanted.users.end())
        wanted.users.push_back({c.actor(), store::environment_level::manage});
    auto made = c.server.stores.places->add(std::move(wanted), c.actor());
    if (!made) return made.error();
    return shown(c, *made, 201);
}

result<answer> edit_environment(call& c) {
    auto known = environment_at(c);
    if (!known) return known.error();
    const std::string* if_match = c.request.header("If-Match");
    for (int i = 0; i < most_tries; ++i) {
        if (if_match != nullptr && *if_match != "*" && *if_match != etag_of(*known)) {
            json body = {{"errors", json::array({{{"message", "the environment was changed since: look again"}}})}};
            return answer{412, std::move(body), {{"ETag", etag_of(*known)}}};
        }
        input in(c.body);
        store::environment_record changed = *known;
        read_environment(in, changed);
        const auto scope = in.text("scope");
        if (auto fine = in.checked(); !fine) return fine.error();
        if (scope && *scope != (known->project.valid() ? "PROJECT" : "WORKSPACE"))
            return failure(errc::refused, "the scope of an environment can't be changed: add another one");
        if (auto found = find_allowed(c, changed); !found) return found.error();
        auto edited = c.server.stores.places->edit(changed, c.actor(), c.now());
        if (edited) return shown(c, *edited, 200);
        if (edited.error().code != errc::conflict || if_match != nullptr) return edited.error();
        auto again = environment_at(c);
        if (!again) return again.error();
        if (again->changed_at == known->changed_at) return edited.error();  // the identifier is taken
        known = std::move(again);
    }
    return failure(errc::conflict, "too many others change this environment: try again");
}

result<answer> remove_environment(call& c) {
    auto known = environment_at(c);
    if (!known) return known.error();
    if (auto done = c.server.stores.places->remove(c.workspace->id, known->id, c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
