// SPDX-License-Identifier: Apache-2.0
//
// Which files of the workspace an action works on: those below local_path, without .git, without what
// deployment_excludes names unless deployment_includes names it. Private to this room.
#pragma once

#include "runner/native/action.hpp"

namespace latchkey::native {

struct workspace_files {
    std::filesystem::path root;
    std::vector<std::string> names;  // below root, sorted
};

// Whether a pattern names this path, or a folder that it is in. `*` also stands for slashes.
bool named_by(const std::vector<std::string>& patterns, const std::string& path);

// Links are left out: they might lead out of the workspace. invalid: local_path is not in the workspace; io: a folder
// can't be read, or there is nothing.
result<workspace_files> files_of(const action&);
// The same of another folder, or file, of the workspace: what local_path does not name.
result<workspace_files> files_below(const action&, const std::filesystem::path& root);

}  // namespace latchkey::native
