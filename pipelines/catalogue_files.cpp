// SPDX-License-Identifier: Apache-2.0
#include "pipelines/catalogue_files.hpp"

#include "pipelines/delivery.hpp"
#include "pipelines/integrations.hpp"
#include "pipelines/yaml.hpp"

#include <algorithm>
#include <array>
#include <functional>
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

// Whether a field is secret; nullopt: there is none of that name.
using field_secrecy = std::function<std::optional<bool>(std::string_view)>;

field_secrecy secrecy_in(const integration_type& type) {
    return [&type](std::string_view name) -> std::optional<bool> {
        const credential_field* field = field_named(type, name);
        return field == nullptr ? std::nullopt : std::optional(field->secret);
    };
}

bool lists(const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

field_secrecy secrecy_in(const action_type& type) {
    return [&type](std::string_view name) -> std::optional<bool> {
        if (!lists(type.required, name) && !lists(type.optional, name)) return std::nullopt;
        return lists(type.secret_fields, name);
    };
}

// Whether what the template makes is secret; it may name fields of the type only.
bool checked_template(const catalogue_reader& reader, const field_secrecy& secrecy, const yaml::node& node) {
    const auto names = template_fields(reader.text_of(node));
    if (!names) reader.fail(node.where, "not a template");
    bool secret = false;
    for (const std::string& name : *names) {
        const std::optional<bool> known = secrecy(name);
        if (!known) reader.fail(node.where, "the template names an unknown field");
        secret = secret || *known;
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

delivered_file read_delivered_file(const catalogue_reader& reader, const field_secrecy& secrecy,
                                   const yaml::node& node) {
    delivered_file out;
    for (const yaml::entry& fact : reader.map_of(node)) {
        if (fact.key == "variable") {
            out.variable = reader.text_of(fact.value);
        } else if (fact.key == "name") {
            out.name = reader.text_of(fact.value);
        } else if (fact.key == "content") {
            checked_template(reader, secrecy, fact.value);
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

void read_environment(const catalogue_reader& reader, const field_secrecy& secrecy, const yaml::node& node,
                      std::vector<delivered_variable>& out) {
    for (const yaml::entry& entry : reader.map_of(node)) {
        const bool secret = checked_template(reader, secrecy, entry.value);
        out.push_back({entry.key, entry.value.text, secret});
    }
}

connection_check read_check(const catalogue_reader& reader, const integration_type& type, const yaml::node& node) {
    connection_check out;
    for (const yaml::entry& fact : reader.map_of(node)) {
        if (fact.key == "host") {
            out.host = reader.text_of(fact.value);
        } else if (fact.key == "host_field") {
            out.host_field = reader.text_of(fact.value);
        } else if (fact.key == "path") {
            out.path = reader.text_of(fact.value);
        } else if (fact.key == "post") {
            out.post = reader.bool_of(fact.value);
        } else if (fact.key == "answer") {
            out.answer = reader.text_of(fact.value);
        } else if (fact.key == "headers") {
            for (const yaml::entry& header : reader.map_of(fact.value))
                out.headers.emplace_back(header.key, reader.text_of(header.value));
        } else if (fact.key == "credentials") {
            for (const yaml::entry& header : reader.map_of(fact.value)) {
                if (!checked_template(reader, secrecy_in(type), header.value))
                    reader.fail(header.key_where, "shows no secret");
                out.credentials.push_back({header.key, header.value.text});
            }
        } else {
            reader.fail(fact.key_where, "unknown key");
        }
    }
    // Where a credential is shown is never a secret of its own, and never anything but the service's host.
    const credential_field* field = out.host_field.empty() ? nullptr : field_named(type, out.host_field);
    if (out.host.empty() == out.host_field.empty() ||
        (!out.host_field.empty() && (field == nullptr || field->secret)))
        reader.fail(node.where, "a check has a host, or a field that says it and is no secret");
    if (!out.path.starts_with('/') || out.credentials.empty())
        reader.fail(node.where, "a check has a path and credentials");
    return out;
}

void read_files(const catalogue_reader& reader, const field_secrecy& secrecy, const yaml::node& node,
                std::vector<delivered_file>& out) {
    if (node.kind != yaml::kind::sequence) reader.fail(node.where, "expected a list");
    for (const yaml::node& item : node.items) out.push_back(read_delivered_file(reader, secrecy, item));
}

// Keys that every action has: they are no fields of a type.
constexpr std::array<std::string_view, 9> common_keys = {"commands",
                                                         "docker_image_name",
                                                         "docker_image_tag",
                                                         "execute_commands",
                                                         "execute_every_command",
                                                         "inline_commands",
                                                         "setup_commands",
                                                         "shell",
                                                         "working_directory"};

// A script of the catalogue finds every field of its type but the secret ones, which it has to ask for.
void add_field_variables(action_type& type) {
    if (type.prelude.empty() && type.commands.empty()) return;
    std::vector<delivered_variable> all;
    for (const auto* keys : {&type.required, &type.optional})
        for (const std::string& key : *keys)
            if (std::ranges::find(common_keys, key) == common_keys.end() && !is_integration_key(key) &&
                !lists(type.secret_fields, key) && !lists(type.unsupported, key) && template_fields("${" + key + "}"))
                all.push_back({field_variable(key), "${" + key + "}", false});
    type.variables.insert(type.variables.begin(), all.begin(), all.end());
}

// Lists of words: what keys there are, and the commands.
std::vector<std::string>* list_of(action_type& type, std::string_view key) {
    if (key == "integration_types") return &type.integration_types;
    if (key == "required") return &type.required;
    if (key == "optional") return &type.optional;
    if (key == "unsupported") return &type.unsupported;
    if (key == "secret_fields") return &type.secret_fields;
    if (key == "setup_commands") return &type.setup_commands;
    if (key == "prelude") return &type.prelude;
    if (key == "commands") return &type.commands;
    return nullptr;
}

execution_kind read_execution(const catalogue_reader& reader, const yaml::node& node) {
    const std::string& kind = reader.text_of(node);
    if (kind == "commands") return execution_kind::commands;
    if (kind == "sleep") return execution_kind::sleep;
    if (kind == "native") return execution_kind::native;
    if (kind == "flow") return execution_kind::flow;
    reader.fail(node.where, "unknown execution");
}

void check_lists(const catalogue_reader& reader, const action_type& type) {
    const field_secrecy secrecy = secrecy_in(type);
    for (const auto* keys : {&type.unsupported, &type.secret_fields})
        for (const std::string& key : *keys)
            if (!secrecy(key)) reader.fail({}, key + " is no field of it");
    if (!type.image_tag.empty() && !secrecy(type.image_tag)) reader.fail({}, type.image_tag + " is no field of it");
    const bool of_commands = type.execution == execution_kind::commands;
    if (!of_commands && (type.takes_fields() || !type.prelude.empty() || !type.commands.empty()))
        reader.fail({}, "only a type of commands has commands, an environment and files");
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
            read_environment(reader, secrecy_in(out), fact.value, out.variables);
        } else if (fact.key == "files") {
            read_files(reader, secrecy_in(out), fact.value, out.files);
        } else if (fact.key == "check") {
            out.check = read_check(reader, out, fact.value);
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
        if (std::vector<std::string>* list = list_of(out, fact.key)) {
            *list = reader.texts_of(fact.value);
        } else if (fact.key == "title") {
            out.title = reader.text_of(fact.value);
        } else if (fact.key == "execution") {
            out.execution = read_execution(reader, fact.value);
        } else if (fact.key == "needs_integration") {
            out.needs_integration = reader.bool_of(fact.value);
        } else if (fact.key == "gives_integration") {
            out.gives_integration = reader.bool_of(fact.value);
        } else if (fact.key == "needs_engine") {
            out.needs_engine = reader.bool_of(fact.value);
        } else if (fact.key == "default_image") {
            out.default_image = reader.text_of(fact.value);
        } else if (fact.key == "image_tag") {
            out.image_tag = reader.text_of(fact.value);
        } else if (fact.key != "environment" && fact.key != "files") {
            reader.fail(fact.key_where, "unknown key");
        }
    }
    // Their templates name fields, which are known by now.
    const field_secrecy secrecy = secrecy_in(out);
    if (const yaml::node* environment = reader.root().find("environment"))
        read_environment(reader, secrecy, *environment, out.variables);
    if (const yaml::node* files = reader.root().find("files")) read_files(reader, secrecy, *files, out.files);
    add_field_variables(out);
    check_lists(reader, out);
    if (out.title.empty()) reader.fail({}, "no title");
    return out;
}

}  // namespace latchkey::pipelines
