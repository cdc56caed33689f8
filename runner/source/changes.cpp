// SPDX-License-Identifier: Apache-2.0
#include "runner/source/changes.hpp"

#include "runner/source/git.hpp"

#include <algorithm>

namespace latchkey::source {

namespace {

// Of the log: what a person reads, not an archive.
constexpr const char* most_commits = "--max-count=200";

// Where the word after so many spaces begins; npos: there is none.
std::size_t after_spaces(std::string_view record, int count) {
    std::size_t at = 0;
    for (; count > 0 && at != std::string_view::npos; --count) {
        at = record.find(' ', at);
        if (at != std::string_view::npos) ++at;
    }
    return at;
}

// What became of a file after both steps.
void add_later(std::map<std::string, change>& all, const std::string& path, change later) {
    const auto [at, is_new] = all.emplace(path, later);
    if (is_new) return;
    if (at->second == change::added && later == change::deleted)
        all.erase(at);
    else if (later == change::deleted)
        at->second = change::deleted;
    else if (at->second == change::deleted)
        at->second = change::changed;
}

result<commit_words> words_of(const std::filesystem::path& repository, const std::string& commit) {
    auto printed = output_of_git(repository, {"-c", "i18n.logOutputEncoding=UTF-8", "rev-list", "--no-commit-header",
                                              "--max-count=1", "--format=%s%x00%cn%x00%ce%x00%B", commit});
    if (!printed) return printed.error();
    commit_words words;
    std::string_view rest = *printed;
    words.subject = next_record(rest);
    words.committer_name = next_record(rest);
    words.committer_email = next_record(rest);
    words.message = next_record(rest);
    words.message.erase(words.message.find_last_not_of('\n') + 1);
    return words;
}

}  // namespace

void read_name_status(std::string_view printed, std::map<std::string, change>& into) {
    while (!printed.empty()) {
        const std::string_view how = next_record(printed);
        const std::string_view path = next_record(printed);
        if (how.empty() || path.empty()) continue;
        into.emplace(path, how.front() == 'A'   ? change::added
                           : how.front() == 'D' ? change::deleted
                                                : change::changed);
    }
}

std::map<std::string, change> read_status(std::string_view printed) {
    std::map<std::string, change> all;
    while (!printed.empty()) {
        const std::string_view record = next_record(printed);
        if (record.size() < 4 || record[1] != ' ') continue;
        const char kind = record.front();
        if (kind == '?') {
            all.emplace(record.substr(2), change::added);
            continue;
        }
        if (kind != '1' && kind != '2' && kind != 'u') continue;
        // How many words stand before the path.
        const std::size_t path = after_spaces(record, kind == '1' ? 8 : kind == '2' ? 9 : 10);
        if (kind == '2') next_record(printed);  // what it was renamed from
        if (path == std::string_view::npos || path >= record.size()) continue;
        const char in_index = record[2];
        const char in_tree = record[3];
        const bool gone = in_tree == 'D' || (in_index == 'D' && in_tree == '.');
        all.emplace(record.substr(path), gone ? change::deleted : in_index == 'A' ? change::added : change::changed);
    }
    return all;
}

result<std::string> commit_named(const std::filesystem::path& repository, const std::string& name) {
    auto found = git(repository, {"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"});
    if (!found) return found.error();
    std::string id = found->output.substr(0, found->output.find('\n'));
    if (found->exit_code != 0 || id.empty())
        return failure(errc::not_found, "there is no commit " + name + " in " + repository.string());
    return id;
}

result<change_list> changes_since(const change_question& q) {
    change_list list;
    if (!q.commit.empty()) {
        auto words = words_of(q.repository, q.commit);
        if (!words) return words.error();
        list.of_commit = std::move(*words);
    }
    if (!q.base.empty() && !q.commit.empty()) {
        auto base = commit_named(q.repository, q.base);
        if (!base) return base.error();
        list.base = std::move(*base);
        if (q.fork_point) {
            auto parted = git(q.repository, {"merge-base", list.base, q.commit});
            if (!parted) return parted.error();
            list.base = parted->output.substr(0, parted->output.find('\n'));
            if (parted->exit_code != 0 || list.base.empty())
                return failure(errc::not_found, "its history has nothing in common with " + q.base);
        }
        auto before = words_of(q.repository, list.base);
        if (!before) return before.error();
        list.subject_of_base = std::move(before->subject);
        auto files = output_of_git(q.repository, {"diff-tree", "-r", "-z", "--no-renames", "--name-status",
                                                  "--ignore-submodules=none", list.base, q.commit});
        if (!files) return files.error();
        read_name_status(*files, list.files);
        auto log = output_of_git(
            q.repository, {"-c", "i18n.logOutputEncoding=UTF-8", "rev-list", "--no-commit-header", most_commits,
                           "--abbrev=7", "--format=[%h] %s | %an | %cI", list.base + ".." + q.commit});
        if (!log) return log.error();
        list.log = std::move(*log);
        list.log.erase(list.log.find_last_not_of('\n') + 1);
    }
    if (q.uncommitted) {
        auto status = output_of_git(
            q.repository,
            {"status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=dirty"},
            reads::work_tree);
        if (!status) return status.error();
        for (const auto& [path, how] : read_status(*status)) {
            list.uncommitted.push_back(path);
            add_later(list.files, path, how);
        }
    }
    return list;
}

}  // namespace latchkey::source
