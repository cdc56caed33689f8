// SPDX-License-Identifier: Apache-2.0
//
// A project's repository as the server has it: a bare clone in <data>/repositories/<project>/<name>, brought up to
// date from where the project says that it is. Branches and tags are what they are there; heads of pull requests are
// kept apart, so that what a fork holds is never taken for the project's own. Commits are kept also when no branch
// leads to them any more: a run can be tried again. Git starts nothing that a repository or this machine's user
// configures. Value type; blocks; any thread and process: fetches of one project wait for each other, and reading
// needs no lock.
#pragma once

#include "runner/error.hpp"
#include "runner/source/address.hpp"
#include "runner/source/commit_info.hpp"
#include "runner/source/file_change.hpp"
#include "runner/source/files.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::source {

// Who we are there. It reaches git by an open file that nobody else has and that is gone with the last who reads it.
struct git_login {
    std::string user;        // empty: the address's, or what goes with a token
    vault::secret password;  // or a token
    vault::secret key;       // a private key without a passphrase, for ssh
    // Keys that the host may have, as known_hosts has them or without the host's name, a line each. Empty: the first
    // that it shows is learned, and has to be the same from then on.
    std::string host_keys;
};

struct fetch_options {
    std::vector<std::string> also;  // heads of pull requests, as they are there: "refs/pull/7/head"
    int depth = 0;                  // so many commits of each branch; 0: all, also where fewer were asked for before
    bool local = false;             // a folder of this machine may be read
    std::chrono::milliseconds limit = std::chrono::minutes(10);
    std::uint64_t most_bytes = 4ULL << 30U;  // of the whole repository
    // How long others that fetch it are waited for; absent: until they are done.
    std::optional<std::chrono::milliseconds> patience = std::nullopt;
    int stop = -1;  // a descriptor; as soon as it can be read from, the fetch is given up
};

enum class content_kind : unsigned char { file, folder, module, link };

struct content {
    content_kind kind = content_kind::file;
    std::string path;  // in the commit
    std::size_t size = 0;
};

class project_clone {
public:
    // `name`: what the project is called in addresses; where that has changed, the folder goes by the old name, too.
    project_clone(const std::filesystem::path& data, std::int64_t project, const std::string& name);
    // One that is there, to read from.
    explicit project_clone(std::filesystem::path path) : path_(std::move(path)) {}

    // usage: the address or a name in the options can't be used; denied: the login is not taken; not_found: no such
    // repository, or it has none of `also`; refused: the host's key is another, the repository is too large, or a
    // password would go out in the clear; conflict: others fetch it for longer than our patience; engine: anything
    // else, in git's words.
    result<void> fetch(const std::string& address, const git_login&, const fetch_options& = {}) const;

    // One commit more on a branch, made here and pushed there, never by force, on top of what the branch is there
    // now; none where the file is so already. Whoever is to know before it is pushed is told each time that it is
    // tried. No hook runs on this machine. Besides what fetch() and the notice say: usage: the path, the branch or
    // the message can't be used; not_found: no such branch, or file to change; conflict: there is a file to be added,
    // it has changed since `base`, or others push all the time; refused: a link, a folder or a submodule is in the
    // way, or the server takes it not. `limit` is that of all of it, others that are waited for included.
    result<written> write(const std::string& address, const git_login&, const file_change&, const fetch_options& = {},
                          const push_notice& = nullptr) const;

    // The submodules of a commit, and theirs, each from the address that it names: https, ssh, or of the kind that
    // the project's own is; the login is for the project's own server alone. source::filesystem finds them.
    result<void> fetch_submodules(const std::string& address, const std::string& commit, const git_login&,
                                  const fetch_options& = {}) const;
    project_clone module_at(const std::string& path) const;

    // The commit that a ref is at ("refs/heads/main", "refs/tags/v1", "refs/pull/7/head", ":default", "HEAD",
    // "main"), or the one whose number it is, whole or its first 7 figures and more, where a branch or tag leads to
    // it. not_found: there is none; conflict: the name is of several.
    result<std::string> commit_of(const std::string& name) const;
    // The commit with this number, or one that begins so, if the ref leads to it; not_found: it does not.
    result<std::string> commit_in(const std::string& ref, const std::string& id) const;
    // not_found: it has no commit yet.
    result<std::string> default_branch() const;  // "main"
    result<std::vector<git_ref>> refs() const;   // branches and tags
    // That commit and those before it, the newest first; of each message `longest` bytes at most.
    result<std::vector<commit_info>> history_of(const std::string& commit, int skip, int most,
                                                std::size_t longest = 64UL * 1024) const;
    // The first line of what the commit says, cut after `most` bytes.
    result<std::string> subject_of(const std::string& commit, std::size_t most = 200) const;
    // not_found: the commit has no such file; refused: it is a link, or no file, or larger.
    result<std::string> file_at(const std::string& commit, const std::string& path,
                                std::size_t most = 1UL << 20U) const;
    // Those in a folder (empty: the root) and below it that are wanted, links left out. No such folder: none.
    result<read_files> files_at(const std::string& commit, const std::string& folder,
                                const std::function<bool(std::string_view path)>& wanted,
                                const file_limits& = {}) const;

    // What is at a path; not_found: nothing.
    result<content> content_at(const std::string& commit, const std::string& path) const;
    // What is in a folder (empty: the root), not below it. refused: that is more than `most`.
    result<std::vector<content>> contents_of(const std::string& commit, const std::string& folder,
                                             std::size_t most = 1'000) const;

    // The paths of what is in a folder and below it. refused: there are more than `most`.
    result<std::vector<std::string>> paths_at(const std::string& commit, const std::string& folder,
                                              std::size_t most = 10'000) const;

    // What source::filesystem and source::changes_since take as the repository.
    const std::filesystem::path& path() const { return path_; }
    // With all that belongs to it; a fetch in progress is waited for.
    result<void> remove() const;

private:
    result<written> push_once(const git_address&, const git_login&, const file_change&, const fetch_options&,
                              const push_notice&) const;
    std::filesystem::path path_;
    std::filesystem::path own_;  // what locks and new ones are named by
    std::filesystem::path known_hosts_;
};

// Where the clone of a submodule lies.
std::filesystem::path module_folder(const std::filesystem::path& clone, const std::string& path);

}  // namespace latchkey::source
