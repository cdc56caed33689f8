// SPDX-License-Identifier: Apache-2.0
#include "runner/server/variable_places.hpp"

#include "policy/decision.hpp"
#include "runner/server/variable_input.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey::server {

namespace {

using store::variable_level;

// What was said of a place, not yet looked up.
struct named_place {
    std::optional<std::string> project;
    std::optional<std::int64_t> pipeline;
    std::optional<std::string> environment;
    bool action = false;
};

failure unknown(const char* what) {
    return {errc::not_found, std::string("there is no such ") + what};
}

// Of what can't be looked up the error, of what is not there that it is not there.
template <class T>
result<bool> there(const result<T>& looked_up) {
    if (looked_up) return true;
    if (looked_up.error().code == errc::not_found) return false;
    return looked_up.error();
}

result<bool> sees_project(const call& c, policy::project_id id) {
    auto role = c.server.stores.people->role_in_project(c.workspace->id, id, c.actor());
    if (!role) return role.error();
    return role->has_value();
}

result<bool> sees_pipeline(const call& c, policy::pipeline_id id) {
    auto facts = c.server.stores.runs->snapshot(id, {});
    if (!facts) return facts.error();
    return policy::access_to(*facts, c.actor(), id) > policy::pipeline_level::denied;
}

result<maybe_owner> look_up(const call& c, const named_place& named) {
    store::variable_owner owner;
    owner.workspace = c.workspace->id;
    if (named.project) {
        auto project = c.server.stores.people->project(c.workspace->id, *named.project);
        if (auto is = there(project); !is || !*is) return is ? unknown("project") : is.error();
        owner.level = variable_level::project;
        owner.project = project->id;
    }
    if (named.pipeline) {
        const policy::pipeline_id id(*named.pipeline);
        auto pipeline = c.server.stores.runs->pipeline(id);
        if (auto is = there(pipeline); !is || !*is) return is ? unknown("pipeline") : is.error();
        auto project = c.server.stores.people->project_with(c.workspace->id, pipeline->project);
        if (auto is = there(project); !is || !*is) return is ? unknown("pipeline") : is.error();
        if (pipeline->retired || (owner.project.valid() && owner.project != pipeline->project))
            return unknown("pipeline");
        owner.level = variable_level::pipeline;
        owner.project = pipeline->project;
        owner.pipeline = id;
    }
    if (named.environment) {
        auto environment = c.server.stores.places->get(c.workspace->id, *named.environment);
        if (auto is = there(environment); !is || !*is) return is ? unknown("environment") : is.error();
        owner.level = variable_level::environment;
        owner.project = environment->project;
        owner.pipeline = {};
        owner.environment = environment->id;
    }
    const auto sees = may_see(c, owner);
    if (!sees) return sees.error();
    constexpr const char* words[] = {"workspace", "project", "pipeline", "environment"};
    if (!*sees) return unknown(words[static_cast<std::size_t>(owner.level)]);
    return maybe_owner(owner);
}

const std::string* parameter(const call& c, const char* name, const char* other) {
    const std::string* value = c.request.parameter(name);
    if (value == nullptr || value->empty()) value = c.request.parameter(other);
    return value == nullptr || value->empty() ? nullptr : value;
}

json text_or_null(const std::string& text) {
    return text.empty() ? json() : json(text);
}

json pipeline_summary(const call& c, const store::variable_owner& owner) {
    auto pipeline = c.server.stores.runs->pipeline(owner.pipeline);
    auto project = c.server.stores.people->project_with(c.workspace->id, owner.project);
    if (!pipeline || !project) return nullptr;
    const std::string id = std::to_string(owner.pipeline.value());
    return {{"id", owner.pipeline.value()},
            {"name", pipeline->name},
            {"url", c.workspace_url() + "/projects/" + project->handle + "/pipelines/" + id},
            {"html_url", c.base + "/app/" + c.workspace->domain + "/" + project->handle + "/pipelines/" + id}};
}

json environment_summary(const call& c, policy::environment_id id) {
    auto found = c.server.stores.places->with(c.workspace->id, id);
    if (!found) return nullptr;
    return {{"id", found->hash_id},
            {"name", found->name},
            {"identifier", found->identifier},
            {"url", c.workspace_url() + "/environments/" + found->hash_id}};
}

}  // namespace

result<bool> may_see(const call& c, const store::variable_owner& owner) {
    switch (owner.level) {
        case variable_level::workspace:
            return true;  // whoever is a member of it
        case variable_level::project:
            return sees_project(c, owner.project);
        case variable_level::pipeline:
            return sees_pipeline(c, owner.pipeline);
        case variable_level::environment:
            break;
    }
    auto environment = c.server.stores.places->with(c.workspace->id, owner.environment);
    if (!environment) return environment.error();
    auto level = c.server.stores.places->level_of(*environment, c.actor());
    if (!level) return level.error();
    return *level > store::environment_level::denied;
}

result<maybe_owner> place_in(const call& c, input& in) {
    named_place named;
    if (const auto object = in.object("project")) {
        input project(*object);
        named.project = project.required("name");
        if (auto fine = project.checked(); !fine) in.refuse("`project` needs a `name`");
    }
    if (const auto object = in.object("pipeline")) {
        input pipeline(*object);
        named.pipeline = pipeline.number("id");
        if (!named.pipeline) in.refuse("`pipeline` needs an `id`");
    }
    if (const auto object = in.object("environment")) {
        input environment(*object);
        named.environment = environment.required("id");
        if (auto fine = environment.checked(); !fine) in.refuse("`environment` needs an `id`");
    }
    named.action = in.has("action");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (named.action)
        return failure(errc::refused,
                       "variables of one action stand in the pipeline's definition, below the action's `variables`");
    if (!named.project && !named.pipeline && !named.environment) return maybe_owner();
    return look_up(c, named);
}

result<maybe_owner> place_asked_for(const call& c) {
    named_place named;
    // An action's variables are in its pipeline's definition, and there are no sandboxes.
    if (parameter(c, "action_id", "actionId") != nullptr || parameter(c, "sandbox_id", "sandboxId") != nullptr)
        return maybe_owner();
    if (const std::string* project = parameter(c, "project_name", "projectName")) named.project = *project;
    if (const std::string* text = parameter(c, "pipeline_id", "pipelineId")) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
        if (error != std::errc() || end != text->data() + text->size())
            return failure(errc::usage, "`pipeline_id` must be a number");
        named.pipeline = number;
    }
    if (const std::string* environment = parameter(c, "environment_id", "environmentId"))
        named.environment = *environment;
    return look_up(c, named);
}

json view(const call& c, const store::variable_record& v) {
    json shown = {{"url", c.workspace_url() + "/variables/" + std::to_string(v.id.value())},
                  {"html_url", c.base + "/app/" + c.workspace->domain + "/variables"},
                  {"id", v.id.value()},
                  {"key", v.key},
                  {"value", v.encrypted ? placeholder_of(v) : v.value},
                  {"type", v.type},
                  {"encrypted", v.encrypted},
                  {"settable", v.settable},
                  {"description", text_or_null(v.description)},
                  {"project", nullptr},
                  {"pipeline", nullptr},
                  {"action", nullptr},
                  {"sandbox", nullptr},
                  {"password", nullptr},
                  {"binary", v.type == "FILE"},
                  {"environment", nullptr}};
    show_variable_settings(v.settings, shown);
    if (v.owner.project.valid()) {
        auto project = c.server.stores.people->project_with(c.workspace->id, v.owner.project);
        if (project && v.owner.level == variable_level::project) shown["project"] = view(c, *project, false);
    }
    if (v.owner.level == variable_level::pipeline) shown["pipeline"] = pipeline_summary(c, v.owner);
    if (v.owner.level == variable_level::environment)
        shown["environment"] = environment_summary(c, v.owner.environment);
    return shown;
}

}  // namespace latchkey::server
