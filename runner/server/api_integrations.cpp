// SPDX-License-Identifier: Apache-2.0
// Integrations (rest-api §6). Who may not know of one gets the answer of one that is not there.
#include "pipelines/catalogue.hpp"
#include "pipelines/diagnostic.hpp"
#include "pipelines/identifier.hpp"
#include "policy/decision.hpp"
#include "runner/server/connection_check.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/integration_input.hpp"
#include "runner/server/rights_rows.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <unordered_set>

namespace latchkey::server {

namespace {

// A partial change of what somebody else changes at the same time is made again on what they left.
constexpr int tries = 200;

failure unknown() {
    return {errc::not_found, "there is no such integration"};
}

result<bool> may_see(const call& c, const store::integration_record& r) {
    const policy::integration_id id = r.rights.id;
    auto facts = c.server.stores.runs->snapshot(policy::pipeline_id(), {&id, 1});
    if (!facts) return facts.error();
    return policy::may_see(*facts, c.actor(), id);
}

}  // namespace

std::string etag_of(const store::integration_record& r) {
    return "\"" + std::to_string(r.changed_at.time_since_epoch().count()) + "\"";
}

result<store::integration_record> integration_at(const call& c) {
    auto found = c.server.stores.runs->find_integration_by_hash(c.workspace->id, c.at.at("integration"));
    if (!found) return found.error().code == errc::not_found ? unknown() : found.error();
    const auto sees = may_see(c, *found);
    if (!sees) return sees.error();
    if (!*sees) return unknown();
    return found;
}

namespace {

json pipeline_view(const call& c, const store::team_project_record& project, policy::pipeline_id id,
                   const std::string& name) {
    const std::string number = std::to_string(id.value());
    return {{"id", id.value()},
            {"name", name},
            {"url", c.workspace_url() + "/projects/" + project.handle + "/pipelines/" + number},
            {"html_url", c.base + "/app/" + c.workspace->domain + "/" + project.handle + "/pipelines/" + number}};
}

result<json> allowed_pipelines(const call& c, const store::integration_record& r) {
    auto grants = c.server.stores.runs->grants(r.rights.id);
    if (!grants) return grants.error();
    json all = json::array();
    policy::pipeline_id last;
    std::ranges::sort(*grants, {}, &policy::grant::pipeline);
    for (const policy::grant& g : *grants) {
        if (g.expires && *g.expires > c.now()) c.stands_until(*g.expires);
        if (g.pipeline == last || (g.expires && *g.expires <= c.now())) continue;
        last = g.pipeline;
        auto pipeline = c.server.stores.runs->pipeline(g.pipeline);
        if (!pipeline) return pipeline.error();
        auto project = c.server.stores.people->project_with(c.workspace->id, pipeline->project);
        if (!project && project.error().code != errc::not_found) return project.error();
        if (project && !pipeline->retired) all.push_back(pipeline_view(c, *project, g.pipeline, pipeline->name));
    }
    return all;
}

json permissions_of(const policy::integration& rights) {
    return {{"admins", to_word(rights.admins)},
            {"others", to_word(rights.others)},
            {"users", view_of_rows(rights.users, &policy::user_row::user)},
            {"groups", view_of_rows(rights.groups, &policy::group_row::group)}};
}

result<json> view_integration(const call& c, const store::integration_record& r) {
    json v = {{"url", c.workspace_url() + "/integrations/" + r.hash_id},
              {"html_url", c.base + "/app/" + c.workspace->domain + "/integrations/" + r.hash_id},
              {"hash_id", r.hash_id},
              {"identifier", r.identifier},
              {"name", r.name},
              {"type", r.type},
              {"auth_type", r.auth_type},
              {"scope", r.rights.scope == policy::scope::project ? "PROJECT" : "WORKSPACE"},
              {"project_name", nullptr},
              {"all_pipelines_allowed", r.rights.all_pipelines_allowed},
              {"demanded_to_grant", to_word(r.rights.demanded_to_grant)},
              {"permissions", permissions_of(r.rights)}};
    if (r.rights.scope == policy::scope::project) {
        auto project = c.server.stores.people->project_with(c.workspace->id, r.rights.project);
        if (project) v["project_name"] = project->handle;
    }
    auto allowed = allowed_pipelines(c, r);
    if (!allowed) return allowed.error();
    v["allowed_pipelines"] = std::move(*allowed);
    for (const auto& [name, value] : r.settings)
        if (!v.contains(name)) v[name] = value;
    for (const char* name : {"app_id", "atop_url", "audience", "google_project", "host_url", "webhook_address"})
        if (!v.contains(name)) v[name] = nullptr;
    return v;
}

result<answer> shown(const call& c, const store::integration_record& r, int status) {
    auto v = view_integration(c, r);
    if (!v) return v.error();
    return answer{status, std::move(*v), {{"ETag", etag_of(r)}}};
}

// As identifiers are told from each other.
std::string folded(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

result<std::string> identifier_for(const call& c, input& in, const std::string& name) {
    if (const auto given = in.text("identifier"); given && !given->empty()) {
        if (!pipelines::is_identifier(*given))
            return failure(errc::usage, "`identifier` has letters, digits, - and _ only, a letter first");
        return *given;
    }
    std::string base = pipelines::identifier_from(name);
    if (base.empty()) base = "integration";
    auto alike = c.server.stores.runs->names_of_integrations(c.workspace->id, base);
    if (!alike) return alike.error();
    std::unordered_set<std::string> taken;
    for (const store::integration_names& other : *alike) taken.insert(folded(other.identifier));
    std::string identifier = base;
    for (int n = 2; taken.contains(folded(identifier)); ++n) identifier = base + "_" + std::to_string(n);
    return identifier;
}

}  // namespace

result<answer> list_integrations(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    const std::string* of_project = c.request.parameter("project_name");
    policy::project_id only;
    if (of_project != nullptr) {
        auto project = c.server.stores.people->project(c.workspace->id, *of_project);
        if (!project) return project.error();
        only = project->id;
    }
    auto ids = c.server.stores.runs->integration_ids(c.workspace->id);
    if (!ids) return ids.error();
    json items = json::array();
    std::size_t seen = 0;
    // Piece by piece: a page at the beginning needs few facts, however many there are.
    constexpr std::size_t piece = 256;
    for (std::size_t at = 0; at < ids->size() && items.size() < static_cast<std::size_t>(page->limit); at += piece) {
        const std::span some = std::span(*ids).subspan(at, std::min(piece, ids->size() - at));
        auto facts = c.server.stores.runs->snapshot(policy::pipeline_id(), some);
        if (!facts) return facts.error();
        for (const policy::integration_id id : some) {
            const policy::integration* rights = facts->find(id);
            if (rights == nullptr || !policy::may_see(*facts, c.actor(), id)) continue;
            const bool wanted = !only.valid() || rights->scope == policy::scope::workspace || rights->project == only;
            if (!wanted) continue;
            const std::size_t place = seen++;
            if (place < static_cast<std::size_t>(page->offset)) continue;
            if (items.size() == static_cast<std::size_t>(page->limit)) break;
            auto record = c.server.stores.runs->integration(id);
            if (!record && record.error().code == errc::not_found) continue;  // removed meanwhile
            if (!record) return record.error();
            auto v = view_integration(c, *record);
            if (!v) return v.error();
            items.push_back(std::move(*v));
        }
    }
    return answer{200, list_of(c.workspace_url() + "/integrations", "integrations", std::move(items)), {}};
}

result<answer> get_integration(call& c) {
    auto found = integration_at(c);
    if (!found) return found.error();
    return shown(c, *found, 200);
}

result<answer> add_integration(call& c) {
    input in(c.body);
    store::integration_record wanted;
    wanted.workspace = c.workspace->id;
    wanted.created_at = wanted.changed_at = c.now();
    wanted.name = in.required("name");
    const std::string type_name = in.required("type");
    if (auto fine = in.checked(); !fine) return fine.error();
    const pipelines::integration_type* type = pipelines::find_integration_type(type_name);
    if (type == nullptr) {
        const std::string_view near = pipelines::nearest(type_name, pipelines::integration_type_names());
        return failure(errc::usage, "there is no integration type \"" + type_name.substr(0, 60) + "\"" +
                                        (near.empty() ? "" : ": did you mean " + std::string(near) + "?"));
    }
    wanted.type = type->name;
    if (auto scope = read_scope(c, in, wanted.rights); !scope) return scope.error();
    // Over the API the default is Buddy's: every pipeline may use it.
    wanted.rights.all_pipelines_allowed = true;
    read_rights(in, wanted.rights);
    const auto allowed = read_allowed_pipelines(in);
    credentials given = read_credentials(in, *type, wanted);
    if (auto fine = in.checked(); !fine) return fine.error();
    if (auto complete = check_complete(*type, wanted.auth_type, given, wanted.settings); !complete)
        return complete.error();
    auto identifier = identifier_for(c, in, wanted.name);
    if (!identifier) return identifier.error();
    wanted.identifier = std::move(*identifier);
    // Who adds one can manage it, whatever `others` may.
    if (!c.administrator() &&
        std::ranges::find(wanted.rights.users, c.actor(), &policy::user_row::user) == wanted.rights.users.end())
        wanted.rights.users.push_back({c.actor(), policy::level::manage});
    const auto seal = [&](policy::integration_id id) {
        std::vector<vault::sealed_field> sealed;
        for (const auto& [name, value] : given.secrets) sealed.push_back(c.server.vault.seal(id, name, 1, value));
        return sealed;
    };
    auto made = c.server.stores.runs->add_integration(std::move(wanted), seal, c.actor(), allowed);
    if (!made) return made.error();
    return shown(c, *made, 201);
}

result<answer> edit_integration(call& c) {
    auto known = integration_at(c);
    if (!known) return known.error();
    const std::string* if_match = c.request.header("If-Match");
    for (int i = 0; i < tries; ++i) {
        if (if_match != nullptr && *if_match != "*" && *if_match != etag_of(*known)) {
            json body = {{"errors", json::array({{{"message", "the integration was changed since: look again"}}})}};
            return answer{412, std::move(body), {{"ETag", etag_of(*known)}}};
        }
        input in(c.body);
        store::integration_record changed = *known;
        if (const auto name = in.text("name"); name && !name->empty()) changed.name = *name;
        const auto scope = in.text("scope");
        if (scope && *scope != (known->rights.scope == policy::scope::project ? "PROJECT" : "WORKSPACE"))
            return failure(errc::refused, "the scope of an integration can't be changed: add a new one");
        read_rights(in, changed.rights);
        const auto allowed = read_allowed_pipelines(in);
        const pipelines::integration_type* type = pipelines::find_integration_type(known->type);
        credentials given = type == nullptr ? credentials{} : read_credentials(in, *type, changed);
        if (auto fine = in.checked(); !fine) return fine.error();
        const bool keeps_some = std::ranges::any_of(
            changed.fields, [&](const vault::sealed_field& f) { return !given.secrets.contains(f.name); });
        if (type != nullptr && keeps_some && leads_elsewhere(*type, known->settings, changed.settings))
            return failure(errc::refused, "`" + type->check->host_field +
                                              "` names another server than the credential was given for: give the "
                                              "credential again with it");
        for (const auto& [name, value] : given.secrets) {
            const auto old = std::ranges::find(changed.fields, name, &vault::sealed_field::name);
            const std::int64_t version = old == changed.fields.end() ? 1 : old->version + 1;
            if (old != changed.fields.end()) changed.fields.erase(old);
            changed.fields.push_back(c.server.vault.seal(changed.rights.id, name, version, value));
        }
        auto edited = c.server.stores.runs->edit_integration(changed, c.actor(), c.now(), allowed);
        if (edited) return shown(c, *edited, 200);
        if (edited.error().code != errc::conflict || if_match != nullptr) return edited.error();
        known = integration_at(c);
        if (!known) return known.error();
    }
    return failure(errc::conflict, "too many others change this integration: try again");
}

result<answer> remove_integration(call& c) {
    auto known = integration_at(c);
    if (!known) return known.error();
    if (auto done = c.server.stores.runs->remove_integration(known->rights.id, c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
