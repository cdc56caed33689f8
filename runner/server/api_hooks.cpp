// SPDX-License-Identifier: Apache-2.0
// Hooks of projects: what forges send their webhooks to, and the secrets that they are signed with.
#include "runner/server/handlers.hpp"
#include "runner/server/project_secrets.hpp"
#include "runner/server/views.hpp"
#include "runner/triggers/event_facts.hpp"
#include "runner/triggers/webhook.hpp"
#include "runner/vault/token.hpp"

namespace latchkey::server {

namespace {

constexpr std::size_t shortest_secret = 16;
constexpr std::size_t longest_secret = 1000;

std::string secret_of_hook(const std::string& kind) {
    return std::string(hook_secret) + kind;
}

std::string hook_address(const call& c, const std::string& kind) {
    return c.base + "/latchkey/v1/hooks/" + c.workspace->domain + "/" + c.project->handle + "/" + kind;
}

result<std::string> kind_in(const call& c) {
    const std::string& kind = c.at.find("kind")->second;
    if (!triggers::forge_named(kind))
        return failure(errc::not_found, "there are hooks of the kinds github, gitlab, gitea, bitbucket and signed");
    return kind;
}

// One answer, so that nobody learns which projects there are.
failure no_such_hook() {
    return {errc::not_found, "there is no such hook, or the delivery is not signed with its secret"};
}

struct known_hook {
    store::team_project_record project;
    store::project_secret_record record;
    vault::secret key;
};

result<known_hook> hook_at(const call& c, const std::string& kind) {
    auto& stores = c.server.stores;
    auto workspace = stores.people->workspace(c.at.find("domain")->second);
    if (!workspace) return workspace.error();
    auto project = stores.people->project(workspace->id, c.at.find("handle")->second);
    if (!project) return project.error();
    auto record = stores.triggers->secret(project->id, secret_of_hook(kind));
    if (!record) return record.error();
    if (!*record) return no_such_hook();
    auto key = open_project_secret(stores, c.server.vault, project->id, secret_of_hook(kind));
    if (!key) return key.error();
    return known_hook{std::move(*project), std::move(**record), std::move(*key)};
}

}  // namespace

result<answer> receive_hook(call& c) {
    const std::string kind = c.at.find("kind")->second;
    const auto forge = triggers::forge_named(kind);
    auto hook = forge ? hook_at(c, kind) : result<known_hook>(no_such_hook());
    if (!hook) return hook.error().code == errc::not_found ? no_such_hook() : hook.error();
    const auto now = std::chrono::floor<std::chrono::seconds>(c.now());
    auto told = triggers::receive(*forge, {c.request.headers, c.request.body}, hook->key, now);
    if (!told) {
        c.server.log.write(log_level::warning, "a delivery to a hook was refused",
                           {{"project", hook->project.handle}, {"kind", kind}, {"why", told.error().what}});
        // Who has the secret is told what is wrong with the rest.
        return told.error().code == errc::denied ? no_such_hook() : told.error();
    }
    std::vector<store::facts> events;
    for (const triggers::repository_event& e : told->events) {
        store::facts f = triggers::facts_of(e);
        f.emplace_back("workspace", std::to_string(hook->project.workspace.value()));
        events.push_back(std::move(f));
    }
    const std::string name = "project " + std::to_string(hook->project.id.value()) + " " + kind;
    auto first = c.server.stores.triggers->take(name, told->key, hook->project.id, hook->record.made_by, events,
                                                c.now(), c.now() - std::chrono::hours(24));
    if (!first) return first.error();
    if (!*first) return answer{200, {{"events", 0}, {"note", "this delivery has come before"}}, {}};
    if (!events.empty() && c.server.wake_triggers) c.server.wake_triggers();
    json body{{"events", events.size()}};
    if (!told->note.empty()) body["note"] = told->note;
    return answer{202, std::move(body), {}};
}

result<answer> list_hooks(call& c) {
    auto all = c.server.stores.triggers->secrets(c.project->id);
    if (!all) return all.error();
    json hooks = json::array();
    for (const auto& each : *all) {
        if (!each.name.starts_with(hook_secret)) continue;
        const std::string kind = each.name.substr(hook_secret.size());
        hooks.push_back(
            {{"kind", kind}, {"address", hook_address(c, kind)}, {"create_date", time_text(each.made_at)}});
    }
    return answer{200, {{"hooks", std::move(hooks)}}, {}};
}

result<answer> put_hook(call& c) {
    auto kind = kind_in(c);
    if (!kind) return kind.error();
    input in(c.body);
    std::string given = in.text("secret").value_or("");
    if (!given.empty() && (given.size() < shortest_secret || given.size() > longest_secret))
        in.refuse("`secret` must have 16 to 1000 characters; leave it out, and one is made");
    if (auto fine = in.checked(); !fine) return fine.error();
    json body{{"kind", *kind}, {"address", hook_address(c, *kind)}};
    if (given.empty()) {
        given = vault::random_hex(32);
        body["secret"] = given;  // this once
    }
    auto set = set_project_secret(c.server.stores, c.server.vault, c.project->id, secret_of_hook(*kind),
                                  vault::secret(std::move(given)), c.actor(), c.now());
    if (!set) return set.error();
    return answer{200, std::move(body), {}};
}

result<answer> remove_hook(call& c) {
    auto kind = kind_in(c);
    if (!kind) return kind.error();
    auto gone = c.server.stores.triggers->remove_secret(c.project->id, secret_of_hook(*kind), c.actor(), c.now());
    if (!gone) return gone.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
