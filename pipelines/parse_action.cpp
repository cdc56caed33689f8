// SPDX-License-Identifier: Apache-2.0
#include "pipelines/catalogue.hpp"
#include "pipelines/custom_action.hpp"
#include "pipelines/integrations.hpp"
#include "pipelines/parse_parts.hpp"
#include "pipelines/service.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey::pipelines {

namespace {

constexpr int most_retries = 100;
constexpr int most_retry_interval = 86'400;  // seconds: a day
constexpr int most_timeout = 30 * 86'400;    // seconds: a month

enum class action_field : unsigned char {
    name,
    type,
    trigger_time,
    run_only_on_first_failure,
    conditions,
    run_next,
    run_next_parallel,
    ignore_errors,
    retry_count,
    retry_interval,
    timeout,
    disabled,
    variables,
    loop,
    shell,
    execute_every_command,
    setup_commands,
    commands,
    working_directory,
    image,
    image_tag,
    targets,
    id_tokens,
};

constexpr std::array<named<action_field>, 25> action_fields = {{
    {"action", action_field::name},
    {"commands", action_field::commands},
    {"disabled", action_field::disabled},
    {"docker_image_name", action_field::image},
    {"docker_image_tag", action_field::image_tag},
    {"execute_commands", action_field::commands},
    {"execute_every_command", action_field::execute_every_command},
    {"id_tokens", action_field::id_tokens},
    {"ignore_errors", action_field::ignore_errors},
    {"inline_commands", action_field::commands},
    {"loop", action_field::loop},
    {"retry_count", action_field::retry_count},
    {"retry_interval", action_field::retry_interval},
    {"run_next", action_field::run_next},
    {"run_next_parallel", action_field::run_next_parallel},
    {"run_only_on_first_failure", action_field::run_only_on_first_failure},
    {"setup_commands", action_field::setup_commands},
    {"shell", action_field::shell},
    {"targets", action_field::targets},
    {"timeout", action_field::timeout},
    {"trigger_conditions", action_field::conditions},
    {"trigger_time", action_field::trigger_time},
    {"type", action_field::type},
    {"variables", action_field::variables},
    {"working_directory", action_field::working_directory},
}};

constexpr std::array<named<trigger_time>, 7> trigger_times = {{
    {"ON_EVERY_EXECUTION", trigger_time::on_every_execution},
    {"ON_SUCCESS", trigger_time::on_success},
    {"ON_FAILURE", trigger_time::on_failure},
    {"ON_BACK_TO_SUCCESS", trigger_time::on_back_to_success},
    {"ON_WARNING", trigger_time::on_warning},
    {"ON_WAIT_FOR_APPROVE", trigger_time::on_wait_for_approve},
    {"ON_TERMINATE", trigger_time::on_terminate},
}};

constexpr std::array<named<run_next>, 3> run_nexts = {{
    {"WAIT_ON_SUCCESS", run_next::wait_on_success},
    {"IN_SOFT_PARALLEL", run_next::in_soft_parallel},
    {"IN_HARD_PARALLEL", run_next::in_hard_parallel},
}};

constexpr std::array<named<shell>, 3> shells = {
    {{"SH", shell::sh}, {"BASH", shell::bash}, {"POWERSHELL", shell::powershell}}};

constexpr std::array<std::string_view, 3> command_keys = {"execute_commands", "commands", "inline_commands"};

bool lists_key(const action_type& type, std::string_view key) {
    return std::ranges::find(type.required, key) != type.required.end() ||
           std::ranges::find(type.optional, key) != type.optional.end();
}

void check_type(value_reader& reader, const action& out, const action_type* known) {
    if (out.type.empty()) {
        reader.error("P027", out.type.where.end > 0 ? out.type.where : out.where,
                     (out.name.empty() ? "an action" : "the action " + in_backticks(out.name.value)) +
                         std::string(" has no `type`"),
                     "add `type: BUILD` or another type");
    } else if (known == nullptr && !reader.full()) {
        std::vector<std::string_view> names = action_type_names();
        if (reader.types() != nullptr) std::ranges::copy(reader.types()->own_names(), std::back_inserter(names));
        const std::string_view near = nearest(out.type.value, names);
        reader.warning("P028", out.type.where, "unknown action type " + in_backticks(out.type.value),
                       near.empty() ? "the file loads, but this action can't be run"
                                    : "did you mean `" + std::string(near) + "`?");
    }
}

// Its integration may also come with a target, which is read before.
void check_integration(value_reader& reader, const action& out, const action_type* known) {
    if (known == nullptr || !known->needs_integration || !out.integrations.empty() || reader.full()) return;
    reader.error("P048", out.type.where,
                 "an action of the type " + in_backticks(out.type.value) + " needs an integration",
                 "add `integration:` with the identifier of one");
}

bool is_given(const yaml::node* value) {
    return value != nullptr && (!value->text.empty() || !value->items.empty() || !value->entries.empty());
}

// Of types whose commands are the catalogue's: what they need of the action is known.
void check_required(value_reader& reader, const action& out, const action_type& type) {
    if (type.commands.empty()) return;
    for (const std::string& key : type.required)
        if (!is_integration_key(key) && !is_given(field_of(out, key)) && !reader.full())
            reader.error("P071", out.type.where,
                         "an action of the type " + in_backticks(type.name) + " needs " + in_backticks(key),
                         "add `" + key + ":`");
}

void check_services(value_reader& reader, const action& out) {
    diagnostics problems;
    services_of(out, &problems);
    for (diagnostic& d : problems) reader.error("P049", d.where, std::move(d.message), std::move(d.help));
}

// People mix the names of the key up: it differs from type to type.
void check_command_key(value_reader& reader, const action_type* type, const yaml::entry& field) {
    if (type == nullptr || lists_key(*type, field.key)) return;
    const auto meant =
        std::ranges::find_if(command_keys, [&](std::string_view key) { return lists_key(*type, key); });
    if (meant == command_keys.end()) return;
    reader.warning("P033", field.key_where,
                   "`" + field.key + "` is read as `" + std::string(*meant) + "`, which is the key of " + type->name,
                   "write `" + std::string(*meant) + "`");
}

void read_commands(value_reader& reader, const action_type* type, yaml::entry& field, span& first, action& out) {
    if (first.end > 0) {
        reader.error("P047", field.key_where, "the action has two lists of commands", "merge them into one");
        return;
    }
    first = field.key_where;
    check_command_key(reader, type, field);
    out.commands = reader.commands_of(field.key, field.value);
}

// True if the entry was a reference; a registry's kind stays a field.
bool read_reference(value_reader& reader, yaml::entry& field, action& out) {
    if (!is_integration_key(field.key)) return false;
    yaml::node& value = field.value;
    if (value.kind != yaml::kind::scalar || value.text.empty()) {
        reader.error("P042", value.kind == yaml::kind::null ? field.key_where : value.where,
                     in_backticks(field.key) + " names no integration",
                     "write its identifier as one text, or remove the key");
        return true;
    }
    if (field.key == "integration" && is_registry_kind(out.type.value, value.text)) return false;
    out.integrations.push_back(
        {form_of(field.key, value.text), std::move(value.text), value.where, std::move(field.key)});
    return true;
}

void read_field(value_reader& reader, action_field field, yaml::entry& entry, action& out) {
    const std::string& key = entry.key;
    yaml::node& value = entry.value;
    const auto set_text = [&](text& target) {
        if (std::optional<text> read = reader.text_of(key, value)) target = std::move(*read);
    };
    switch (field) {
        case action_field::name:
            set_text(out.name);
            break;
        case action_field::trigger_time:
            out.trigger_time = reader.choice_of(key, value, trigger_times).value_or(out.trigger_time);
            break;
        case action_field::run_only_on_first_failure:
            out.run_only_on_first_failure = reader.bool_of(key, value, false);
            break;
        case action_field::conditions: {
            std::vector<condition> read = read_conditions(reader, value);
            std::ranges::move(read, std::back_inserter(out.conditions));
            break;
        }
        case action_field::run_next:
            out.run_next = reader.choice_of(key, value, run_nexts).value_or(out.run_next);
            break;
        case action_field::run_next_parallel:
            if (reader.bool_of(key, value, false)) out.run_next = run_next::in_soft_parallel;
            break;
        case action_field::ignore_errors:
            out.ignore_errors = reader.bool_of(key, value, false);
            break;
        case action_field::retry_count:
            out.retry_count = reader.int_of(key, value, 0, most_retries, 0);
            break;
        case action_field::retry_interval:
            out.retry_interval = reader.int_of(key, value, 0, most_retry_interval, 0);
            break;
        case action_field::timeout:
            out.timeout = reader.int_of(key, value, 0, most_timeout, 0);
            break;
        case action_field::disabled:
            out.disabled = reader.bool_of(key, value, true);
            break;
        case action_field::variables:
            out.variables = read_variables(reader, value);
            break;
        case action_field::loop:
            out.loop = reader.texts_of(key, value);
            break;
        case action_field::shell:
            out.shell = reader.choice_of(key, value, shells).value_or(out.shell);
            break;
        case action_field::execute_every_command:
            out.execute_every_command = reader.bool_of(key, value, false);
            break;
        case action_field::setup_commands:
            out.setup_commands = reader.commands_of(key, value);
            break;
        case action_field::id_tokens:
            out.id_tokens = read_id_tokens(reader, value);
            break;
        case action_field::working_directory:
            set_text(out.working_directory);
            break;
        case action_field::image:
            set_text(out.image);
            break;
        case action_field::image_tag:
            set_text(out.image_tag);
            break;
        case action_field::type:      // read first
        case action_field::commands:  // read_commands
        case action_field::targets:
            break;
    }
}

}  // namespace

action read_action(value_reader& reader, yaml::node& map, const std::vector<named_target>& targets) {
    action out;
    out.where = map.where;
    reader.check_keys(key_scope::action, map.entries);
    // What the type is decides how other keys are read.
    for (yaml::entry& entry : map.entries)
        if (entry.key == "type")
            if (std::optional<text> type = reader.text_of(entry.key, entry.value)) out.type = std::move(*type);
    const std::shared_ptr<const custom_action> custom = settle_type(reader, map, out);
    const action_type* type = out.kind.get();

    // `zone_id` is a condition's time zone beside hours or days, and a cloud's zone otherwise.
    const bool timed = map.find("trigger_hours") != nullptr || map.find("trigger_days") != nullptr;
    std::vector<yaml::entry> flat_condition;
    span commands_at;
    for (yaml::entry& entry : map.entries) {
        const std::optional<action_field> field = field_of(action_fields, entry.key);
        if (field == action_field::commands) {
            read_commands(reader, type, entry, commands_at, out);
        } else if (field == action_field::targets) {
            read_action_targets(reader, entry.value, targets, out.integrations);
            out.fields.push_back(std::move(entry));
        } else if (field) {
            read_field(reader, *field, entry, out);
        } else if (is_flat_condition_key(entry.key) && (entry.key != "zone_id" || timed)) {
            flat_condition.push_back(std::move(entry));
        } else if (!read_reference(reader, entry, out)) {
            out.fields.push_back(std::move(entry));
        }
    }
    if (!flat_condition.empty()) {
        const span where = {flat_condition.front().key_where.begin, flat_condition.back().value.where.end};
        out.conditions.push_back(read_condition(reader, flat_condition, where));
    }
    if (custom != nullptr) take_custom(reader, *custom, out);
    std::ranges::sort(out.integrations, {}, [](const integration_reference& r) { return r.where.begin; });

    if (out.name.empty())
        reader.error("P026", out.name.where.end > 0 ? out.name.where : out.where, "an action has no name",
                     "add `action: Name`");
    check_type(reader, out, type);
    const bool says_which =
        std::ranges::any_of(map.entries, [](const yaml::entry& e) { return is_integration_key(e.key); });
    if (!says_which) check_integration(reader, out, type);
    if (type != nullptr && type->execution == execution_kind::commands) check_services(reader, out);
    if (type != nullptr) check_required(reader, out, *type);
    if (type != nullptr && type->execution == execution_kind::commands && type->commands.empty() &&
        out.commands.empty() && !reader.full())
        reader.warning("P044", out.type.where,
                       "the action " + in_backticks(out.name.value) + " has no commands and does nothing",
                       "add `execute_commands`");
    return out;
}

}  // namespace latchkey::pipelines
