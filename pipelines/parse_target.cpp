// SPDX-License-Identifier: Apache-2.0
#include "pipelines/integrations.hpp"
#include "pipelines/parse_parts.hpp"

#include <algorithm>

namespace latchkey::pipelines {

namespace {

constexpr std::string_view repository_target = "project_repository";  // of PUSH: the project's own

// The references in one target's map, those of a proxy that is written out included.
void read_target_map(value_reader& reader, const yaml::node& map, const std::string& path,
                     std::vector<integration_reference>& out) {
    for (const yaml::entry& field : map.entries) {
        if (is_integration_key(field.key)) {
            if (field.value.kind == yaml::kind::scalar && !field.value.text.empty()) {
                out.push_back(
                    {form_of(field.key, field.value.text), field.value.text, field.value.where, path + field.key});
            } else {
                const span where = field.value.kind == yaml::kind::null ? field.key_where : field.value.where;
                reader.error("P042", where, in_backticks(field.key) + " names no integration",
                             "write its identifier as one text");
            }
        } else if (field.key == "proxy" && field.value.kind == yaml::kind::map) {
            read_target_map(reader, field.value, path + "proxy.", out);
        } else if (!is_known_key(key_scope::target, field.key) && meant_key(key_scope::target, field.key).empty()) {
            reader.unknown_key(key_scope::target, field);
        }
    }
}

std::string name_of_target(const yaml::node& map) {
    for (const std::string_view key : {"target", "id", "name"}) {
        const yaml::node* name = map.find(key);
        if (name != nullptr && name->kind == yaml::kind::scalar) return name->text;
    }
    return {};
}

}  // namespace

std::vector<named_target> read_pipeline_targets(value_reader& reader, const yaml::node& list) {
    std::vector<named_target> out;
    if (list.kind != yaml::kind::sequence) {
        if (list.kind == yaml::kind::map)
            reader.wrong_kind("targets", list, "a list", "write each as `- target: name` with its fields below");
        return out;
    }
    for (const yaml::node& item : list.items) {
        if (item.kind == yaml::kind::scalar) {
            out.push_back({item.text, {}});
        } else if (item.kind == yaml::kind::map) {
            named_target& target = out.emplace_back();
            target.name = name_of_target(item);
            read_target_map(reader, item, "targets[].", target.integrations);
        } else {
            reader.wrong_kind("targets", item, "a list of names or maps",
                              "write `- target: name` with its fields below");
        }
    }
    return out;
}

void read_action_targets(value_reader& reader, const yaml::node& list, const std::vector<named_target>& defined,
                         std::vector<integration_reference>& out) {
    const auto by_name = [&](const yaml::node& item) {
        bool found = item.text == repository_target;
        for (const named_target& target : defined) {
            if (target.name != item.text) continue;
            found = true;
            out.insert(out.end(), target.integrations.begin(), target.integrations.end());
        }
        if (found || defined.empty() || reader.full()) return;  // a file without targets means the workspace's
        std::vector<std::string_view> names;
        for (const named_target& target : defined) names.push_back(target.name);
        const std::string_view near = nearest(item.text, names);
        reader.warning("P043", item.where, "the pipeline defines no target " + in_backticks(item.text),
                       near.empty() ? "define it under the pipeline's `targets`, or in the workspace"
                                    : "did you mean `" + std::string(near) + "`?");
    };
    if (list.kind == yaml::kind::scalar) by_name(list);
    if (list.kind == yaml::kind::map) read_target_map(reader, list, "targets[].", out);
    for (const yaml::node& item : list.items) {
        if (item.kind == yaml::kind::scalar) {
            by_name(item);
        } else if (item.kind == yaml::kind::map) {
            read_target_map(reader, item, "targets[].", out);
        } else {
            reader.wrong_kind("targets", item, "a list of names or maps",
                              "write the target's name, or a map with its fields");
        }
    }
}

}  // namespace latchkey::pipelines
