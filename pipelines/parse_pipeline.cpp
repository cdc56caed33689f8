// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse_parts.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::pipelines {

namespace {

constexpr int most_pipeline_delay = 525'600;  // minutes: a year

enum class pipeline_field : unsigned char {
    id,
    name,
    on,
    trigger_mode,
    ref_name,
    ref_type,
    refs,
    events,
    conditions,
    variables,
    loop,
    actions,
    site,
    disabled,
    disabled_reason,
    fail_on_warning,
    cron,
    start_date,
    delay,
    timezone,
};

constexpr std::array<named<pipeline_field>, 20> pipeline_fields = {{
    {"actions", pipeline_field::actions},
    {"cron", pipeline_field::cron},
    {"delay", pipeline_field::delay},
    {"disabled", pipeline_field::disabled},
    {"disabled_reason", pipeline_field::disabled_reason},
    {"events", pipeline_field::events},
    {"fail_on_prepare_env_warning", pipeline_field::fail_on_warning},
    {"loop", pipeline_field::loop},
    {"name", pipeline_field::name},
    {"on", pipeline_field::on},
    {"pipeline", pipeline_field::id},
    {"ref_name", pipeline_field::ref_name},
    {"ref_type", pipeline_field::ref_type},
    {"refs", pipeline_field::refs},
    {"start_date", pipeline_field::start_date},
    {"target_site_url", pipeline_field::site},
    {"timezone", pipeline_field::timezone},
    {"trigger_conditions", pipeline_field::conditions},
    {"trigger_mode", pipeline_field::trigger_mode},
    {"variables", pipeline_field::variables},
}};

void read_actions(value_reader& reader, yaml::node& list, const std::vector<named_target>& targets, pipeline& out) {
    if (list.kind == yaml::kind::null) return;
    if (list.kind != yaml::kind::sequence) {
        reader.wrong_kind("actions", list, "a list", "write each as `- action: Name` with its keys below");
        return;
    }
    out.actions.reserve(list.items.size());
    for (yaml::node& item : list.items) {
        if (item.kind == yaml::kind::map)
            out.actions.push_back(read_action(reader, item, targets));
        else
            reader.wrong_kind("actions", item, "a list of maps", "write `- action: Name` with its keys below");
    }
}

struct gathered {
    old_trigger old;
    bool has_events = false;
    bool has_actions = false;
};

void read_pipeline_field(value_reader& reader, pipeline_field field, yaml::entry& entry,
                         const std::vector<named_target>& targets, gathered& found, pipeline& out) {
    const std::string& key = entry.key;
    yaml::node& value = entry.value;
    const auto set_text = [&](text& target) {
        if (std::optional<text> read = reader.text_of(key, value)) target = std::move(*read);
    };
    switch (field) {
        case pipeline_field::id:
            break;  // read first
        case pipeline_field::name:
            set_text(out.name);
            break;
        case pipeline_field::on:
            found.old.on = reader.text_of(key, value);
            found.old.is_mode = false;
            break;
        case pipeline_field::trigger_mode:
            if (found.old.on) break;  // `on` is its successor
            found.old.on = reader.text_of(key, value);
            found.old.is_mode = true;
            break;
        case pipeline_field::ref_name:
            found.old.ref_name = reader.text_of(key, value);
            break;
        case pipeline_field::ref_type:
            found.old.ref_type = reader.text_of(key, value);
            break;
        case pipeline_field::refs:
            out.refs = reader.texts_of(key, value);
            break;
        case pipeline_field::events:
            found.has_events = true;
            out.events = read_events(reader, value);
            break;
        case pipeline_field::conditions: {
            std::vector<condition> read = read_conditions(reader, value);
            std::ranges::move(read, std::back_inserter(out.conditions));
            break;
        }
        case pipeline_field::variables:
            out.variables = read_variables(reader, value);
            break;
        case pipeline_field::loop:
            out.loop = reader.texts_of(key, value);
            break;
        case pipeline_field::actions:
            found.has_actions = true;
            read_actions(reader, value, targets, out);
            break;
        case pipeline_field::site:
            set_text(out.target_site_url);
            break;
        case pipeline_field::disabled:
            out.disabled = reader.bool_of(key, value, true);
            break;
        case pipeline_field::disabled_reason:
            out.disabled_reason = reader.string_of(key, value);
            break;
        case pipeline_field::fail_on_warning:
            out.fail_on_prepare_env_warning = reader.bool_of(key, value, false);
            break;
        case pipeline_field::cron:
            found.old.cron = reader.string_of(key, value);
            found.old.schedule_where = value.where;
            break;
        case pipeline_field::start_date:
            found.old.start_date = reader.string_of(key, value);
            found.old.schedule_where = value.where;
            break;
        case pipeline_field::delay:
            found.old.delay = reader.int_of(key, value, 0, most_pipeline_delay, 0);
            break;
        case pipeline_field::timezone:
            found.old.timezone = reader.string_of(key, value);
            break;
    }
}

// The name has to be there before anything else: without one there is nothing to run.
bool read_id(value_reader& reader, yaml::node& map, pipeline& out) {
    const auto entry = std::ranges::find_if(map.entries, [](const yaml::entry& e) { return e.key == "pipeline"; });
    if (entry->value.kind == yaml::kind::scalar && !entry->value.text.empty()) {
        out.id = {std::move(entry->value.text), entry->value.where};
        return true;
    }
    const bool nested = entry->value.kind == yaml::kind::map;
    reader.error("P023", entry->key_where, "the pipeline has no name",
                 nested ? "write `- pipeline: name`, and its keys below in the column of `pipeline`"
                        : "write `- pipeline: name`");
    return false;
}

}  // namespace

std::optional<pipeline> read_pipeline(value_reader& reader, yaml::node& map) {
    pipeline out;
    out.where = map.where;
    if (!read_id(reader, map, out)) return std::nullopt;
    reader.check_keys(key_scope::pipeline, map.entries);

    std::vector<named_target> targets;
    if (const yaml::node* list = map.find("targets")) targets = read_pipeline_targets(reader, *list);
    for (const named_target& target : targets)
        out.integrations.insert(out.integrations.end(), target.integrations.begin(), target.integrations.end());

    gathered found;
    std::vector<yaml::entry> flat_condition;
    for (yaml::entry& entry : map.entries) {
        if (const std::optional<pipeline_field> field = field_of(pipeline_fields, entry.key)) {
            read_pipeline_field(reader, *field, entry, targets, found, out);
        } else if (is_flat_condition_key(entry.key)) {
            flat_condition.push_back(std::move(entry));
        } else {
            out.fields.push_back(std::move(entry));
        }
    }
    if (!flat_condition.empty()) {
        const span where = {flat_condition.front().key_where.begin, flat_condition.back().value.where.end};
        out.conditions.push_back(read_condition(reader, flat_condition, where));
    }
    settle_triggers(reader, found.old, found.has_events, out);
    if (!found.has_actions)
        reader.error("P025", out.id.where, "the pipeline " + in_backticks(out.id.value) + " has no actions",
                     "add `actions:` with at least one `- action: Name`");
    return out;
}

}  // namespace latchkey::pipelines
