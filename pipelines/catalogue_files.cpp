// SPDX-License-Identifier: Apache-2.0
#include "pipelines/catalogue_files.hpp"

#include "pipelines/delivery.hpp"
#include "pipelines/yaml.hpp"

#include <algorithm>
#include <stdexcept>

namespace latchkey::pipelines {

namespace {

// Reads the maps of one catalogue file. Everything that is not as agreed is thrown: it was built in.
class catalogue_reader {
public:
    explicit catalogue_reader(const embedded_file& file) : source_(std::string(file.name), std::string(file.text)) {
        diagnostics problems;
        std::optional<yaml::node> root = yaml::read(source_, problems);
        if (!problems.empty()) throw std::logic_error(render(source_, problems));
        if (!root || root->kind != yaml::kind::map) fail({}, "expected a map");
        root_ = std::move(*root);
    }

    const yaml::node& root() const { return root_; }

    [[noreturn]] void fail(span where, std::string_view what) const {
        const position place = source_.at(where.begin);
        throw std::logic_error(source_.name() + ":" + std::to_string(place.line) + ": " + std::string(what));
    }

    const std::vector<yaml::entry>& map_of(const yaml::node& node) const {
        if (node.kind != yaml::kind::map) fail(node.where, "expected a map");
        return node.entries;
    }

    const std::string& text_of(const yaml::node& node) const {
        if (node.kind != yaml::kind::scalar || node.text.empty()) fail(node.where, "expected a text");
        return node.text;
    }

    bool bool_of(const yaml::node& node) const {
        if (node.text != "true" && node.text != "false") fail(node.where, "expected true or false");
        return node.text == "true";
    }

    std::vector<std::string> texts_of(const yaml::node& node) const {
        if (node.kind != yaml::kind::sequence) fail(node.where, "expected a list");
        std::vector<std::string> out;
        for (const yaml::node& item : node.items) out.push_back(text_of(item));
        return out;
    }

private:
    source source_;
    yaml::node root_;
};

std::string type_name_of(const embedded_file& file) {
    constexpr std::string_view suffix = ".yml";
    std::string_view name = file.name;
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
    return std::string(name);
}

const credential_field* field_named(const integration_type& type, std::string_view name) {
    const auto found = std::ranges::find(type.fields, name, &credential_field::name);
    return found == type.fields.end() ? nullptr : &*found;
}

// Whether what the template makes is secret; it may name fields of the type only.
bool checked_template(const catalogue_reader& reader, const integration_type& type, const yaml::node& node) {
    const auto names = template_fields(reader.text_of(node));
    if (!names) reader.fail(node.where, "not a template");
    bool secret = false;
    for (const std::string& name : *names) {
        const credential_field* field = field_named(type, name);
        if (field == nullptr) reader.fail(node.where, "the template names an unknown field");
        secret = secret || field->secret;
    }
    return secret;
}

credential_field read_credential_field(const catalogue_reader& reader, const yaml::entry& entry) {
    credential_field out;
    out.name = entry.key;
    for (const yaml::entry& fact : reader.map_of(entry.value)) {
        if (fact.key == "description") {
            out.description = reader.text_of(fact.value);
        } else if (fact.key == "required") {
            out.required = reader.bool_of(fact.value);
        } else if (fact.key == "secret") {
            out.secret = reader.bool_of(fact.value);
        } else {
            reader.fail(fact.key_where, "unknown key");
        }
    }
    return out;
}

delivered_file read_delivered_file(const catalogue_reader& reader, const integration_type& type,
                                   const yaml::node& node) {
    delivered_file out;
    for (const yaml::entry& fact : reader.map_of(node)) {
        if (fact.key == "variable") {
            out.variable = reader.text_of(fact.value);
        } else if (fact.key == "name") {
            out.name = reader.text_of(fact.value);
        } else if (fact.key == "content") {
            checked_template(reader, type, fact.value);
            out.content = fact.value.text;
        } else if (fact.key == "directory") {
            out.directory = reader.bool_of(fact.value);
        } else {
            reader.fail(fact.key_where, "unknown key");
        }
    }
    if (out.variable.empty() || out.name.empty() || out.content.empty())
        reader.fail(node.where, "a file needs variable, name and content");
    return out;
}

}  // namespace

integration_type read_integration_type(const embedded_file& file) {
    const catalogue_reader reader(file);
    integration_type out;
    out.name = type_name_of(file);
    if (const yaml::node* fields = reader.root().find("fields"))
        for (const yaml::entry& entry : reader.map_of(*fields))
            out.fields.push_back(read_credential_field(reader, entry));
    for (const yaml::entry& fact : reader.root().entries) {
        if (fact.key == "title") {
            out.title = reader.text_of(fact.value);
        } else if (fact.key == "alternatives") {
            for (const yaml::node& set : fact.value.items) {
                out.alternatives.push_back(reader.texts_of(set));
                for (const std::string& name : out.alternatives.back())
                    if (field_named(out, name) == nullptr) reader.fail(set.where, "unknown field");
            }
        } else if (fact.key == "environment") {
            for (const yaml::entry& entry : reader.map_of(fact.value)) {
                const bool secret = checked_template(reader, out, entry.value);
                out.variables.push_back({entry.key, entry.value.text, secret});
            }
        } else if (fact.key == "files") {
            for (const yaml::node& item : fact.value.items)
                out.files.push_back(read_delivered_file(reader, out, item));
        } else if (fact.key != "fields") {
            reader.fail(fact.key_where, "unknown key");
        }
    }
    if (out.title.empty()) reader.fail({}, "no title");
    return out;
}

action_type read_action_type(const embedded_file& file) {
    const catalogue_reader reader(file);
    action_type out;
    out.name = type_name_of(file);
    for (const yaml::entry& fact : reader.root().entries) {
        if (fact.key == "title") {
            out.title = reader.text_of(fact.value);
        } else if (fact.key == "execution") {
            const std::string& kind = reader.text_of(fact.value);
            if (kind != "commands" && kind != "sleep" && kind != "native" && kind != "flow")
                reader.fail(fact.value.where, "unknown execution");
            out.execution = kind == "sleep"    ? execution_kind::sleep
                            : kind == "native" ? execution_kind::native
                            : kind == "flow"   ? execution_kind::flow
                                               : execution_kind::commands;
        } else if (fact.key == "needs_integration") {
            out.needs_integration = reader.bool_of(fact.value);
        } else if (fact.key == "integration_types") {
            out.integration_types = reader.texts_of(fact.value);
        } else if (fact.key == "needs_engine") {
            out.needs_engine = reader.bool_of(fact.value);
        } else if (fact.key == "required") {
            out.required = reader.texts_of(fact.value);
        } else if (fact.key == "optional") {
            out.optional = reader.texts_of(fact.value);
        } else if (fact.key == "default_image") {
            out.default_image = reader.text_of(fact.value);
        } else {
            reader.fail(fact.key_where, "unknown key");
        }
    }
    if (out.title.empty()) reader.fail({}, "no title");
    return out;
}

}  // namespace latchkey::pipelines
