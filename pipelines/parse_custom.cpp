// SPDX-License-Identifier: Apache-2.0
#include "pipelines/custom_action.hpp"
#include "pipelines/integrations.hpp"
#include "pipelines/parse_parts.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey::pipelines {

namespace {

constexpr std::string_view custom = "CUSTOM";

std::shared_ptr<const custom_action> find_custom(value_reader& reader, const yaml::node& map) {
    const yaml::node* named = map.find("custom_type");
    if (named == nullptr || named->kind != yaml::kind::scalar || named->text.empty()) {
        if (!reader.full())
            reader.error("P073", map.where, "an action of the type `CUSTOM` does not say which",
                         "add `custom_type:` with the name of a custom action");
        return nullptr;
    }
    const std::size_t colon = named->text.find(':');
    const std::string tag = colon == std::string::npos ? "latest" : named->text.substr(colon + 1);
    type_source::found_custom found;
    if (tag == "latest")
        found = reader.types()->custom(named->text.substr(0, colon));
    else
        found.why = "a custom action is taken from this repository as it is, so the tag " + in_backticks(tag) +
                    " can't be had";
    if (found.action != nullptr || reader.full()) return found.action;
    if (found.faulty)
        reader.error("P073", named->where, std::move(found.why), "mend its file, `.buddy/actions/NAME/action.yml`");
    else
        reader.warning("P073", named->where, std::move(found.why), "the file loads, but this action can't be run");
    return nullptr;
}

bool has_content(const yaml::node* n) {
    return n != nullptr && (!n->text.empty() || !n->items.empty() || !n->entries.empty());
}

// A variable's value is not known yet.
bool is_literal(const yaml::node& n) {
    return n.kind == yaml::kind::scalar && n.text.find('$') == std::string::npos;
}

void check_input(value_reader& reader, const action& a, const action_input& input, const yaml::node* given) {
    if (!has_content(given)) {
        if (input.required && input.fallback.empty())
            reader.error(
                "P074", a.type.where,
                "the custom action " + in_backticks(a.kind->name) + " needs the input " + in_backticks(input.name),
                "add `" + input.name + ":` to `inputs`");
        return;
    }
    if (!given->entries.empty()) {
        reader.error("P074", given->where, "the input " + in_backticks(input.name) + " is a map",
                     "write one text, or a list");
    } else if (input.kind == input_kind::select && !input.options.empty() && is_literal(*given) &&
               std::ranges::find(input.options, given->text) == input.options.end()) {
        const std::string_view near = nearest(given->text, {input.options.begin(), input.options.end()});
        reader.error("P074", given->where,
                     in_backticks(given->text) + " is not among the options of the input " + in_backticks(input.name),
                     near.empty() ? "write one of them: " + in_backticks(input.options.front()) + " is the first"
                                  : "did you mean `" + std::string(near) + "`?");
    }
}

// Everything that could be a reference is one: it is decided before the run, and again when it is opened.
void add_reference(value_reader& reader, action& a, const action_input& input, const yaml::node* given, span here) {
    const std::string key = "inputs." + input.name;
    if (!has_content(given)) {
        if (!input.fallback.empty())
            a.integrations.push_back({form_of("integration", input.fallback), input.fallback, here, key});
        return;
    }
    if (given->kind != yaml::kind::scalar) {
        reader.error("P042", given->where, in_backticks(input.name) + " names no integration",
                     "write its identifier as one text");
        return;
    }
    a.integrations.push_back({form_of("integration", given->text), given->text, given->where, key});
}

}  // namespace

std::shared_ptr<const custom_action> settle_type(value_reader& reader, const yaml::node& map, action& a) {
    if (a.type.empty()) return nullptr;
    // What is built in lives as long as the program: nobody owns it.
    if (const action_type* known = find_action_type(a.type.value))
        a.kind = {std::shared_ptr<const action_type>(), known};
    if (reader.types() == nullptr) return nullptr;
    if (a.kind == nullptr) a.kind = reader.types()->own(a.type.value);
    if (a.type.value != custom) return nullptr;
    auto found = find_custom(reader, map);
    if (found == nullptr) return nullptr;
    a.kind = {found, &found->type};
    a.shell = found->shell;  // unless the action says another
    return found;
}

void take_custom(value_reader& reader, const custom_action& from, action& a) {
    // In this file all of it stands where the custom action is named.
    const yaml::node* named = field_of(a, "custom_type");
    const span here = named == nullptr ? a.type.where : named->where;
    const auto placed = [&](text t) {
        t.where = here;
        return t;
    };
    if (a.commands.empty()) std::ranges::transform(from.commands, std::back_inserter(a.commands), placed);
    if (a.image.empty()) {
        a.image = placed(from.image);
        a.image_tag = placed(from.image_tag);
        std::vector<text> setup;
        std::ranges::transform(from.setup_commands, std::back_inserter(setup), placed);
        a.setup_commands.insert(a.setup_commands.begin(), setup.begin(), setup.end());
    }
    if (a.working_directory.empty()) a.working_directory = placed(from.working_directory);
    for (const yaml::entry& field : from.fields)
        if (field_of(a, field.key) == nullptr) a.fields.push_back(field);
    if (const yaml::node* access = field_of(a, "filesystem_access"); access != nullptr && access->text == "false") {
        yaml::entry apart{"mount_filesystem_disable", here, {}};
        apart.value.kind = yaml::kind::scalar;
        apart.value.text = "true";
        a.fields.push_back(std::move(apart));
    }
    const yaml::node* inputs = field_of(a, "inputs");
    const yaml::node none;
    if (inputs != nullptr && inputs->kind != yaml::kind::map && inputs->kind != yaml::kind::null)
        reader.wrong_kind("inputs", *inputs, "a map", "write `name: value` for each");
    const yaml::node& given = inputs == nullptr ? none : *inputs;
    for (const action_input& input : from.type.inputs) {
        const yaml::node* value = given.find(input.name);
        check_input(reader, a, input, value);
        if (input.kind == input_kind::integration) add_reference(reader, a, input, value, here);
    }
    for (const yaml::entry& entry : given.entries) {
        if (std::ranges::find(from.type.inputs, entry.key, &action_input::name) != from.type.inputs.end()) continue;
        std::vector<std::string_view> names;
        for (const action_input& input : from.type.inputs) names.push_back(input.name);
        const std::string_view near = nearest(entry.key, names);
        reader.warning(
            "P074", entry.key_where,
            "the custom action " + in_backticks(from.type.name) + " has no input " + in_backticks(entry.key),
            near.empty() ? "it is ignored" : "did you mean `" + std::string(near) + "`?");
    }
}

}  // namespace latchkey::pipelines
