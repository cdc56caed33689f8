// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse_parts.hpp"
#include "pipelines/schedule.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::pipelines {

namespace {

constexpr int most_delay = 525'600;  // minutes: a year

enum class event_field : unsigned char { type, refs, branches, events, cron, timezone, start_date, delay, totp };

constexpr std::array<named<event_field>, 9> event_fields = {{
    {"branches", event_field::branches},
    {"cron", event_field::cron},
    {"delay", event_field::delay},
    {"events", event_field::events},
    {"refs", event_field::refs},
    {"start_date", event_field::start_date},
    {"timezone", event_field::timezone},
    {"totp", event_field::totp},
    {"type", event_field::type},
}};

constexpr std::array<named<event_type>, 7> event_types = {{
    {"PUSH", event_type::push},
    {"CREATE_REF", event_type::create_ref},
    {"DELETE_REF", event_type::delete_ref},
    {"PULL_REQUEST", event_type::pull_request},
    {"SCHEDULE", event_type::schedule},
    {"WEBHOOK", event_type::webhook},
    {"EMAIL", event_type::email},
}};

enum class start_mode : unsigned char { click, event, push, schedule };

constexpr std::array<named<start_mode>, 3> on_values = {
    {{"CLICK", start_mode::click}, {"EVENT", start_mode::event}, {"SCHEDULE", start_mode::schedule}}};
constexpr std::array<named<start_mode>, 3> mode_values = {
    {{"MANUAL", start_mode::click}, {"ON_EVERY_PUSH", start_mode::push}, {"SCHEDULED", start_mode::schedule}}};

enum class ref_kind : unsigned char { branch, tag, wildcard, pull_request, none };

constexpr std::array<named<ref_kind>, 5> ref_kinds = {{
    {"BRANCH", ref_kind::branch},
    {"TAG", ref_kind::tag},
    {"WILDCARD", ref_kind::wildcard},
    {"PULL_REQUEST", ref_kind::pull_request},
    {"NONE", ref_kind::none},
}};

yaml::node as_node(const text& value) {
    yaml::node node;
    node.kind = value.empty() ? yaml::kind::null : yaml::kind::scalar;
    node.text = value.value;
    node.where = value.where;
    return node;
}

// One ref of the oldest syntax as a full name. A wildcard is a pattern over full names already, or `*`.
void add_old_ref(value_reader& reader, const old_trigger& old, pipeline& out) {
    if (!old.ref_name || old.ref_name->empty()) return;
    ref_kind kind = ref_kind::branch;
    if (old.ref_type) kind = reader.choice_of("ref_type", as_node(*old.ref_type), ref_kinds).value_or(ref_kind::none);
    text ref = *old.ref_name;
    const bool full = ref.value.starts_with("refs/") || ref.value.starts_with("(");
    switch (kind) {
        case ref_kind::none:
            return;
        case ref_kind::wildcard:
            break;
        case ref_kind::branch:
            if (!full) ref.value.insert(0, "refs/heads/");
            break;
        case ref_kind::tag:
            if (!full) ref.value.insert(0, "refs/tags/");
            break;
        case ref_kind::pull_request:
            if (!full) ref.value.insert(0, ref.value.starts_with("pull/") ? "refs/" : "refs/pull/");
            break;
    }
    out.refs.push_back(std::move(ref));
}

event schedule_of(const old_trigger& old, span where) {
    event out;
    out.type = event_type::schedule;
    out.cron = old.cron;
    out.start_date = old.start_date;
    out.delay = old.delay;
    if (!old.timezone.empty()) out.timezone = old.timezone;
    out.where = where;
    return out;
}

std::optional<event> read_event(value_reader& reader, yaml::node& map) {
    event out;
    out.where = map.where;
    bool typed = false;
    bool usable = false;
    reader.check_keys(key_scope::event, map.entries);
    for (yaml::entry& field : map.entries) {
        const std::optional<event_field> known = field_of(event_fields, field.key);
        if (!known) continue;
        switch (*known) {
            case event_field::type: {
                typed = true;
                const auto type = reader.choice_of(field.key, field.value, event_types, severity::warning);
                usable = type.has_value();
                out.type = type.value_or(event_type::push);
                break;
            }
            case event_field::refs:
                out.refs = reader.texts_of(field.key, field.value);
                break;
            case event_field::branches:
                out.branches = reader.texts_of(field.key, field.value);
                break;
            case event_field::events:
                out.events = reader.texts_of(field.key, field.value);
                break;
            case event_field::cron:
                out.cron = reader.string_of(field.key, field.value);
                break;
            case event_field::timezone:
                out.timezone = reader.string_of(field.key, field.value);
                break;
            case event_field::start_date:
                out.start_date = reader.string_of(field.key, field.value);
                break;
            case event_field::delay:
                out.delay = reader.int_of(field.key, field.value, 0, most_delay, 0);
                break;
            case event_field::totp:
                out.totp = reader.bool_of(field.key, field.value, false);
                break;
        }
    }
    if (!typed) reader.error("P046", map.where, "an event has no `type`", "add `type: PUSH` or another event");
    if (!usable) return std::nullopt;
    if (out.type == event_type::schedule && out.cron.empty() && out.start_date.empty())
        reader.warning("P045", map.where, "this schedule has no time and starts nothing",
                       "add `cron`, or `start_date` and `delay`");
    return out;
}

}  // namespace

std::vector<event> read_events(value_reader& reader, yaml::node& list) {
    std::vector<event> out;
    if (list.kind == yaml::kind::null) return out;
    if (list.kind != yaml::kind::sequence) {
        reader.wrong_kind("events", list, "a list", "write each as `- type: PUSH` and below it `refs:`");
        return out;
    }
    for (yaml::node& item : list.items) {
        if (item.kind != yaml::kind::map) {
            reader.wrong_kind("events", item, "a list of maps", "write `- type: PUSH` and below it `refs:`");
        } else if (std::optional<event> read = read_event(reader, item)) {
            out.push_back(std::move(*read));
        }
    }
    return out;
}

void settle_triggers(value_reader& reader, const old_trigger& old, bool has_events, pipeline& out) {
    add_old_ref(reader, old, out);
    std::optional<start_mode> mode;
    if (old.on) {
        const yaml::node value = as_node(*old.on);
        mode = old.is_mode ? reader.choice_of("trigger_mode", value, mode_values, severity::warning)
                           : reader.choice_of("on", value, on_values, severity::warning);
    }
    const bool has_time = !old.cron.empty() || !old.start_date.empty();
    if (mode == start_mode::click) {
        if (!out.events.empty())
            reader.warning("P045", old.on->where, "`on: CLICK` keeps the pipeline's events from starting it",
                           "remove `on`, or the events");
        out.events.clear();
    } else if (mode == start_mode::push) {
        event push;
        push.where = old.on->where;
        out.events.push_back(std::move(push));
    } else if (mode == start_mode::event && !has_events) {
        reader.warning("P045", old.on->where, "no `events` say what starts this pipeline",
                       "add `events`, or write `on: CLICK`");
    } else if (mode == start_mode::schedule || (!old.on && has_time)) {
        if (has_time)
            out.events.push_back(schedule_of(old, old.schedule_where.value_or(old.on ? old.on->where : out.where)));
        else
            reader.warning("P045", old.on->where, "this schedule has no time and starts nothing",
                           "add `cron`, or `start_date` and `delay`");
    }
    for (const event& each : out.events) {
        if (each.type != event_type::schedule || (each.cron.empty() && each.start_date.empty())) continue;
        if (const schedule_reading read = read_schedule(each); !read.value)
            reader.warning("P045", each.where, "this schedule starts nothing: " + read.problem);
    }
    // An event about refs that names none is about the pipeline's.
    for (event& each : out.events) {
        const bool about_refs = each.type == event_type::push || each.type == event_type::create_ref ||
                                each.type == event_type::delete_ref;
        if (about_refs && each.refs.empty()) each.refs = out.refs;
    }
    out.manual = out.events.empty();
}

}  // namespace latchkey::pipelines
