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

// Links are left out: they might lead out of the workspace. invalid: local_path is not in the workspace; io: a folder
// can't be read, or there is nothing.
result<workspace_files> files_of(const action&);

}  // namespace latchkey::native
