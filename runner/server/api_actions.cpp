// SPDX-License-Identifier: Apache-2.0
// The actions of a pipeline that the API defines (rest-api §7), by their place in it, from 1. What comes of a change
// is a definition as any: valid, and without an integration that whoever makes it may not use.
#include "runner/server/definition_actions.hpp"
#include "runner/server/definition_check.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr int most_tries = 50;
// Said by the API, not by the file.
constexpr const char* not_kept[] = {"id", "url", "html_url", "last_execution_status", "name", "pipeline"};

failure no_such_action() {
    return {errc::not_found, "there is no such action"};
}

std::string text_in(const json& object, const char* name, const char* otherwise) {
    const auto at = object.find(name);
    return at != object.end() && at->is_string() ? at->get<std::string>() : otherwise;
}

json view(const call& c, const definition_actions& all, std::size_t place) {
    const std::string number = std::to_string(place + 1);
    const json written = all.at(place);
    json v = written;
    v.erase("action");
    const std::string at = c.project_url() + "/pipelines/" + std::to_string(c.pipeline->rights.id.value());
    v["url"] = at + "/actions/" + number;
    v["html_url"] = c.base + "/app/" + c.workspace->domain + "/" + c.project->handle + "/pipelines/" +
                    std::to_string(c.pipeline->rights.id.value()) + "/actions/" + number;
    v["id"] = place + 1;
    const json name = written.value("action", json());
    v["name"] = name.is_string() || name.is_null() ? name : json(name.dump());
    v["type"] = text_in(written, "type", "BUILD");
    v["trigger_time"] = text_in(written, "trigger_time", "ON_EVERY_EXECUTION");
    v["last_execution_status"] = "INITIAL";
    const auto disabled = written.find("disabled");
    v["disabled"] = disabled != written.end() && *disabled == true;
    return v;
}

// Only what the API defines has actions to change here.
result<definition_actions> actions_of(const call& c, const store::team_pipeline_record& p) {
    if (setting_of(p.settings, "git_config_ref") != "NONE" || setting_of(p.settings, "definition_source") != "LOCAL")
        return failure(errc::refused, "this pipeline is defined by a file: its actions are in there");
    const auto hidden = names_hidden(c, p.rights.project, p.definition);
    if (!hidden) return hidden.error();
    if (*hidden) return failure(errc::denied, "you may not see all that this pipeline uses, and so not its actions");
    return definition_actions::read(p.name, p.definition);
}

result<std::size_t> place_in(const call& c, const definition_actions& all) {
    const auto number = c.number("action");
    if (!number || *number < 1 || static_cast<std::size_t>(*number) > all.size()) return no_such_action();
    return static_cast<std::size_t>(*number) - 1;
}

// As the file writes them: `name` is its `action`, an integration is named by its identifier.
result<json> written_from(const json& body) {
    if (!body.is_object()) return failure(errc::usage, "the body must be an object");
    json written = body;
    if (const auto name = body.find("name"); name != body.end() && !name->is_null()) {
        if (!name->is_string()) return failure(errc::usage, "`name` must be a text");
        written["action"] = *name;
    }
    for (const char* key : not_kept) written.erase(key);
    if (const auto at = written.find("integration"); at != written.end() && at->is_object()) {
        std::string reference = text_in(*at, "identifier", "");
        if (reference.empty()) reference = text_in(*at, "hash_id", "");
        if (reference.empty()) return failure(errc::usage, "`integration` needs an `identifier` or a `hash_id`");
        *at = reference;
    }
    return written;
}

using change = std::function<result<std::string>(const definition_actions&)>;

// Reads, changes and keeps, again where somebody else was faster. The actions as they are then.
result<definition_actions> keep(call& c, const change& changed) {
    for (int i = 0; i < most_tries; ++i) {
        auto known = c.server.stores.pipelines->get(c.project->id, c.pipeline->rights.id);
        if (!known) return known.error();
        auto all = actions_of(c, *known);
        if (!all) return all.error();
        auto text = changed(*all);
        if (!text) return text.error();
        if (auto fine = check_definition(c, c.project->id, known->name, *text, known->definition); !fine)
            return fine.error();
        known->definition = std::move(*text);
        auto edited = c.server.stores.pipelines->edit(*known, c.actor(), c.now());
        if (edited) return definition_actions::read(edited->name, edited->definition);
        if (edited.error().code != errc::conflict) return edited.error();
    }
    return failure(errc::conflict, "too many others change this pipeline: try again");
}

}  // namespace

result<answer> list_actions(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    auto all = actions_of(c, *c.pipeline);
    if (!all) return all.error();
    json items = json::array();
    for (std::size_t i = 0; i < all->size(); ++i) items.push_back(view(c, *all, i));
    const std::string at = c.project_url() + "/pipelines/" + std::to_string(c.pipeline->rights.id.value());
    return answer{200, list_of(at + "/actions", "actions", page_of(std::move(items), *page)), {}};
}

result<answer> get_action(call& c) {
    auto all = actions_of(c, *c.pipeline);
    if (!all) return all.error();
    const auto place = place_in(c, *all);
    if (!place) return place.error();
    return answer{200, view(c, *all, *place), {}};
}

result<answer> add_action(call& c) {
    auto written = written_from(c.body);
    if (!written) return written.error();
    if (text_in(*written, "action", "").empty()) return failure(errc::usage, "`name` is missing");
    if (text_in(*written, "type", "").empty()) return failure(errc::usage, "`type` is missing");
    auto all =
        keep(c, [&](const definition_actions& known) -> result<std::string> { return known.with_added(*written); });
    if (!all) return all.error();
    return answer{201, view(c, *all, all->size() - 1), {}};
}

result<answer> edit_action(call& c) {
    auto written = written_from(c.body);
    if (!written) return written.error();
    std::size_t where = 0;
    auto all = keep(c, [&](const definition_actions& known) -> result<std::string> {
        const auto place = place_in(c, known);
        if (!place) return place.error();
        where = *place;
        json changed = known.at(where);
        for (const auto& [key, value] : written->items())
            if (!value.is_null()) changed[key] = value;
        return known.with_replaced(where, changed);
    });
    if (!all) return all.error();
    return answer{200, view(c, *all, where), {}};
}

result<answer> remove_action(call& c) {
    auto all = keep(c, [&](const definition_actions& known) -> result<std::string> {
        const auto place = place_in(c, known);
        if (!place) return place.error();
        return known.without(*place);
    });
    if (!all) return all.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
