// SPDX-License-Identifier: Apache-2.0
//
// What an action gets of this machine's environment, and what git says about the folder. Everything else of ours
// stays here: an action's environment is built up, not cut down. Reads the process's environment and runs git; one
// thread.
#pragma once

#include "policy/model.hpp"
#include "runner/error.hpp"
#include "runner/exec/sandbox_view.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::cli {

// PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ, TMPDIR and proxies as they are; TERM=dumb and CI=true.
std::vector<std::pair<std::string, std::string>> base_environment();

// $XDG_CONFIG_HOME/latchkey/actions, else ~/.config/latchkey/actions; empty: neither is an absolute path.
std::filesystem::path own_types_folder();

// LATCHKEY_SANDBOX_READ (folders with ":" between them) is shown to actions in a sandbox, our data never.
exec::sandbox_options sandbox_options_of(const std::filesystem::path& data);

struct git_facts {
    std::string commit;
    bool dirty = false;  // a tracked file has changed
    policy::ref ref;     // the branch, or none
};

// Empty outside a repository (nothing is started then). engine: git is not installed, or failed.
result<std::optional<git_facts>> git_facts_of(const std::filesystem::path& root);

// The same of what `git status --porcelain=v2 --branch` printed.
git_facts facts_in(std::string_view status);

}  // namespace latchkey::cli
