// SPDX-License-Identifier: Apache-2.0
//
// What a clone holds: commits, refs, and files as they are in a commit.
#include "runner/source/clone_git.hpp"
#include "runner/source/git.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace latchkey::source {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t full_id = 40;
constexpr std::size_t shortest_id = 7;

bool is_id(std::string_view text) {
    return text.size() >= shortest_id && text.size() <= full_id &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string quoted_name(const std::string& name) {
    std::string out = name.substr(0, 100);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
    return "\"" + out + "\"";
}

failure none(const std::string& name) {
    return {errc::not_found, "the repository has no commit " + quoted_name(name)};
}

// Empty: there is none.
result<std::string> commit_at(const fs::path& clone, const std::string& expression) {
    auto found = look(clone, {"rev-parse", "--verify", "--quiet", expression + "^{commit}"});
    if (!found) return found.error();
    if (found->exit_code != 0) return std::string();
    return found->output.substr(0, found->output.find('\n'));
}

result<std::string> commit_of_ref(const fs::path& clone, const std::string& name) {
    if (!is_ref_name(name)) return none(name);
    const bool theirs = name.starts_with("refs/pull/") || name.starts_with("refs/merge-requests/") ||
                        name.starts_with("refs/pull-requests/");
    if (!theirs && !name.starts_with("refs/heads/") && !name.starts_with("refs/tags/")) return none(name);
    auto commit = commit_at(clone, theirs ? "refs/latchkey/" + name.substr(5) : name);
    if (commit && commit->empty()) return none(name);
    return commit;
}

result<bool> leads_to(const fs::path& clone, const std::string& ref, const std::string& commit) {
    auto asked = look(clone, {"merge-base", "--is-ancestor", commit, ref});
    if (!asked) return asked.error();
    return asked->exit_code == 0;
}

// Commits that begin so, whatever refs are named like it.
result<std::vector<std::string>> commits_beginning(const fs::path& clone, const std::string& id) {
    auto all = look(clone, {"rev-parse", "--disambiguate=" + id});
    if (!all) return all.error();
    std::vector<std::string> out;
    for (std::string_view rest = all->output; !rest.empty();) {
        const std::string each(rest.substr(0, rest.find('\n')));
        rest.remove_prefix(std::min(each.size() + 1, rest.size()));
        auto commit = is_id(each) ? commit_at(clone, each) : result<std::string>(std::string());
        if (!commit) return commit.error();
        // Empty: a file's. A tag's is its commit's, which may be there already.
        if (!commit->empty() && std::ranges::find(out, *commit) == out.end()) out.push_back(std::move(*commit));
    }
    return out;
}

// Only what a branch or a tag leads to: a clone holds what forks have sent, too.
result<std::string> commit_of_id(const fs::path& clone, const std::string& id) {
    auto all = commits_beginning(clone, id);
    if (!all) return all.error();
    std::string found;
    for (const std::string& commit : *all) {
        auto led = look(
            clone, {"for-each-ref", "--count=1", "--contains=" + commit, "--format=x", "refs/heads", "refs/tags"});
        if (!led) return led.error();
        if (led->exit_code != 0 || led->output.empty()) continue;
        if (!found.empty()) return failure(errc::conflict, quoted_name(id) + " is the beginning of several commits");
        found = commit;
    }
    if (found.empty()) return none(id);
    return found;
}

struct tree_entry {
    std::string mode, id, path;
    std::size_t size = 0;
    bool is_file() const { return mode == "100644" || mode == "100755" || mode == "100664"; }
};

// "100644 blob 8ab686eafeb1f44702738c8b0f24f2567c36da6d     11\tpath"
bool read_entry(std::string_view record, tree_entry& e) {
    const std::size_t tab = record.find('\t');
    if (tab == std::string_view::npos || record.size() < 7) return false;
    e.path = record.substr(tab + 1);
    e.mode = record.substr(0, 6);
    const std::size_t id = record.find(' ', 7);
    if (id >= tab || id + 1 + full_id > tab) return false;
    e.id = record.substr(id + 1, full_id);
    std::string_view size = record.substr(id + 1 + full_id, tab - id - 1 - full_id);
    size.remove_prefix(std::min(size.find_first_not_of(' '), size.size()));
    e.size = 0;
    std::from_chars(size.data(), size.data() + size.size(), e.size);
    return is_id(e.id);
}

result<std::vector<tree_entry>> entries(const fs::path& clone, std::vector<std::string> words) {
    words.insert(words.begin(), {"--literal-pathspecs", "ls-tree", "-z", "--long", "--full-tree"});
    auto listed = look(clone, words);
    if (!listed) return listed.error();
    std::vector<tree_entry> all;
    if (listed->exit_code != 0) return all;
    for (std::string_view rest = listed->output; !rest.empty();) {
        tree_entry e;
        if (read_entry(next_record(rest), e)) all.push_back(std::move(e));
    }
    return all;
}

result<std::string> bytes_of(const fs::path& clone, const tree_entry& e) {
    auto read = look(clone, {"cat-file", "blob", e.id}, e.size + 4096);
    if (!read) return read.error();
    if (read->exit_code != 0 || read->output.size() != e.size)
        return failure(errc::corrupt, "git can't read " + quoted_name(e.path) + ": " + read->errors.substr(0, 300));
    return std::move(read->output);
}

result<void> known(const fs::path& clone, const std::string& commit) {
    if (commit.size() != full_id || !is_id(commit)) return none(commit);
    auto there = commit_at(clone, commit);
    if (!there) return there.error();
    if (*there != commit) return none(commit);
    return {};
}

content content_of(tree_entry e) {
    content c;
    c.kind = e.mode == "040000"   ? content_kind::folder
             : e.mode == "160000" ? content_kind::module
             : e.mode == "120000" ? content_kind::link
                                  : content_kind::file;
    c.path = std::move(e.path);
    c.size = e.size;
    return c;
}

// A path as a tree holds it.
bool is_tree_path(const std::string& path) {
    return !path.empty() && path.front() != '/' && path.back() != '/' && path.find('\0') == std::string::npos &&
           path.size() < 4096;
}

// All files below a folder of a commit; the folder empty: all that it has.
result<std::vector<tree_entry>> entries_below(const fs::path& clone, const std::string& commit,
                                              const std::string& folder) {
    if (auto there = known(clone, commit); !there) return there.error();
    std::vector<std::string> words = {"-r", commit};
    if (!folder.empty()) {
        if (!is_tree_path(folder)) return failure(errc::refused, quoted_name(folder) + " is no path in a repository");
        words.insert(words.end(), {"--", folder});
    }
    return entries(clone, std::move(words));
}

}  // namespace

result<std::string> project_clone::commit_of(const std::string& name) const {
    if (name.empty() || name == "HEAD" || name == ":default") {
        auto branch = default_branch();
        if (!branch) return branch;
        return commit_of_ref(path_, "refs/heads/" + *branch);
    }
    if (name.starts_with("refs/")) return commit_of_ref(path_, name);
    if (name.size() == full_id && is_id(name)) return commit_of_id(path_, name);
    auto branch = commit_of_ref(path_, "refs/heads/" + name);
    auto tag = commit_of_ref(path_, "refs/tags/" + name);
    auto id = is_id(name) ? commit_of_id(path_, name) : result<std::string>(none(name));
    int meanings = 0;
    for (const auto* each : {&branch, &tag, &id}) {
        if (each->has_error() && each->error().code != errc::not_found) return *each;
        meanings += each->has_value() ? 1 : 0;
    }
    if (meanings > 1)
        return failure(errc::conflict, quoted_name(name) + " is the name of several: write refs/heads/" +
                                           name.substr(0, 100) + ", refs/tags/" + name.substr(0, 100) +
                                           " or a whole commit");
    return branch ? branch : tag ? tag : id;
}

result<std::string> project_clone::commit_in(const std::string& ref, const std::string& id) const {
    auto head = commit_of_ref(path_, ref);
    if (!head) return head;
    if (!is_id(id)) return none(id);
    auto all = commits_beginning(path_, id);
    if (!all) return all.error();
    std::string found;
    for (const std::string& commit : *all) {
        auto led = leads_to(path_, *head, commit);
        if (!led) return led.error();
        if (!*led) continue;
        if (!found.empty()) return failure(errc::conflict, quoted_name(id) + " is the beginning of several commits");
        found = commit;
    }
    if (found.empty())
        return failure(errc::not_found, "there is no commit " + quoted_name(id) + " in " + ref + " (any more)");
    return found;
}

result<std::string> project_clone::default_branch() const {
    auto head = look(path_, {"symbolic-ref", "--quiet", "HEAD"});
    if (!head) return head.error();
    constexpr std::string_view begin = "refs/heads/";
    const std::string name = head->output.substr(0, head->output.find('\n'));
    if (head->exit_code == 0 && name.starts_with(begin)) {
        auto commit = commit_at(path_, name);
        if (!commit) return commit;
        if (!commit->empty()) return name.substr(begin.size());
    }
    return failure(errc::not_found, "the repository has no default branch with a commit yet: push one");
}

result<std::vector<git_ref>> project_clone::refs() const {
    auto listed =
        look(path_, {"for-each-ref", "--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname)",
                     "refs/heads", "refs/tags"});
    if (!listed) return listed.error();
    if (listed->exit_code != 0)
        return failure(errc::engine, "git can't list the branches: " + listed->errors.substr(0, 300));
    std::vector<git_ref> all;
    for (std::string_view rest = listed->output; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const std::size_t name = line.rfind(' ');
        if (name == std::string_view::npos) continue;
        const std::string ref(line.substr(name + 1));
        // A tag of a tag is peeled one by one.
        if (line.starts_with("commit ")) {
            all.push_back({ref, std::string(line.substr(7, full_id))});
        } else if (auto commit = commit_at(path_, ref); commit && !commit->empty()) {
            all.push_back({ref, std::move(*commit)});
        }
    }
    return all;
}

result<std::string> project_clone::subject_of(const std::string& commit, std::size_t most) const {
    if (auto there = known(path_, commit); !there) return there.error();
    const auto show = [&](const char* format) {
        return look(path_, {"show", "--no-patch", "--no-show-signature", "--no-notes", format, commit, "--"});
    };
    auto said = show("--format=%s");
    // It may be more than is read at once.
    if (!said && said.error().code == errc::engine) said = show("--format=%<(1000,trunc)%s");
    if (!said) return said.error();
    if (said->exit_code != 0) return failure(errc::engine, "git can't show the commit " + commit.substr(0, 10));
    std::string line = said->output.substr(0, said->output.find('\n'));
    if (line.size() <= most) return line;
    // Not within a character.
    while (most > 0 && (static_cast<unsigned char>(line[most]) & 0xC0U) == 0x80U) --most;
    return line.substr(0, most);
}

result<std::string> project_clone::file_at(const std::string& commit, const std::string& path,
                                           std::size_t most) const {
    if (auto there = known(path_, commit); !there) return there.error();
    if (!is_tree_path(path)) return failure(errc::refused, quoted_name(path) + " is no path in a repository");
    auto found = entries(path_, {commit, "--", path});
    if (!found) return found.error();
    const auto e = std::ranges::find(*found, path, &tree_entry::path);
    if (e == found->end())
        return failure(errc::not_found, "the commit " + commit.substr(0, 10) + " has no file " + quoted_name(path));
    if (!e->is_file())
        return failure(errc::refused, quoted_name(path) + " is a link or a folder in the commit, and not read");
    if (e->size > most)
        return failure(errc::refused, quoted_name(path) + " has " + std::to_string(e->size) + " bytes, and " +
                                          std::to_string(most) + " are read at most");
    return bytes_of(path_, *e);
}

result<read_files> project_clone::files_at(const std::string& commit, const std::string& folder,
                                           const std::function<bool(std::string_view path)>& wanted,
                                           const file_limits& limits) const {
    auto found = entries_below(path_, commit, folder);
    if (!found) return found.error();
    read_files out;
    std::size_t all = 0;
    std::size_t looked_at = 0;
    for (const tree_entry& e : *found) {
        if (++looked_at > limits.entries) out.whole = false;
        if (!out.whole) break;
        if (!e.is_file() || !wanted(e.path)) continue;
        if (out.files.size() == limits.files || e.size > limits.each || all + e.size > limits.all) {
            out.whole = false;
            continue;
        }
        auto bytes = bytes_of(path_, e);
        if (!bytes) return bytes.error();
        all += e.size;
        out.files.emplace_back(e.path, std::move(*bytes));
    }
    return out;
}

result<content> project_clone::content_at(const std::string& commit, const std::string& path) const {
    if (auto there = known(path_, commit); !there) return there.error();
    const failure nothing(errc::not_found, "the commit " + commit.substr(0, 10) + " has no " + quoted_name(path));
    if (!is_tree_path(path)) return nothing;
    auto found = entries(path_, {commit, "--", path});
    if (!found) return found.error();
    const auto e = std::ranges::find(*found, path, &tree_entry::path);
    if (e == found->end()) return nothing;
    return content_of(std::move(*e));
}

result<std::vector<content>> project_clone::contents_of(const std::string& commit, const std::string& folder,
                                                        std::size_t most) const {
    if (!folder.empty()) {
        auto is = content_at(commit, folder);
        if (!is) return is.error();
        if (is->kind != content_kind::folder) return failure(errc::refused, quoted_name(folder) + " is no folder");
    } else if (auto there = known(path_, commit); !there) {
        return there.error();
    }
    auto found = folder.empty() ? entries(path_, {commit}) : entries(path_, {commit, "--", folder + "/"});
    if (!found) return found.error();
    if (found->size() > most)
        return failure(errc::refused, "there is more than " + std::to_string(most) + " in " + quoted_name(folder));
    std::vector<content> out;
    for (tree_entry& e : *found) out.push_back(content_of(std::move(e)));
    return out;
}

result<std::vector<std::string>> project_clone::paths_at(const std::string& commit, const std::string& folder,
                                                         std::size_t most) const {
    auto found = entries_below(path_, commit, folder);
    if (!found) return found.error();
    if (found->size() > most)
        return failure(errc::refused,
                       "there are more than " + std::to_string(most) + " files in " + quoted_name(folder));
    std::vector<std::string> out;
    for (tree_entry& e : *found)
        if (e.is_file()) out.push_back(std::move(e.path));
    return out;
}

}  // namespace latchkey::source
