// SPDX-License-Identifier: Apache-2.0
// The agents of the server, for who looks after them.
#include "runner/agent/exchange.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>
#include <map>

namespace latchkey::server {

namespace {

constexpr std::int64_t usual_life = 3600;
constexpr std::int64_t longest_life = std::int64_t{30} * 24 * 3600;

// As a name stands in messages and is asked for by pipelines.
bool is_name(std::string_view text) {
    const auto fine = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, fine);
}

result<agent::exchange*> agents_of(const call& c) {
    if (c.server.agents == nullptr) return failure(errc::not_found, "this server works without agents (--agents)");
    return c.server.agents;
}

// What every agent executes now. A run that has been removed meanwhile has no name left to show, and is no reason to
// show nothing of the others; it counts as busy.
result<std::map<std::int64_t, json>> running_now(const call& c, agent::exchange& agents) {
    std::map<std::int64_t, json> all;
    for (const agent::work_at_agent& held : agents.held_by_agents()) {
        auto run = c.server.stores.runs->run(held.run);
        if (!run && run.error().code == errc::not_found) continue;
        if (!run) return run.error();
        auto project = c.server.stores.people->project_numbered(run->project);
        json& list = all.try_emplace(held.agent, json::array()).first->second;
        json row = {{"project", project ? json(project->handle) : json()},
                    {"pipeline", run->pipeline_name},
                    {"execution", run->number},
                    {"action", nullptr}};
        if (held.actions.empty()) list.push_back(row);
        for (const std::string& action : held.actions) {
            row["action"] = action;
            list.push_back(row);
        }
    }
    return all;
}

json view_of(agent::exchange& agents, const store::agent_record& a, json running) {
    const agent::exchange::standing now = agents.standing_of(a.id);
    const char* state = a.draining ? "draining" : "online";
    return {{"id", a.id},
            {"name", a.name},
            {"pool", a.pool},
            {"tags", a.tags},
            {"cpu", a.cpu},
            {"capacity", a.capacity},
            {"busy", now.busy},
            {"version", a.version},
            {"state", now.online ? state : "offline"},
            {"last_seen", time_or_null(now.last_seen ? now.last_seen : a.last_seen)},
            {"running", std::move(running)}};
}

}  // namespace

result<answer> list_agents(call& c) {
    auto agents = agents_of(c);
    if (!agents) return agents.error();
    auto known = c.server.stores.machines->all();
    if (!known) return known.error();
    auto running = running_now(c, **agents);
    if (!running) return running.error();
    json all = json::array();
    for (const store::agent_record& a : *known) {
        const auto at = running->find(a.id);
        all.push_back(view_of(**agents, a, at == running->end() ? json::array() : at->second));
    }
    return answer{200, {{"agents", std::move(all)}}, {}};
}

result<answer> add_agent_registration(call& c) {
    if (auto agents = agents_of(c); !agents) return agents.error();
    input in(c.body);
    store::agent_registration r;
    r.name = in.text("name").value_or("");
    r.pool = in.text("pool").value_or("default");
    r.tags = in.texts("tags").value_or(std::vector<std::string>());
    const std::int64_t seconds = in.number("expires").value_or(usual_life);
    if (!r.name.empty() && !is_name(r.name)) in.refuse("`name` may hold letters, digits, -, _ and .");
    if (!is_name(r.pool)) in.refuse("`pool` may hold letters, digits, -, _ and .");
    if (r.tags.size() > 100 || !std::ranges::all_of(r.tags, is_name))
        in.refuse("`tags` may hold letters, digits, -, _ and .");
    if (seconds < 1 || seconds > longest_life)
        in.refuse("`expires` is a number of seconds from 1 to " + std::to_string(longest_life));
    if (auto fine = in.checked(); !fine) return fine.error();
    const std::string token = vault::new_token();
    r.token_hash = vault::hash_of_token(token);
    r.by = c.actor();
    r.expires_at = c.now() + std::chrono::seconds(seconds);
    if (auto done = c.server.stores.machines->allow(r, c.now()); !done) return done.error();
    return answer{201,
                  {{"token", token},
                   {"name", r.name.empty() ? json() : json(r.name)},
                   {"pool", r.pool},
                   {"tags", r.tags},
                   {"expires", time_text(r.expires_at)}},
                  {}};
}

result<answer> drain_agent(call& c) {
    auto agents = agents_of(c);
    if (!agents) return agents.error();
    const auto id = c.number("agent");
    if (!id) return id.error();
    input in(c.body);
    const bool draining = in.flag("draining").value_or(true);
    if (auto fine = in.checked(); !fine) return fine.error();
    if (auto done = c.server.stores.machines->drain(*id, draining, c.actor(), c.now()); !done) return done.error();
    auto now = c.server.stores.machines->get(*id);
    if (!now) return now.error();
    auto running = running_now(c, **agents);
    if (!running) return running.error();
    const auto at = running->find(*id);
    return answer{200, view_of(**agents, *now, at == running->end() ? json::array() : at->second), {}};
}

result<answer> remove_agent(call& c) {
    auto agents = agents_of(c);
    if (!agents) return agents.error();
    const auto id = c.number("agent");
    if (!id) return id.error();
    auto known = c.server.stores.machines->get(*id);
    if (!known) return known.error();
    // First: what it is told no of from now on it ends.
    if (auto done = c.server.stores.machines->remove(*id, c.actor(), c.now()); !done) return done.error();
    (*agents)->drop(*id, "the agent " + known->name + " was lost: it was removed");
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
