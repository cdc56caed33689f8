// SPDX-License-Identifier: Apache-2.0
#include "runner/run/default_keys.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace latchkey::run {

namespace {

// Of these types alone a key is no more than a way in.
constexpr std::array<std::string_view, 7> types_that_log_in = {"SSH_COMMAND",  "SFTP",     "RSYNC", "TRANSFER",
                                                               "DOWNLOAD_SSH", "DOWNLOAD", "PUSH"};

using names = std::set<std::string>;

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> all) {
    return std::ranges::find(all, key) != all.end();
}

void add_mode(std::string_view mode, names& found) {
    if (mode == "WORKSPACE_KEY") found.emplace(workspace_key_name);
    if (mode == "PUBLIC_KEY" || mode == "PUBLIC_BUDDY_KEY") found.emplace(project_key_name);
}

// The whole word, as a name or as a variable: what only holds it names another.
void add_named(std::string_view text, names& found) {
    if (text.starts_with("${") && text.ends_with('}'))
        text = text.substr(2, text.size() - 3);
    else if (text.starts_with('$'))
        text.remove_prefix(1);
    for (const std::string_view name : {workspace_key_name, project_key_name})
        if (text == name) found.emplace(name);
}

struct found_keys {
    names by_mode, by_name;
};

void look_into_target(const pipelines::yaml::node& target, found_keys& found) {
    for (const pipelines::yaml::entry& e : target.entries) {
        if (is_one_of(e.key, {"auth", "method"})) add_mode(e.value.text, found.by_mode);
        if (is_one_of(e.key, {"asset", "env_key", "key"})) add_named(e.value.text, found.by_name);
        if (e.key == "auth") look_into_target(e.value, found);
    }
}

// In the fields that the actions read a key from, and in no other.
found_keys keys_in(const pipelines::action& a) {
    found_keys found;
    if (std::ranges::find(types_that_log_in, a.type.value) == types_that_log_in.end()) return found;
    for (const pipelines::yaml::entry& e : a.fields) {
        if (is_one_of(e.key, {"authentication_mode", "git_auth_mode"})) add_mode(e.value.text, found.by_mode);
        if (is_one_of(e.key, {"env_key", "key", "private_key"})) add_named(e.value.text, found.by_name);
        if (e.key != "targets") continue;
        look_into_target(e.value, found);
        for (const pipelines::yaml::node& target : e.value.items) look_into_target(target, found);
    }
    return found;
}

}  // namespace

std::set<std::string> default_keys_of(const pipelines::action& a) {
    found_keys found = keys_in(a);
    found.by_mode.merge(found.by_name);
    return std::move(found.by_mode);
}

std::set<std::string> default_keys_by_mode(const pipelines::action& a) {
    return keys_in(a).by_mode;
}

std::set<std::string> default_keys_of(const pipelines::plan& plan) {
    std::set<std::string> found;
    for (const pipelines::planned_action& p : plan.actions)
        if (p.may_run) found.merge(default_keys_of(*p.definition));
    return found;
}

}  // namespace latchkey::run
