// SPDX-License-Identifier: Apache-2.0
//
// The SSH keys that a server makes for each workspace and each project, so that nobody has to bring one: their names,
// and which actions log in with them. An action gets such a key where it logs in with it, and as a variable never:
// no script and no message can hold it. Pure, no thread rule.
#pragma once

#include "pipelines/plan.hpp"

#include <set>
#include <string>
#include <string_view>

namespace latchkey::run {

inline constexpr std::string_view workspace_key_name = "id_workspace";
inline constexpr std::string_view project_key_name = "id_project";

// The names of those that the action says it logs in with, in a field that is there to say so.
std::set<std::string> default_keys_of(const pipelines::action&);
// Those of them that a mode asks for: then it is the server's key. What is named is the variable that is nearest.
std::set<std::string> default_keys_by_mode(const pipelines::action&);
std::set<std::string> default_keys_of(const pipelines::plan&);

}  // namespace latchkey::run
