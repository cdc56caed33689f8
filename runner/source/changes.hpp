// SPDX-License-Identifier: Apache-2.0
//
// What changed in a repository between two commits and, where asked, in its work tree since: paths and the words of
// commits. Git compares; nothing that the repository configures is started. Blocks; any thread.
#pragma once

#include "runner/error.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::source {

enum class change : unsigned char { added, changed, deleted };

struct change_question {
    std::filesystem::path repository;
    std::string commit;
    std::string base;         // empty: there is none, and only the work tree is looked at
    bool fork_point = false;  // from where the history of `base` and that of the commit parted
    bool uncommitted = true;  // what is in the work tree and not in the commit, files new to git among it
};

struct commit_words {
    std::string subject, message, committer_name, committer_email;
};

struct change_list {
    std::string base;                      // what was compared with, a full id
    std::map<std::string, change> files;   // all of them, by path
    std::vector<std::string> uncommitted;  // those of the work tree
    std::string log;                       // "[e5e13f8] subject | author | date", a line each, the newest first
    commit_words of_commit;
    std::string subject_of_base;
};

// not_found: the repository has no such base (any more); engine: git can't tell.
result<change_list> changes_since(const change_question&);

// The commit that a name stands for; not_found: there is none.
result<std::string> commit_named(const std::filesystem::path& repository, const std::string& name);

// The paths of what `git diff-tree -z --name-status` and `git status --porcelain=v2 -z` printed.
void read_name_status(std::string_view printed, std::map<std::string, change>& into);
std::map<std::string, change> read_status(std::string_view printed);

}  // namespace latchkey::source
