// SPDX-License-Identifier: Apache-2.0
#include "runner/server/default_keys.hpp"

#include "runner/run/default_keys.hpp"
#include "runner/vault/ssh_key.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

using store::variable_level;

std::string_view name_at(variable_level level) {
    return level == variable_level::project ? run::project_key_name : run::workspace_key_name;
}

}  // namespace

result<store::variable_record> default_key(store::stores& stores, const vault::vault& vault,
                                           const store::variable_owner& owner, policy::time_point now) {
    store::variable_record wanted;
    wanted.owner = owner;
    wanted.key = name_at(owner.level);
    wanted.type = "SSH_KEY";
    wanted.description = owner.level == variable_level::project ? "the project's SSH key" : "the workspace's SSH key";
    wanted.created_at = now;
    // Made before anybody knows whether it is needed: that costs less than to make it in a transaction.
    vault::ssh_key_pair made = vault::make_ssh_key("latchkey");
    wanted.settings = {{"file_place", "NONE"},
                       {"file_name", wanted.key},
                       {"public_value", made.public_key.line},
                       {"key_fingerprint", made.public_key.fingerprint},
                       {"checksum", made.public_key.checksum}};
    auto key = stores.values->add_once(std::move(wanted), [&](policy::variable_id id) {
        return vault.seal_value({vault::value_kind::variable, id.value()}, "value", 1, made.private_key);
    });
    if (!key) return key.error();
    if (key->type != "SSH_KEY" || !key->sealed)
        return failure(errc::refused, "the variable " + key->key + " is no SSH key: rename it, that name is the " +
                                          (owner.level == variable_level::project ? "project" : "workspace") +
                                          "'s key's");
    return key;
}

bool is_kept_back(const store::variable_record& v) {
    if (v.owner.level != variable_level::workspace && v.owner.level != variable_level::project) return false;
    if (v.type != "SSH_KEY" || v.key != name_at(v.owner.level)) return false;
    return std::ranges::none_of(v.settings,
                                [](const auto& s) { return s.first == "file_place" && s.second == "CONTAINER"; });
}

result<vault::secret> open_key(const vault::vault& vault, const store::variable_record& v) {
    if (!v.sealed) return failure(errc::corrupt, "the key " + v.key + " has no value: remove it, another is made");
    return vault.open_value({vault::value_kind::variable, v.id.value()}, *v.sealed);
}

result<std::map<std::string, vault::secret>> default_keys_for(store::stores& stores,
                                                              const run::access::unlock& unlock,
                                                              policy::pipeline_id pipeline,
                                                              const std::set<std::string>& names,
                                                              policy::time_point now) {
    std::map<std::string, vault::secret> all;
    if (names.empty()) return all;
    auto known = stores.runs->pipeline(pipeline);
    if (!known) return known.error();
    auto project = stores.people->project_numbered(known->project);
    if (!project) return project.error();
    auto keys = unlock();
    if (!keys) return keys.error();
    for (const auto level : {variable_level::workspace, variable_level::project}) {
        if (!names.contains(std::string(name_at(level)))) continue;
        const store::variable_owner owner{
            level, project->workspace, level == variable_level::project ? project->id : policy::project_id(), {}, {}};
        auto key = default_key(stores, **keys, owner, now);
        if (!key) return key.error();
        auto opened = open_key(**keys, *key);
        if (!opened) return opened.error();
        all.emplace(key->key, std::move(*opened));
    }
    return all;
}

}  // namespace latchkey::server
