// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse_parts.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::pipelines {

namespace {

using kind = condition_kind;

constexpr std::array<named<kind>, 22> condition_names = {{
    {"ALWAYS", kind::always},
    {"ON_CHANGE", kind::on_change},
    {"ON_CHANGE_AT_PATH", kind::on_change_at_path},
    {"VAR_IS", kind::var_is},
    {"VAR_IS_NOT", kind::var_is_not},
    {"VAR_CONTAINS", kind::var_contains},
    {"VAR_NOT_CONTAINS", kind::var_not_contains},
    {"VAR_LESS_THAN", kind::var_less_than},
    {"VAR_LESS_THAN_OR_EQUAL", kind::var_less_than_or_equal},
    {"VAR_GREATER_THAN", kind::var_greater_than},
    {"VAR_GREATER_THAN_OR_EQUAL", kind::var_greater_than_or_equal},
    {"DAY", kind::day},
    {"HOUR", kind::hour},
    {"DATETIME", kind::datetime},
    {"TRIGGERING_USER_IS", kind::triggering_user_is},
    {"TRIGGERING_USER_IS_NOT", kind::triggering_user_is_not},
    {"TRIGGERING_USER_IS_IN_GROUP", kind::triggering_user_is_in_group},
    {"TRIGGERING_USER_IS_NOT_IN_GROUP", kind::triggering_user_is_not_in_group},
    {"SUCCESS_PIPELINE", kind::success_pipeline},
    {"ACTION_STATUS_IS", kind::action_status_is},
    {"ACTION_STATUS_IS_NOT", kind::action_status_is_not},
    {"OR", kind::any_of},
}};

enum class condition_field : unsigned char {
    kind,
    paths,
    variable,
    value,
    hours,
    days,
    zone,
    project,
    pipeline,
    action,
    status,
    user,
    group,
    operands,
};

constexpr std::array<named<condition_field>, 17> condition_fields = {{
    {"pipeline", condition_field::pipeline},
    {"project", condition_field::project},
    {"timezone", condition_field::zone},
    {"trigger_action_name", condition_field::action},
    {"trigger_condition", condition_field::kind},
    {"trigger_condition_paths", condition_field::paths},
    {"trigger_days", condition_field::days},
    {"trigger_group", condition_field::group},
    {"trigger_hours", condition_field::hours},
    {"trigger_operands", condition_field::operands},
    {"trigger_pipeline_name", condition_field::pipeline},
    {"trigger_project_name", condition_field::project},
    {"trigger_status", condition_field::status},
    {"trigger_user", condition_field::user},
    {"trigger_variable_key", condition_field::variable},
    {"trigger_variable_value", condition_field::value},
    {"zone_id", condition_field::zone},
}};

constexpr std::array<std::string_view, 14> flat_fields = {"trigger_action_name",    "trigger_condition",
                                                          "trigger_condition_path", "trigger_condition_paths",
                                                          "trigger_days",           "trigger_group",
                                                          "trigger_hours",          "trigger_pipeline_name",
                                                          "trigger_project_name",   "trigger_status",
                                                          "trigger_user",           "trigger_variable_key",
                                                          "trigger_variable_value", "zone_id"};

constexpr std::array<named<int>, 5> statuses = {
    {{"SUCCESSFUL", 0}, {"SKIPPED", 0}, {"SUPRESSED", 0}, {"SUPPRESSED", 0}, {"FAILED", 0}}};

kind read_kind(value_reader& reader, const yaml::node& node) {
    if (node.kind == yaml::kind::scalar) {
        for (const auto& known : condition_names)
            if (node.text == known.name) return known.value;
    }
    if (node.kind != yaml::kind::scalar || !reader.full()) {
        std::vector<std::string_view> names;
        for (const auto& known : condition_names) names.push_back(known.name);
        const std::string_view near = nearest(node.text, names);
        if (node.kind != yaml::kind::scalar) {
            reader.wrong_kind("trigger_condition", node, "one of a few words", "for example `ON_CHANGE`");
        } else {
            reader.warning("P035", node.where, "unknown condition " + in_backticks(node.text) + " is never met",
                           near.empty() ? "see the list in the format's description"
                                        : "did you mean `" + std::string(near) + "`?");
        }
    }
    return kind::unknown;
}

// What a condition of this kind can't do without, if it has not been given.
std::string_view missing_field(const condition& c) {
    switch (c.kind) {
        case kind::on_change_at_path:
            return c.paths.empty() ? "trigger_condition_paths" : "";
        case kind::var_is:
        case kind::var_is_not:
        case kind::var_contains:
        case kind::var_not_contains:
        case kind::var_less_than:
        case kind::var_less_than_or_equal:
        case kind::var_greater_than:
        case kind::var_greater_than_or_equal:
            return c.variable.empty() ? "trigger_variable_key" : "";
        case kind::day:
            return c.days.empty() ? "trigger_days" : "";
        case kind::hour:
            return c.hours.empty() ? "trigger_hours" : "";
        case kind::datetime:
            return c.days.empty() && c.hours.empty() ? "trigger_hours" : "";
        case kind::triggering_user_is:
        case kind::triggering_user_is_not:
            return c.value.empty() ? "trigger_user" : "";
        case kind::triggering_user_is_in_group:
        case kind::triggering_user_is_not_in_group:
            return c.value.empty() ? "trigger_group" : "";
        case kind::success_pipeline:
            return c.pipeline.empty() ? "trigger_pipeline_name" : "";
        case kind::action_status_is:
        case kind::action_status_is_not:
            return c.action.empty() ? "trigger_action_name" : c.value.empty() ? "trigger_status" : "";
        case kind::always:
        case kind::on_change:
        case kind::any_of:
        case kind::unknown:
            return "";
    }
    return "";
}

bool is_bare_or(const condition& c) {
    return c.kind == kind::any_of && c.operands.empty();
}

// `A`, `OR`, `B` in one list: the item between two siblings joins them.
std::vector<condition> fold(value_reader& reader, std::vector<condition> items) {
    if (std::ranges::none_of(items, is_bare_or)) return items;
    std::vector<condition> out;
    bool joins = false;   // the item before was an OR with something to its left
    bool joined = false;  // the last of `out` was made here
    for (std::size_t i = 0; i < items.size(); ++i) {
        condition& item = items[i];
        if (is_bare_or(item)) {
            if (out.empty() || joins || i + 1 == items.size()) {
                reader.error("P036", item.where, "`OR` has nothing to join here",
                             "put it between two conditions, or list them under `trigger_operands`");
            } else {
                joins = true;
            }
            continue;
        }
        if (joins && joined) {
            out.back().where.end = item.where.end;
            out.back().operands.push_back(std::move(item));
        } else if (joins) {
            condition either;
            either.kind = kind::any_of;
            either.where = {out.back().where.begin, item.where.end};
            either.operands.push_back(std::move(out.back()));
            either.operands.push_back(std::move(item));
            out.back() = std::move(either);
            joined = true;
        } else {
            out.push_back(std::move(item));
            joined = false;
        }
        joins = false;
    }
    return out;
}

}  // namespace

bool is_flat_condition_key(std::string_view key) {
    return std::ranges::binary_search(flat_fields, key);
}

condition read_condition(value_reader& reader, std::vector<yaml::entry>& fields, span where) {
    condition out;
    out.where = where;
    bool named_kind = false;
    bool has_operands = false;
    const auto strings = [&](yaml::entry& field) {
        std::vector<std::string> values;
        for (text& item : reader.texts_of(field.key, field.value)) values.push_back(std::move(item.value));
        return values;
    };
    for (yaml::entry& field : fields) {
        const std::optional<condition_field> known = field_of(condition_fields, field.key);
        if (!known) continue;
        switch (*known) {
            case condition_field::kind:
                out.kind = read_kind(reader, field.value);
                out.where = field.value.where;
                named_kind = true;
                break;
            case condition_field::paths:
                out.paths = strings(field);
                break;
            case condition_field::variable:
                out.variable = reader.string_of(field.key, field.value);
                break;
            case condition_field::hours:
                out.hours = reader.ints_of(field.key, field.value, 0, 24);
                break;
            case condition_field::days:
                out.days = reader.ints_of(field.key, field.value, 1, 7);
                break;
            case condition_field::zone:
                out.zone = reader.string_of(field.key, field.value);
                break;
            case condition_field::project:
                out.project = reader.string_of(field.key, field.value);
                break;
            case condition_field::pipeline:
                out.pipeline = reader.string_of(field.key, field.value);
                break;
            case condition_field::action:
                out.action = reader.string_of(field.key, field.value);
                break;
            case condition_field::status:
                reader.choice_of(field.key, field.value, statuses, severity::warning);
                out.value = reader.string_of(field.key, field.value);
                break;
            case condition_field::value:
            case condition_field::user:
            case condition_field::group:
                out.value = reader.string_of(field.key, field.value);
                break;
            case condition_field::operands:
                has_operands = true;
                out.operands = read_conditions(reader, field.value);
                break;
        }
    }
    if (!named_kind) {
        out.kind = kind::unknown;
        reader.error("P036", where, "these are a condition's fields, and no `trigger_condition` says which",
                     "add `trigger_condition: ON_CHANGE` or another condition");
    } else if (const std::string_view missing = missing_field(out); !missing.empty()) {
        reader.error("P036", out.where, "this condition needs `" + std::string(missing) + "`",
                     "add `" + std::string(missing) + "` beside it");
        out.kind = kind::unknown;
    } else if (has_operands && out.operands.empty()) {
        reader.error("P036", out.where, "`trigger_operands` lists no condition",
                     "list at least two, or remove the `OR`");
        out.kind = kind::unknown;
    }
    return out;
}

std::vector<condition> read_conditions(value_reader& reader, yaml::node& list) {
    std::vector<condition> out;
    if (list.kind == yaml::kind::null) return out;
    if (list.kind == yaml::kind::map) {  // one condition without its dash
        reader.wrong_kind("trigger_conditions", list, "a list", "write `- ` before `trigger_condition`");
        return out;
    }
    if (list.kind == yaml::kind::scalar) {
        condition single;
        single.kind = read_kind(reader, list);
        single.where = list.where;
        out.push_back(std::move(single));
    }
    for (yaml::node& item : list.items) {
        if (item.kind == yaml::kind::scalar) {
            std::vector<yaml::entry> fields;
            const span where = item.where;
            fields.push_back({"trigger_condition", where, std::move(item)});
            out.push_back(read_condition(reader, fields, where));
        } else if (item.kind == yaml::kind::map) {
            reader.check_keys(key_scope::condition, item.entries);
            out.push_back(read_condition(reader, item.entries, item.where));
        } else {
            reader.wrong_kind("trigger_conditions", item, "a list of maps", "write `- trigger_condition: ON_CHANGE`");
        }
    }
    return fold(reader, std::move(out));
}

}  // namespace latchkey::pipelines
