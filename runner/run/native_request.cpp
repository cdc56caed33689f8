// SPDX-License-Identifier: Apache-2.0
#include "runner/run/native_request.hpp"

#include "pipelines/catalogue.hpp"
#include "pipelines/variables.hpp"
#include "runner/run/default_keys.hpp"
#include "runner/run/registry_access.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace latchkey::run {

namespace {

using nlohmann::json;

// Text, list or map as written, with variables in every text.
json filled(const pipelines::yaml::node& n, const pipelines::variable_lookup& value_of) {
    if (!n.items.empty()) {
        json list = json::array();
        for (const pipelines::yaml::node& item : n.items) list.push_back(filled(item, value_of));
        return list;
    }
    if (n.entries.empty()) return pipelines::interpolate(n.text, value_of);
    // One level: what a map holds in maps is `outer.inner`.
    json map = json::object();
    for (const pipelines::yaml::entry& e : n.entries) {
        if (e.value.entries.empty()) {
            map[e.key] = filled(e.value, value_of);
            continue;
        }
        for (const pipelines::yaml::entry& inner : e.value.entries)
            map[e.key + "." + inner.key] = filled(inner.value, value_of);
    }
    return map;
}

std::string joined(const std::vector<pipelines::text>& commands) {
    std::string script;
    for (const pipelines::text& command : commands) script += command.value + "\n";
    return script;
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

}  // namespace

bool is_native(const pipelines::action& a) {
    const pipelines::action_type* type = a.kind.get();
    return type != nullptr && type->execution == pipelines::execution_kind::native;
}

namespace {

// What an action builds or pushes, where it does: its name in its registry, and the login for it.
void add_image(json& file, const pipelines::action& a, const action_secrets& secrets,
               const std::map<std::string, vault::secret>& supplied, const pipelines::variable_lookup& plain) {
    const pipelines::yaml::node* repository = pipelines::field_of(a, "repository");
    if (repository == nullptr) return;
    const std::string image = in_registry_of(a, pipelines::interpolate(repository->text, plain), plain);
    file["fields"]["image"] = image;
    if (const auto login = login_for(a, image, secrets, supplied, plain))
        file["registry"] = {{"server", login->server},
                            {"username", login->username},
                            {"password", std::string(login->password.reveal())}};
}

}  // namespace

vault::secret native_file(const pipelines::plan& plan, std::uint32_t action, const exec::request& r,
                          const action_secrets& secrets, const std::map<std::string, vault::secret>& supplied,
                          const std::map<std::string, vault::secret>& keys, const container_places& places) {
    const pipelines::action& a = *plan.actions[action].definition;
    const pipelines::variable_lookup variable = [&](std::string_view name) -> std::optional<std::string> {
        for (auto v = r.secrets.rbegin(); v != r.secrets.rend(); ++v)
            if (v->first == name) return std::string(v->second->reveal());
        for (auto v = r.environment.rbegin(); v != r.environment.rend(); ++v)
            if (v->first == name) return v->second;
        return std::nullopt;
    };
    std::set<std::string> own_keys = default_keys_of(a);
    // A variable of that name is nearer to the action; but for the path of a file, which is no key.
    std::erase_if(own_keys, [&, by_mode = default_keys_by_mode(a)](const std::string& name) {
        const auto nearer = variable(name);
        return !by_mode.contains(name) && nearer && !nearer->starts_with('/');
    });
    const pipelines::variable_lookup value_of = [&](std::string_view name) -> std::optional<std::string> {
        // Its name stays in the field: what logs in with it looks it up, and nothing else holds it.
        if (own_keys.contains(std::string(name))) return "$" + std::string(name);
        return variable(name);
    };
    json file;
    file["type"] = a.type.value;
    file["workspace"] = places.workspace.string();
    file["caches"] = places.caches.string();
    if (!places.repository.empty()) {
        file["repository"] = places.repository;
        file["commit"] = places.commit;
    }
    file["shell"] = a.shell == pipelines::shell::bash ? "bash" : "sh";
    file["script"] = joined(a.commands);
    file["working_directory"] = pipelines::interpolate(a.working_directory.value, value_of);
    file["fields"] = json::object();
    for (const pipelines::yaml::entry& e : a.fields) file["fields"][e.key] = filled(e.value, value_of);
    file["fields"]["type"] = a.type.value;
    file["fields"]["action"] = a.name.value;
    file["fields"]["docker_image_tag"] = pipelines::interpolate(a.image_tag.value, value_of);
    add_image(file, a, secrets, supplied, value_of);
    if (a.execute_every_command) file["fields"]["execute_every_command"] = "true";
    file["variables"] = json::array();
    for (const auto& [name, value] : r.environment) file["variables"].push_back({name, value});
    for (const auto& [name, value] : r.secrets) file["variables"].push_back({name, std::string(value->reveal())});
    for (const std::string& name : own_keys)
        if (const auto key = keys.find(name); key != keys.end())
            file["keys"][name] = std::string(key->second.reveal());
    file["integrations"] = json::array();
    for (const opened_integration& i : secrets.integrations) {
        json one = {{"type", i.type}, {"fields", json::object()}};
        for (const auto& [name, value] : i.settings) one["fields"][name] = value;
        for (const vault::opened_field& f : i.fields) one["fields"][f.name] = std::string(f.value.reveal());
        file["integrations"].push_back(std::move(one));
    }
    return vault::secret(file.dump(-1, ' ', false, json::error_handler_t::replace));
}

void make_native(exec::request& r, const pipelines::action& a, const std::string& program,
                 const vault::secret& file) {
    r.commands = {"exec " + quoted(program) + " " + quoted(a.type.value)};
    r.shell = exec::shell::sh;
    r.execute_every_command = false;
    r.container.reset();
    r.trusted = true;
    // No other has variables to give.
    r.collect_exported = r.collect_exported && a.type.value == "SPLIT_TESTS";
    // It reads its file, and has nothing to find in its environment.
    r.secrets.clear();
    r.files = {{"LATCHKEY_ACTION", "action.json", &file, false, 0600}};
}

}  // namespace latchkey::run
