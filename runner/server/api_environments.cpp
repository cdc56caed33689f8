// SPDX-License-Identifier: Apache-2.0
// Environments of a workspace and of projects (rest-api §11). Who may not know of one gets the answer of one that is
// not there.
#include "pipelines/identifier.hpp"
#include "runner/server/environment_input.hpp"
#include "runner/server/handlers.hpp"
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
    if (!*may) return unknown();
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

// Of which project; none: of the workspace.
result<policy::project_id> project_in(const call& c, input& in) {
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
