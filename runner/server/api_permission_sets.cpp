// SPDX-License-Identifier: Apache-2.0
// Permission sets (rest-api §5).
#include "runner/server/handlers.hpp"
#include "runner/server/levels.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

struct other_level {
    std::string_view field;
    std::array<std::string_view, 4> words;
};
constexpr std::array<other_level, 6> other_levels = {{
    {"repository_access_level", {"READ_ONLY", "READ_WRITE", "MANAGE"}},
    {"sandbox_access_level", {"DENIED", "READ_ONLY", "READ_WRITE"}},
    {"project_team_access_level", {"READ_ONLY", "MANAGE"}},
    {"environment_access_level", {"DENIED", "USE_ONLY", "MANAGE"}},
    {"target_access_level", {"DENIED", "READ_ONLY", "USE_ONLY", "MANAGE"}},
    {"package_access_level", {"DENIED", "READ_ONLY", "READ_WRITE", "MANAGE"}},
}};

result<policy::permission_set_id> set_in(const call& c) {
    const auto number = c.number("set");
    if (!number) return number.error();
    return policy::permission_set_id(*number);
}

void put(store::facts& to, std::string_view name, const std::string& value) {
    const auto at = std::ranges::find(to, name, &std::pair<std::string, std::string>::first);
    if (at != to.end())
        at->second = value;
    else
        to.emplace_back(name, value);
}

void fill(store::permission_set_record& s, input& in) {
    if (const auto name = in.text("name")) s.name = *name;
    // Two names of one thing.
    for (const char* name : {"note", "description"})
        if (const auto text = in.text(name)) s.description = *text;
    if (const auto text = in.text("agent_note")) put(s.levels, "agent_note", *text);
    if (const auto level = in.text("pipeline_access_level")) {
        const auto known = pipeline_level_from(*level);
        if (!known || *known == policy::pipeline_level::project_role)
            in.refuse("`pipeline_access_level` must be DENIED, READ_ONLY, RUN_ONLY or READ_WRITE");
        else
            s.pipelines = *known;
    }
    for (const other_level& each : other_levels) {
        const auto word = in.text(each.field);
        if (!word) continue;
        if (word->empty() || std::ranges::find(each.words, *word) == each.words.end()) {
            std::string list;
            for (const std::string_view w : each.words)
                if (!w.empty()) list += (list.empty() ? "" : ", ") + std::string(w);
            in.refuse("`" + std::string(each.field) + "` must be one of " + list);
            return;
        }
        put(s.levels, each.field, *word);
    }
}

}  // namespace

result<answer> list_permission_sets(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    auto all = c.server.stores.people->permission_sets(c.workspace->id);
    if (!all) return all.error();
    json items = json::array();
    for (const auto& s : *all) items.push_back(view(c, s));
    return answer{
        200, list_of(c.workspace_url() + "/permissions", "permission_sets", page_of(std::move(items), *page)), {}};
}

result<answer> get_permission_set(call& c) {
    const auto id = set_in(c);
    if (!id) return id.error();
    auto found = c.server.stores.people->permission_set(c.workspace->id, *id);
    if (!found) return found.error();
    return answer{200, view(c, *found), {}};
}

result<answer> add_permission_set(call& c) {
    input in(c.body);
    store::permission_set_record wanted;
    wanted.levels = {{"repository_access_level", "READ_ONLY"},   {"sandbox_access_level", "DENIED"},
                     {"project_team_access_level", "READ_ONLY"}, {"environment_access_level", "DENIED"},
                     {"target_access_level", "DENIED"},          {"package_access_level", "DENIED"}};
    fill(wanted, in);
    if (auto fine = in.checked(); !fine) return fine.error();
    auto made = c.server.stores.people->add_permission_set(c.workspace->id, wanted, c.actor(), c.now());
    if (!made) return made.error();
    return answer{201, view(c, *made), {}};
}

result<answer> edit_permission_set(call& c) {
    const auto id = set_in(c);
    if (!id) return id.error();
    auto known = c.server.stores.people->permission_set(c.workspace->id, *id);
    if (!known) return known.error();
    input in(c.body);
    fill(*known, in);
    if (auto fine = in.checked(); !fine) return fine.error();
    auto edited = c.server.stores.people->edit_permission_set(c.workspace->id, *known, c.actor(), c.now());
    if (!edited) return edited.error();
    return answer{200, view(c, *edited), {}};
}

result<answer> remove_permission_set(call& c) {
    const auto id = set_in(c);
    if (!id) return id.error();
    if (auto done = c.server.stores.people->remove_permission_set(c.workspace->id, *id, c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
