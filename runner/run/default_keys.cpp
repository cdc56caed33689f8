// SPDX-License-Identifier: Apache-2.0
#include "runner/run/default_keys.hpp"

#include <algorithm>
#include <array>

namespace latchkey::run {

namespace {

// Of these types alone a key is no more than a way in.
constexpr std::array<std::string_view, 7> types_that_log_in = {"SSH_COMMAND",  "SFTP",     "RSYNC", "TRANSFER",
                                                               "DOWNLOAD_SSH", "DOWNLOAD", "PUSH"};

void look_into(const pipelines::yaml::node& n, std::set<std::string>& found) {
    for (const pipelines::yaml::node& item : n.items) look_into(item, found);
    for (const pipelines::yaml::entry& e : n.entries) look_into(e.value, found);
    const std::string_view text = n.text;
    if (text == "WORKSPACE_KEY" || text.find(workspace_key_name) != std::string_view::npos)
        found.emplace(workspace_key_name);
    if (text == "PUBLIC_KEY" || text == "PUBLIC_BUDDY_KEY" || text.find(project_key_name) != std::string_view::npos)
        found.emplace(project_key_name);
}

}  // namespace

std::set<std::string> default_keys_of(const pipelines::action& a) {
    std::set<std::string> found;
    if (std::ranges::find(types_that_log_in, a.type.value) == types_that_log_in.end()) return found;
    for (const pipelines::yaml::entry& e : a.fields) look_into(e.value, found);
    return found;
}

std::set<std::string> default_keys_of(const pipelines::plan& plan) {
    std::set<std::string> found;
    for (const pipelines::planned_action& p : plan.actions)
        if (p.may_run) found.merge(default_keys_of(*p.definition));
    return found;
}

}  // namespace latchkey::run
