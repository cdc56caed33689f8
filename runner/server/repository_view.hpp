// SPDX-License-Identifier: Apache-2.0
//
// What a repository holds, as the API shows it (rest-api §3). Pure; any thread.
#pragma once

#include "runner/server/run_executor.hpp"
#include "runner/server/views.hpp"

namespace latchkey::server {

// Its address: of the folder or file, and of the commit that it is of where one is named.
std::string content_url(const call&, const std::string& path, const std::string& commit = "");

json content_view(const call&, const project_files::content&);

// What is shown of a project's repository: as it is at a branch, a tag, or a commit that one of them leads to; of
// nothing, the default branch.
struct files_to_show {
    project_files* files;
    project_files::state at;
    std::optional<answer> not_yet;  // instead: it is being fetched
};
result<files_to_show> files_to_show_of(const call&, const std::string& revision);

// 503, to be asked again soon.
answer not_there_yet(const failure&);

json commit_view(const call&, const source::commit_info&);

// Where the project's files come from; not_found: from nowhere.
result<project_files*> files_of_project(const call&);

}  // namespace latchkey::server
