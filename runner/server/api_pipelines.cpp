// SPDX-License-Identifier: Apache-2.0
// Pipelines of a project (rest-api §7).
#include "policy/decision.hpp"
#include "runner/run/events.hpp"
#include "runner/server/definition_check.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/levels.hpp"
#include "runner/server/pipeline_settings.hpp"
#include "runner/server/rights_rows.hpp"
#include "runner/server/views.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr int edit_tries = 200;

std::optional<policy::pipeline_level> level_in(input& in, std::string_view name) {
    const auto word = in.text(name);
    const auto level = word ? pipeline_level_from(*word) : std::nullopt;
    if (word && !level)
        in.refuse("`" + std::string(name) + "` must be DEFAULT, DENIED, READ_ONLY, RUN_ONLY or READ_WRITE");
    return level;
}

void read_permissions(input& in, policy::pipeline& rights) {
    const auto object = in.object("permissions");
    if (!object) return;
    input permissions(*object);
    if (const auto level = level_in(permissions, "others")) rights.others = *level;
    read_rows(permissions, "users", rights.users, &policy::pipeline_user_row::user, level_in);
    read_rows(permissions, "groups", rights.groups, &policy::pipeline_group_row::group, level_in);
    if (auto fine = permissions.checked(); !fine) in.refuse(fine.error().what);
}

json permissions_of(const policy::pipeline& rights) {
    return {{"others", to_word(rights.others)},
            {"users", view_of_rows(rights.users, &policy::pipeline_user_row::user)},
            {"groups", view_of_rows(rights.groups, &policy::pipeline_group_row::group)}};
}

std::string project_in_git_config(const store::facts& settings) {
    const json config = setting_of(settings, "git_config");
    const bool there = config.is_object() && config.contains("project") && config["project"].is_string();
    return there ? config["project"].get<std::string>() : std::string();
}

bool differ(const store::facts& one, const store::facts& other, std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(
        names, [&](std::string_view name) { return setting_of(one, name) != setting_of(other, name); });
}

// Runs read what is named here for who stands behind them: who names it in another project has to be let into that,
// too. One that is there and one that is not are the same to who is not.
result<void> check_named_project(const call& c, const std::string& handle) {
    if (handle.empty() || handle == c.project->handle) return {};
    const failure none(errc::not_found, "there is no such project: \"" + handle + "\"");
    auto other = c.server.stores.people->project(c.workspace->id, handle);
    if (!other) return other.error().code == errc::not_found ? none : other.error();
    auto role = c.server.stores.people->role_in_project(c.workspace->id, other->id, c.actor());
    if (!role) return role.error();
    if (!*role) return none;
    return {};
}

result<void> check_named_projects(const call& c, const store::facts& before, const store::facts& now) {
    if (differ(before, now, {"definition_source", "remote_project_name", "remote_path", "remote_ref"})) {
        const json remote = setting_of(now, "remote_project_name");
        const std::string handle = remote.is_string() ? remote.get<std::string>() : "";
        if (auto fine = check_named_project(c, handle); !fine) return fine;
    }
    if (differ(before, now, {"git_config_ref", "git_config"}))
        return check_named_project(c, project_in_git_config(now));
    return {};
}

// `- pipeline: name` of what the client wrote, or nothing.
result<void> read_definition(const call& c, input& in, store::team_pipeline_record& p, const std::string& before) {
    const auto yaml = in.text("yaml");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (!yaml) return {};
    if (auto fine = check_definition(c, p.rights.project, p.name, *yaml, before); !fine) return fine.error();
    p.definition = *yaml;
    std::erase_if(p.settings, [](const auto& s) { return s.first == "actions"; });
    return {};
}

std::string etag_of(const store::team_pipeline_record& p) {
    return "\"" + std::to_string(p.changed_at.time_since_epoch().count()) + "\"";
}

answer shown(const call& c, const store::team_pipeline_record& p, int status) {
    return {status, view(c, p, true), {{"ETag", etag_of(p)}}};
}

// So that a client offers what will be let through.
json what_they_may(policy::pipeline_level access) {
    return {{"run", access >= policy::pipeline_level::run_only},
            {"manage", access >= policy::pipeline_level::read_write}};
}

}  // namespace

json view(const call& c, const store::team_pipeline_record& p, bool full) {
    const std::string id = std::to_string(p.rights.id.value());
    json v;
    show_settings(p.settings, v);
    v["url"] = c.project_url() + "/pipelines/" + id;
    v["html_url"] = c.base + "/app/" + c.workspace->domain + "/" + c.project->handle + "/pipelines/" + id;
    v["id"] = p.rights.id.value();
    v["name"] = p.name;
    v["create_date"] = time_text(p.created_at);
    v["last_execution_status"] = "INITIAL";
    v["last_execution_revision"] = nullptr;
    const auto last = c.server.stores.runs->runs({std::nullopt, p.rights.id, 1});
    if (last && !last->empty()) {
        v["last_execution_status"] = run::to_string(last->front().attempts.back().status);
        if (!last->front().source.commit.empty()) v["last_execution_revision"] = last->front().source.commit;
    }
    v["resources"] = "DEFAULT";
    v["stale"] = false;
    v["waiting_for_push"] = false;
    if (!full) return v;
    v["source_pipeline_id"] = nullptr;
    v["permissions"] = permissions_of(p.rights);
    v["project"] = view(c, *c.project, false);
    v["creator"] = person(c, p.created_by);
    // A definition that names what its reader may not know of is not shown, rather than shown changed.
    const auto hidden = names_hidden(c, p.rights.project, p.definition);
    v["yaml"] = p.definition.empty() || !hidden || *hidden ? json() : json(p.definition);
    return v;
}

result<answer> list_pipelines(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    auto all = c.server.stores.pipelines->list(c.project->id);
    if (!all) return all.error();
    json items = json::array();
    std::size_t seen = 0;
    for (const auto& p : *all) {
        auto facts = c.server.stores.runs->snapshot(p.rights.id, {});
        if (!facts) return facts.error();
        const auto access = policy::access_to(*facts, c.actor(), p.rights.id);
        if (access <= policy::pipeline_level::denied) continue;
        const std::size_t place = seen++;
        if (place < static_cast<std::size_t>(page->offset)) continue;
        if (items.size() == static_cast<std::size_t>(page->limit)) break;
        items.push_back(view(c, p, false));
        items.back()["may"] = what_they_may(access);
    }
    return answer{200, list_of(c.project_url() + "/pipelines", "pipelines", std::move(items)), {}};
}

result<answer> get_pipeline(call& c) {
    answer a = shown(c, *c.pipeline, 200);
    a.body["may"] = what_they_may(c.access);
    return a;
}

result<answer> add_pipeline(call& c) {
    input in(c.body);
    store::team_pipeline_record wanted;
    wanted.rights.project = c.project->id;
    wanted.name = in.required("name");
    wanted.created_at = c.now();
    read_settings(in, wanted.settings);
    read_permissions(in, wanted.rights);
    if (auto fine = in.checked(); !fine) return fine.error();
    // A definition of elsewhere says itself what is to be done about warnings.
    if (setting_of(wanted.settings, "definition_source") == "REMOTE" && !in.has("fail_on_prepare_env_warning"))
        put_setting(wanted.settings, "fail_on_prepare_env_warning", false);
    if (auto fine = check_named_projects(c, {}, wanted.settings); !fine) return fine.error();
    if (auto fine = read_definition(c, in, wanted, ""); !fine) return fine.error();
    auto made = c.server.stores.pipelines->add(std::move(wanted), c.actor());
    if (!made) return made.error();
    return shown(c, *made, 201);
}

result<answer> edit_pipeline(call& c) {
    store::team_pipeline_record known = *c.pipeline;
    const std::string* if_match = c.request.header("If-Match");
    for (int i = 0; i < edit_tries; ++i) {
        if (if_match != nullptr && *if_match != "*" && *if_match != etag_of(known)) {
            json body = {{"errors", json::array({{{"message", "the pipeline was changed since: look again"}}})}};
            return answer{412, std::move(body), {{"ETag", etag_of(known)}}};
        }
        input in(c.body);
        store::team_pipeline_record changed = known;
        const auto name = in.text("name");
        if (name && !name->empty()) changed.name = *name;
        read_settings(in, changed.settings);
        read_permissions(in, changed.rights);
        if (auto fine = in.checked(); !fine) return fine.error();
        if (auto fine = check_named_projects(c, known.settings, changed.settings); !fine) return fine.error();
        if (changed.name != known.name && !known.definition.empty() && !in.has("yaml"))
            return failure(errc::usage, "the definition names the pipeline: send `yaml` with the new name, too");
        if (auto fine = read_definition(c, in, changed, known.definition); !fine) return fine.error();
        auto edited = c.server.stores.pipelines->edit(changed, c.actor(), c.now());
        if (edited) return shown(c, *edited, 200);
        if (edited.error().code != errc::conflict || if_match != nullptr) return edited.error();
        auto again = c.server.stores.pipelines->get(c.project->id, known.rights.id);
        if (!again) return again.error();
        if (again->changed_at == known.changed_at) return edited.error();  // the name is taken
        known = std::move(*again);
    }
    return failure(errc::conflict, "too many others change this pipeline: try again");
}

result<answer> get_pipeline_yaml(call& c) {
    const auto hidden = names_hidden(c, c.pipeline->rights.project, c.pipeline->definition);
    if (!hidden) return hidden.error();
    if (*hidden)
        return failure(errc::denied, "you may not see all that this pipeline uses, and so not its definition");
    const json v = view(c, *c.pipeline, false);
    return answer{200,
                  {{"url", v["url"].get<std::string>() + "/yaml"},
                   {"html_url", v["html_url"]},
                   {"yaml", c.pipeline->definition.empty() ? json() : json(c.pipeline->definition)}},
                  {{"ETag", etag_of(*c.pipeline)}}};
}

result<answer> edit_pipeline_yaml(call& c) {
    input in(c.body);
    const std::string yaml = in.required("yaml");
    if (auto fine = in.checked(); !fine) return fine.error();
    c.body = {{"yaml", yaml}};
    return edit_pipeline(c);
}

result<answer> remove_pipeline(call& c) {
    if (auto done = c.server.stores.pipelines->remove(c.project->id, c.pipeline->rights.id, c.actor(), c.now());
        !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
