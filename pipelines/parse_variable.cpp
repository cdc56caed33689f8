// SPDX-License-Identifier: Apache-2.0
#include "pipelines/parse_parts.hpp"
#include "pipelines/variables.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace latchkey::pipelines {

namespace {

enum class variable_field : unsigned char {
    key,
    value,
    type,
    description,
    encrypted,
    settable,
    place,
    path,
    chmod,
    defaults
};

constexpr std::array<named<variable_field>, 10> variable_fields = {{
    {"defaults", variable_field::defaults},
    {"description", variable_field::description},
    {"encrypted", variable_field::encrypted},
    {"file_chmod", variable_field::chmod},
    {"file_path", variable_field::path},
    {"file_place", variable_field::place},
    {"key", variable_field::key},
    {"settable", variable_field::settable},
    {"type", variable_field::type},
    {"value", variable_field::value},
}};

constexpr std::array<named<variable_type>, 3> variable_types = {
    {{"VAR", variable_type::var}, {"SSH_KEY", variable_type::ssh_key}, {"FILE", variable_type::file}}};

constexpr std::array<named<bool>, 2> file_places = {{{"NONE", false}, {"CONTAINER", true}}};

bool is_name(std::string_view key) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
    return !key.empty() && letter(key.front()) &&
           std::ranges::all_of(key, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// A boolean, or `disabled` and its like in the newest syntax.
bool read_settable(value_reader& reader, const yaml::entry& field) {
    if (field.value.kind == yaml::kind::scalar) {
        if (field.value.text == "disabled" || field.value.text == "DISABLED") return false;
        if (field.value.text == "enabled" || field.value.text == "ENABLED") return true;
    }
    return reader.bool_of(field.key, field.value, false);
}

variable read_variable(value_reader& reader, yaml::node& map) {
    variable out;
    out.where = map.where;
    reader.check_keys(key_scope::variable, map.entries);
    for (yaml::entry& field : map.entries) {
        const std::optional<variable_field> known = field_of(variable_fields, field.key);
        if (!known) continue;
        switch (*known) {
            case variable_field::key:
                if (std::optional<text> key = reader.text_of(field.key, field.value)) out.key = std::move(*key);
                break;
            case variable_field::value:
                out.sealed = is_sealed(field.value);
                if (field.value.kind != yaml::kind::null) out.value = reader.text_of(field.key, field.value);
                break;
            case variable_field::type:
                out.type = reader.choice_of(field.key, field.value, variable_types).value_or(variable_type::var);
                break;
            case variable_field::description:
                out.description = reader.string_of(field.key, field.value);
                break;
            case variable_field::encrypted:
                out.encrypted = reader.bool_of(field.key, field.value, true);
                break;
            case variable_field::settable:
                out.settable = read_settable(reader, field);
                break;
            case variable_field::place:
                out.in_container =
                    reader.choice_of(field.key, field.value, file_places, severity::warning).value_or(false);
                break;
            case variable_field::path:
                out.file_path = reader.string_of(field.key, field.value);
                break;
            case variable_field::defaults:
                out.defaults = reader.string_of(field.key, field.value);
                break;
            case variable_field::chmod:
                out.file_chmod = reader.string_of(field.key, field.value);
                break;
        }
    }
    out.encrypted = out.encrypted || out.sealed;
    if (out.key.empty()) {
        reader.error("P038", map.where, "a variable has no `key`", "add `key: NAME`");
    } else if (!is_name(out.key.value)) {
        reader.warning("P039", out.key.where, in_backticks(out.key.value) + " is not a name that a shell can use",
                       "use letters, digits and `_`, and no digit first");
    }
    return out;
}

}  // namespace

std::vector<variable> read_variables(value_reader& reader, yaml::node& list) {
    std::vector<variable> out;
    if (list.kind == yaml::kind::null) return out;
    if (list.kind != yaml::kind::sequence) {
        reader.wrong_kind("variables", list, "a list", "write each as `- key: NAME` and below it `value: …`");
        return out;
    }
    out.reserve(list.items.size());
    std::unordered_map<std::string, span> places;
    for (yaml::node& item : list.items) {
        if (item.kind != yaml::kind::map) {
            reader.wrong_kind("variables", item, "a list of maps", "write `- key: NAME` and below it `value: …`");
            continue;
        }
        variable read = read_variable(reader, item);
        if (read.key.empty()) continue;
        if (!places.try_emplace(read.key.value, read.key.where).second)
            reader.warning("P041", read.key.where,
                           "the variable " + in_backticks(read.key.value) + " is defined here again",
                           "remove one of the two");
        out.push_back(std::move(read));
    }
    return out;
}

}  // namespace latchkey::pipelines
