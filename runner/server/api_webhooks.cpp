// SPDX-License-Identifier: Apache-2.0
// Webhooks of a workspace (rest-api §10), for administrators. The secret goes in and never comes back.
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

constexpr int requests_shown = 20;
constexpr std::array<std::string_view, 5> known_events = {"PUSH", "EXECUTION_STARTED", "EXECUTION_SUCCESSFUL",
                                                          "EXECUTION_FAILED", "EXECUTION_FINISHED"};

// http:// or https://, a host, and nothing that can't be in an address.
bool is_target(std::string_view text) {
    std::string_view rest = text;
    for (const std::string_view scheme : {"https://", "http://"})
        if (text.starts_with(scheme)) rest = text.substr(scheme.size());
    const bool plain =
        std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
    return rest.size() < text.size() && text.size() <= 2000 && plain && !rest.empty() &&
           std::string_view("/?#:@").find(rest.front()) == std::string_view::npos;
}

result<json> projects_of(const call& c, const store::webhook_record& hook) {
    json all = json::array();
    for (const policy::project_id id : hook.projects) {
        auto project = c.server.stores.people->project_with(c.workspace->id, id);
        if (!project && project.error().code != errc::not_found) return project.error();
        if (project) all.push_back(project->handle);
    }
    return all;
}

result<json> view(const call& c, const store::webhook_record& hook, bool full) {
    const std::string id = std::to_string(hook.id.value());
    auto projects = projects_of(c, hook);
    if (!projects) return projects.error();
    json v = {{"url", c.workspace_url() + "/webhooks/" + id},
              {"html_url", c.base + "/app/" + c.workspace->domain + "/webhooks/" + id},
              {"id", hook.id.value()},
              {"name", nullptr},
              {"target_url", hook.target},
              {"secret_key", nullptr},
              {"projects", std::move(*projects)},
              {"events", hook.events}};
    if (!full) return v;
    auto last = c.server.stores.hooks->last_deliveries(hook.id, requests_shown);
    if (!last) return last.error();
    v["requests"] = json::array();
    for (const auto& d : *last)
        v["requests"].push_back(
            {{"post_date", time_or_null(d.posted_at)}, {"response_status", d.response}, {"body", d.body}});
    return v;
}

result<answer> shown(const call& c, const store::webhook_record& hook, int status) {
    auto v = view(c, hook, true);
    if (!v) return v.error();
    return answer{status, std::move(*v), {}};
}

result<store::webhook_record> webhook_at(const call& c) {
    const auto number = c.number("webhook");
    if (!number) return number.error();
    return c.server.stores.hooks->get(c.workspace->id, policy::webhook_id(*number));
}

// The secret that was given, if one was; "" is one that is taken away.
result<std::optional<std::string>> fill(const call& c, input& in, store::webhook_record& hook) {
    if (const auto target = in.text("target_url")) {
        if (!is_target(*target)) in.refuse("`target_url` must be an address that begins with http:// or https://");
        hook.target = *target;
    }
    if (const auto events = in.texts("events")) {
        hook.events.clear();
        for (const std::string& e : *events) {
            if (std::ranges::find(known_events, e) == known_events.end())
                in.refuse("there is no event \"" + e.substr(0, 60) +
                          "\": there are PUSH, EXECUTION_STARTED, EXECUTION_SUCCESSFUL, EXECUTION_FAILED and "
                          "EXECUTION_FINISHED");
            if (std::ranges::find(hook.events, e) == hook.events.end()) hook.events.push_back(e);
        }
    }
    const auto projects = in.texts("projects");
    auto secret = in.text("secret_key");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (projects) {
        hook.projects.clear();
        for (const std::string& handle : *projects) {
            auto project = c.server.stores.people->project(c.workspace->id, handle);
            if (!project && project.error().code == errc::not_found)
                return failure(errc::usage, "there is no project \"" + handle.substr(0, 60) + "\"");
            if (!project) return project.error();
            if (std::ranges::find(hook.projects, project->id) == hook.projects.end())
                hook.projects.push_back(project->id);
        }
    }
    return secret;
}

vault::sealed_field sealed_secret(const call& c, policy::webhook_id id, std::int64_t version, std::string secret) {
    return c.server.vault.seal_value({vault::value_kind::webhook, id.value()}, "secret_key", version,
                                     vault::secret(std::move(secret)));
}

}  // namespace

result<answer> list_webhooks(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    auto all = c.server.stores.hooks->list(c.workspace->id);
    if (!all) return all.error();
    json items = json::array();
    for (const auto& hook : *all) {
        auto v = view(c, hook, false);
        if (!v) return v.error();
        items.push_back(std::move(*v));
    }
    return answer{200, list_of(c.workspace_url() + "/webhooks", "webhooks", page_of(std::move(items), *page)), {}};
}

result<answer> get_webhook(call& c) {
    auto found = webhook_at(c);
    if (!found) return found.error();
    return shown(c, *found, 200);
}

result<answer> add_webhook(call& c) {
    input in(c.body);
    store::webhook_record wanted;
    wanted.workspace = c.workspace->id;
    wanted.created_at = c.now();
    in.required("target_url");
    auto secret = fill(c, in, wanted);
    if (!secret) return secret.error();
    if (wanted.events.empty()) return failure(errc::usage, "`events` is missing: say what the webhook is told of");
    store::webhooks::sealer seal;
    if (const std::string plain = secret->value_or(""); !plain.empty())
        seal = [&c, plain](policy::webhook_id id) { return sealed_secret(c, id, 1, plain); };
    auto made = c.server.stores.hooks->add(std::move(wanted), seal, c.actor());
    if (!made) return made.error();
    return shown(c, *made, 201);
}

result<answer> edit_webhook(call& c) {
    constexpr int most_tries = 50;
    for (int i = 0; i < most_tries; ++i) {
        auto known = webhook_at(c);
        if (!known) return known.error();
        input in(c.body);
        auto secret = fill(c, in, *known);
        if (!secret) return secret.error();
        if (known->events.empty()) return failure(errc::usage, "`events` is empty: remove the webhook instead");
        const std::int64_t version = known->secret ? known->secret->version + 1 : 1;
        if (*secret && (*secret)->empty())
            known->secret.reset();
        else if (*secret)
            known->secret = sealed_secret(c, known->id, version, std::move(**secret));
        auto edited = c.server.stores.hooks->edit(*known, c.actor(), c.now());
        if (edited) return shown(c, *edited, 200);
        if (edited.error().code != errc::conflict) return edited.error();
    }
    return failure(errc::conflict, "too many others change this webhook: try again");
}

result<answer> remove_webhook(call& c) {
    const auto number = c.number("webhook");
    if (!number) return number.error();
    if (auto done = c.server.stores.hooks->remove(c.workspace->id, policy::webhook_id(*number), c.actor(), c.now());
        !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
