// SPDX-License-Identifier: Apache-2.0
//
// The parts of the parser, one .cpp each (parse_<part>.cpp). They move values out of the tree that they are
// given and report through the reader; what they return is usable even when they reported an error.
// Internal to parse*.cpp; no thread rule.
#pragma once

#include "pipelines/parse_reader.hpp"

namespace latchkey::pipelines {

struct custom_action;

// A key with one meaning in the part that is being read.
template <typename Field, std::size_t Size>
std::optional<Field> field_of(const std::array<named<Field>, Size>& sorted, std::string_view key) {
    const auto found = std::ranges::lower_bound(sorted, key, {}, &named<Field>::name);
    if (found == sorted.end() || found->name != key) return std::nullopt;
    return found->value;
}

// `trigger_conditions`: a list, all of which have to be met; OR items are folded into any_of.
std::vector<condition> read_conditions(value_reader&, yaml::node& list);
// The flat form: `trigger_condition: VAR_IS` and its fields beside other keys.
bool is_flat_condition_key(std::string_view key);
condition read_condition(value_reader&, std::vector<yaml::entry>& fields, span where);

std::vector<variable> read_variables(value_reader&, yaml::node& list);

std::vector<id_token> read_id_tokens(value_reader&, yaml::node& map);

std::vector<event> read_events(value_reader&, yaml::node& list);
// What the older syntaxes say beside `events`, gathered from a pipeline's keys.
struct old_trigger {
    std::optional<text> on;  // MID, or trigger_mode of OLD
    bool is_mode = false;    // it was trigger_mode
    std::optional<text> ref_name;
    std::optional<text> ref_type;
    std::string cron, start_date, timezone;
    int delay = 0;
    std::optional<span> schedule_where;
};
// Brings every syntax to events + refs + manual.
void settle_triggers(value_reader&, const old_trigger&, bool has_events, pipeline&);

// A target that a pipeline defines and its actions name.
struct named_target {
    std::string name;
    std::vector<integration_reference> integrations;
};
std::vector<named_target> read_pipeline_targets(value_reader&, const yaml::node& list);
// An action's targets: its own maps, and the pipeline's by name.
void read_action_targets(value_reader&, const yaml::node& list, const std::vector<named_target>&,
                         std::vector<integration_reference>& out);

// The type of an action whose `type` has been read; the custom action, where it is one.
std::shared_ptr<const custom_action> settle_type(value_reader&, const yaml::node& map, action&);
// Afterwards: what a custom action brings (image, commands, fields) becomes the action's, and its integration inputs
// become references, with the places of their values.
void take_custom(value_reader&, const custom_action&, action&);

action read_action(value_reader&, yaml::node& map, const std::vector<named_target>&);
std::optional<pipeline> read_pipeline(value_reader&, yaml::node& map);

}  // namespace latchkey::pipelines
