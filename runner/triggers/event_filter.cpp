// SPDX-License-Identifier: Apache-2.0
#include "runner/triggers/event_filter.hpp"

#include "runner/json/parse.hpp"
#include "runner/triggers/ref_pattern.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace latchkey::triggers {

namespace {

using json = nlohmann::json;
using pipelines::event_type;

struct named_type {
    std::string_view name;
    event_type type;
};

constexpr std::array<named_type, 7> event_names = {{
    {"PUSH", event_type::push},
    {"CREATE_REF", event_type::create_ref},
    {"DELETE_REF", event_type::delete_ref},
    {"PULL_REQUEST", event_type::pull_request},
    {"SCHEDULE", event_type::schedule},
    {"WEBHOOK", event_type::webhook},
    {"EMAIL", event_type::email},
}};

// What is there and not null; false: it is of another kind.
bool read_texts(const json& object, const char* name, std::vector<pipelines::text>& into) {
    const auto at = object.find(name);
    if (at == object.end() || at->is_null()) return true;
    if (!at->is_array()) return false;
    for (const json& item : *at) {
        if (!item.is_string()) return false;
        into.push_back({item.get<std::string>(), {}});
    }
    return true;
}

bool read_text(const json& object, const char* name, std::string& into) {
    const auto at = object.find(name);
    if (at == object.end() || at->is_null()) return true;
    if (!at->is_string()) return false;
    into = at->get<std::string>();
    return true;
}

bool read_minutes(const json& object, const char* name, int& into) {
    const auto at = object.find(name);
    if (at == object.end() || at->is_null()) return true;
    constexpr std::int64_t a_year = 525'600;
    if (!at->is_number_integer() || *at < 0 || *at > a_year) return false;
    into = at->get<int>();
    return true;
}

bool read_flag(const json& object, const char* name, bool& into) {
    const auto at = object.find(name);
    if (at == object.end() || at->is_null()) return true;
    if (!at->is_boolean()) return false;
    into = at->get<bool>();
    return true;
}

std::optional<pipelines::event> read_setting(const json& object) {
    if (!object.is_object()) return std::nullopt;
    std::string type;
    pipelines::event e;
    std::string zone;
    if (!read_text(object, "type", type) || !read_texts(object, "refs", e.refs) ||
        !read_texts(object, "branches", e.branches) || !read_texts(object, "events", e.events) ||
        !read_text(object, "cron", e.cron) || !read_text(object, "timezone", zone) ||
        !read_text(object, "start_date", e.start_date) || !read_minutes(object, "delay", e.delay) ||
        !read_flag(object, "totp", e.totp))
        return std::nullopt;
    if (!zone.empty()) e.timezone = zone;
    const auto known = std::ranges::find(event_names, type, &named_type::name);
    if (known == event_names.end()) return std::nullopt;
    e.type = known->type;
    return e;
}

event_type type_of(event_kind kind) {
    switch (kind) {
        case event_kind::push:
            return event_type::push;
        case event_kind::create_ref:
            return event_type::create_ref;
        case event_kind::delete_ref:
            return event_type::delete_ref;
        case event_kind::pull_request:
            break;
    }
    return event_type::pull_request;
}

bool brings_commits(const std::string& action) {
    return action == "opened" || action == "reopened" || action == "synchronize";
}

bool any_matches(const std::vector<pipelines::text>& patterns, const policy::ref& ref,
                 std::string_view default_branch) {
    return std::ranges::any_of(patterns,
                               [&](const pipelines::text& p) { return matches_ref(p.value, ref, default_branch); });
}

bool starts_for_request(const pipelines::event& e, const repository_event& what, std::string_view default_branch) {
    const bool fits = e.events.empty() ? brings_commits(what.action)
                                       : std::ranges::any_of(e.events, [&what](const pipelines::text& name) {
                                             return name.value == what.action;
                                         });
    const policy::ref base{policy::ref_type::branch, "refs/heads/" + what.base_branch};
    return fits && (e.branches.empty() || any_matches(e.branches, base, default_branch)) &&
           (e.refs.empty() || any_matches(e.refs, what.ref, default_branch));
}

}  // namespace

start_rules rules_of(const pipelines::pipeline& p) {
    start_rules out;
    out.events = p.events;
    for (const pipelines::text& ref : p.refs) out.refs.push_back(ref.value);
    return out;
}

result<start_rules> rules_of_settings(std::string_view events, std::string_view refs) {
    auto read_events = parse_json(events);
    if (!read_events) return read_events.error();
    auto read_refs = parse_json(refs);
    if (!read_refs) return read_refs.error();
    start_rules out;
    if (read_events->is_array())
        for (const json& each : *read_events)
            if (auto e = read_setting(each)) out.events.push_back(std::move(*e));
    if (read_refs->is_array())
        for (const json& each : *read_refs)
            if (each.is_string()) out.refs.push_back(each.get<std::string>());
    return out;
}

bool starts(const pipelines::event& e, const start_rules& rules, const repository_event& what,
            std::string_view default_branch) {
    if (e.type == event_type::pull_request)
        return what.kind == event_kind::pull_request && starts_for_request(e, what, default_branch);
    std::vector<pipelines::text> refs = e.refs;
    if (refs.empty())
        for (const std::string& ref : rules.refs) refs.push_back({ref, {}});
    if (what.kind == event_kind::pull_request)
        return e.type == event_type::push && brings_commits(what.action) &&
               any_matches(refs, what.ref, default_branch);
    if (e.type != type_of(what.kind)) return false;
    return refs.empty() || any_matches(refs, what.ref, default_branch);
}

std::vector<start> starts_of(std::span<const candidate> candidates, std::span<const repository_event> events,
                             std::string_view default_branch) {
    std::vector<start> out;
    for (const candidate& c : candidates) {
        const std::size_t first = out.size();
        for (std::size_t i = 0; i < events.size(); ++i) {
            const bool begins = std::ranges::any_of(c.rules.events, [&](const pipelines::event& e) {
                return starts(e, c.rules, events[i], default_branch);
            });
            if (!begins) continue;
            const auto same = std::find_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                                           [&](const start& s) { return events[s.event].ref == events[i].ref; });
            if (same == out.end())
                out.push_back({c.pipeline, i});
            else if (events[i].kind == event_kind::push)
                same->event = i;
        }
    }
    return out;
}

}  // namespace latchkey::triggers
