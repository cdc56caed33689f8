// SPDX-License-Identifier: Apache-2.0
#include "pipelines/custom_action.hpp"

#include "pipelines/catalogue_files.hpp"
#include "pipelines/parse_reader.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace latchkey::pipelines {

namespace {

constexpr std::array<named<input_kind>, 8> input_kinds = {{
    {"TEXT", input_kind::text},
    {"TEXTAREA", input_kind::text},
    {"PASSWORD", input_kind::password},
    {"SELECT", input_kind::select},
    {"AUTOCOMPLETE", input_kind::text},
    {"CHECKBOX", input_kind::checkbox},
    {"COMMAND", input_kind::text},
    {"FILESYSTEM_PATH", input_kind::text},
}};

constexpr std::array<named<shell>, 2> script_shells = {{{"SH", shell::sh}, {"BASH", shell::bash}}};

// What only a screen shows, or what documents.
constexpr std::array<std::string_view, 4> shown_keys = {"category", "description", "output", "title"};

constexpr std::array<std::string_view, 16> all_keys = {
    "cached_dirs", "category", "description",     "docker_image_name", "docker_image_tag", "execute_commands",
    "inputs",      "name",     "output",          "reset_entrypoint",  "run_as_user",      "setup_commands",
    "shell",       "title",    "volume_mappings", "working_directory"};

constexpr std::size_t most_inputs = 256;

// What a shell takes for the name of a variable.
bool is_variable_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    return !name.empty() && letter(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void read_kind(value_reader& reader, yaml::entry& fact, action_input& input) {
    constexpr std::string_view integration = "_INTEGRATION";
    if (fact.value.kind == yaml::kind::scalar && fact.value.text.size() > integration.size() &&
        fact.value.text.ends_with(integration)) {
        input.kind = input_kind::integration;
        return;
    }
    input.kind = reader.choice_of(fact.key, fact.value, input_kinds).value_or(input.kind);
}

std::optional<action_input> read_input(value_reader& reader, yaml::entry& entry) {
    action_input input;
    input.name = entry.key;
    if (!is_variable_name(entry.key) || entry.key.starts_with("LATCHKEY_") || entry.key.starts_with("BUDDY_")) {
        reader.error("P075", entry.key_where,
                     "the input " + in_backticks(entry.key) + " can't be the name of a variable of its own",
                     "use letters, digits and `_`, and not the prefixes `BUDDY_` and `LATCHKEY_`");
        return std::nullopt;
    }
    if (entry.value.kind != yaml::kind::map) {
        reader.wrong_kind(entry.key, entry.value, "a map", "write `" + entry.key + ": {type: TEXT}`");
        return std::nullopt;
    }
    for (yaml::entry& fact : entry.value.entries) {
        if (fact.key == "type") {
            read_kind(reader, fact, input);
        } else if (fact.key == "required") {
            input.required = reader.bool_of(fact.key, fact.value, false);
        } else if (fact.key == "default") {
            input.fallback = reader.string_of(fact.key, fact.value);
        } else if (fact.key == "options" && input.kind == input_kind::select) {
            for (text& option : reader.texts_of(fact.key, fact.value))
                input.options.push_back(std::move(option.value));
        }
    }
    return input;
}

void read_inputs(value_reader& reader, yaml::entry& entry, custom_action& out) {
    if (entry.value.kind == yaml::kind::null) return;
    if (entry.value.kind != yaml::kind::map) {
        reader.wrong_kind(entry.key, entry.value, "a map", "write a name and its `type` for each");
        return;
    }
    if (entry.value.entries.size() > most_inputs) {
        reader.error("P075", entry.key_where, "the action has more than 256 inputs", "leave some out");
        return;
    }
    for (yaml::entry& each : entry.value.entries)
        if (std::optional<action_input> input = read_input(reader, each))
            out.type.inputs.push_back(std::move(*input));
}

void read_key(value_reader& reader, yaml::entry& entry, custom_action& out) {
    const std::string& key = entry.key;
    const auto set_text = [&](text& target) {
        if (std::optional<text> read = reader.text_of(key, entry.value)) target = std::move(*read);
    };
    if (key == "name") {
        set_text(out.name);
    } else if (key == "docker_image_name") {
        set_text(out.image);
    } else if (key == "docker_image_tag") {
        set_text(out.image_tag);
    } else if (key == "working_directory") {
        set_text(out.working_directory);
    } else if (key == "execute_commands") {
        out.commands = reader.commands_of(key, entry.value);
    } else if (key == "setup_commands") {
        out.setup_commands = reader.commands_of(key, entry.value);
    } else if (key == "shell") {
        out.shell = reader.choice_of(key, entry.value, script_shells).value_or(out.shell);
    } else if (key == "inputs") {
        read_inputs(reader, entry, out);
    } else if (std::ranges::find(all_keys, key) == all_keys.end()) {
        const std::string_view near = nearest(key, {all_keys.begin(), all_keys.end()});
        reader.warning("P012", entry.key_where, "unknown key " + in_backticks(key),
                       near.empty() ? "it is ignored" : "did you mean `" + std::string(near) + "`?");
    } else if (std::ranges::find(shown_keys, key) == shown_keys.end()) {
        out.fields.push_back(std::move(entry));
    }
}

}  // namespace

std::optional<custom_action> read_custom_action(const source& file, diagnostics& problems) {
    std::optional<yaml::node> root = yaml::read(file, problems);
    if (!root) {
        sort_by_place(problems);
        return std::nullopt;
    }
    value_reader reader(file, problems);
    custom_action out;
    if (root->kind != yaml::kind::map) {
        reader.error("P075", root->where, "the file of a custom action is a map",
                     "write `name:`, `docker_image_name:` and `execute_commands:`");
    } else {
        const bool says_commands = root->find("execute_commands") != nullptr;
        for (yaml::entry& entry : root->entries) read_key(reader, entry, out);
        if (out.name.empty())
            reader.error("P075", root->where, "a custom action has no name", "add `name: My_action`");
        if (out.commands.empty() && !(says_commands && has_errors(problems)))
            reader.error("P075", root->where, "a custom action has no commands", "add `execute_commands`");
    }
    sort_by_place(problems);
    if (has_errors(problems)) return std::nullopt;
    out.type.name = out.name.value;
    out.type.title = out.name.value;
    out.type.execution = execution_kind::commands;
    return out;
}

std::optional<action_type> read_own_type(const embedded_file& file, std::string& why) {
    // What is built in and broken is a bug, and thrown; here the same reader meets the user's own file.
    try {
        action_type type = read_action_type(file);
        if (type.execution == execution_kind::commands) return type;
        why = std::string(file.name) + ": a type of one's own has `execution: commands`";
    } catch (const std::logic_error& e) {
        why = e.what();
    }
    return std::nullopt;
}

}  // namespace latchkey::pipelines
