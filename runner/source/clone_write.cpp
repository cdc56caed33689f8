// SPDX-License-Identifier: Apache-2.0
//
// A clone that is written to: one commit of one file, made without a work tree, and pushed.
#include "runner/source/clone_git.hpp"
#include "runner/source/clone_lock.hpp"
#include "runner/source/git.hpp"

#include <algorithm>
#include <system_error>

namespace latchkey::source {

namespace {

namespace fs = std::filesystem;
using words_t = std::vector<std::string>;

constexpr int most_tries = 3;
constexpr std::size_t longest_message = 64UL * 1024;
constexpr const char* given = "/proc/self/fd/3";

struct entry_there {
    std::string mode;  // empty: there is none
    std::string blob;
};

failure git_failed(const std::string& doing, const exec::captured& c) {
    return {errc::engine, "git can't " + doing + ": " + c.errors.substr(0, 300)};
}

std::string line_of(const exec::captured& c) {
    return c.output.substr(0, c.output.find('\n'));
}

result<entry_there> entry_at(const fs::path& clone, const std::string& commit, const std::string& path) {
    auto listed = look(clone, {"--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path});
    if (!listed) return listed.error();
    if (listed->exit_code != 0) return git_failed("look at a commit", *listed);
    // "100644 blob 8ab686eafeb1f44702738c8b0f24f2567c36da6d\tpath"
    const std::string& text = listed->output;
    if (text.size() < 53) return entry_there();
    return entry_there{text.substr(0, 6), text.substr(12, 40)};
}

bool is_file(const entry_there& e) {
    return e.mode == "100644" || e.mode == "100755";
}

// Nothing but folders may be on the way: a link could lead out.
result<void> check_way(const fs::path& clone, const std::string& commit, const std::string& path) {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
        const std::string folder = path.substr(0, at);
        auto there = entry_at(clone, commit, folder);
        if (!there) return there.error();
        if (there->mode.empty()) return {};  // nor is anything below it
        if (there->mode != "040000")
            return failure(errc::refused, "\"" + folder + "\" is no folder: nothing is written below it");
    }
    return {};
}

// What the change means on top of this commit; nothing: it is so already.
result<std::optional<std::string>> mode_of_change(const fs::path& clone, const std::string& head,
                                                  const file_change& c, const std::string& blob) {
    const std::string quoted = "\"" + c.path + "\"";
    entry_there there;
    if (!head.empty()) {
        if (auto way = check_way(clone, head, c.path); !way) return way.error();
        auto found = entry_at(clone, head, c.path);
        if (!found) return found.error();
        there = std::move(*found);
    }
    if (there.mode.empty() && c.does != file_change::what::add)
        return failure(errc::not_found, "the branch has no file " + quoted);
    if (!there.mode.empty() && !is_file(there))
        return failure(errc::refused, quoted + " is no file: folders, links and submodules are not written to");
    if (!there.mode.empty() && c.does == file_change::what::add)
        return failure(errc::conflict, "there is a file " + quoted + " already: change it with PUT");
    if (!c.base.empty()) {
        auto seen = entry_at(clone, c.base, c.path);
        if (!seen) return seen.error();
        if (seen->mode != there.mode || seen->blob != there.blob)
            return failure(errc::conflict, quoted + " has changed since: look at it again");
    }
    if (there.blob == blob) return std::optional<std::string>();
    return std::optional(there.mode.empty() ? std::string("100644") : there.mode);
}

// Git takes no name without letters, and no line ends.
std::string as_name(std::string text) {
    std::erase_if(text,
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == 0x7f; });
    return text.find_first_not_of(" .,:;\"\\'") == std::string::npos ? "latchkey" : text;
}

class commit_writer {
public:
    commit_writer(const fs::path& clone, const file_change& c) : clone_(clone), change_(c) {
        index_ = fs::path(clone).concat(".index");
        drop();
    }
    ~commit_writer() { drop(); }
    commit_writer(const commit_writer&) = delete;
    commit_writer& operator=(const commit_writer&) = delete;

    result<std::string> blob() {
        auto file = memory_file(change_.content);
        if (!file) return file.error();
        return number("keep a file", {"hash-object", "-w", "--no-filters", "--", given}, file->get());
    }

    // `blob` empty: the file goes. `head` empty: the first commit.
    result<std::string> commit(const std::string& head, const std::string& mode, const std::string& blob) {
        if (!head.empty())
            if (auto done = run("read a commit", {"read-tree", head}); !done) return done.error();
        const words_t words = blob.empty() ? words_t{"update-index", "--force-remove", "--", change_.path}
                                           : words_t{"-c",           "core.protectHFS=true",
                                                     "-c",           "core.protectNTFS=true",
                                                     "update-index", "--add",
                                                     "--cacheinfo",  mode + "," + blob + "," + change_.path};
        if (auto done = run("write \"" + change_.path + "\"", words); !done) return done.error();
        auto tree = number("write a tree", {"write-tree"}, -1);
        if (!tree) return tree;
        auto message = memory_file(change_.message + "\n");
        if (!message) return message.error();
        words_t last = {"-c", "commit.gpgSign=false", "commit-tree", *tree, "-F", given};
        if (!head.empty()) last.insert(last.end(), {"-p", head});
        return number("make a commit", last, message->get());
    }

private:
    void drop() const {
        std::error_code ec;
        fs::remove(index_, ec);
        fs::remove(fs::path(index_).concat(".lock"), ec);
    }

    result<exec::captured> run(const std::string& doing, const words_t& words, int file = -1) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(change_.at.time_since_epoch()).count();
        const std::string date = "@" + std::to_string(seconds) + " +0000";
        words_t environment = {"GIT_INDEX_FILE=" + index_.string()};
        // Git asks for one before it takes a file out of an index, and does nothing with it.
        if (change_.does == file_change::what::remove) environment.push_back("GIT_WORK_TREE=" + clone_.string());
        for (const std::string who : {"AUTHOR", "COMMITTER"}) {
            environment.push_back("GIT_" + who + "_NAME=" + as_name(change_.author_name));
            environment.push_back("GIT_" + who + "_EMAIL=" + as_name(change_.author_email));
            environment.push_back("GIT_" + who + "_DATE=" + date);
        }
        auto done = work(clone_, words, environment, file < 0 ? std::vector<int>() : std::vector<int>{file});
        if (!done) return done;
        if (done->exit_code != 0) return git_failed(doing, *done);
        return done;
    }

    result<std::string> number(const std::string& doing, const words_t& words, int file) {
        auto done = run(doing, words, file);
        if (!done) return done.error();
        return line_of(*done);
    }

    fs::path clone_;
    const file_change& change_;
    fs::path index_;
};

// What a repository in a folder of this machine would start when it is pushed to, and what it may not do.
const std::string quiet_receiver =
    "git -c core.hooksPath=/dev/null -c core.alternateRefsCommand=true -c core.fsmonitor=false -c "
    "receive.autogc=false"
    " -c receive.denyCurrentBranch=refuse -c receive.updateServerInfo=false receive-pack";

result<void> check(const file_change& c) {
    if (!is_writable_path(c.path))
        return failure(errc::usage,
                       "`path` can't be written: it is a file's place in the repository, in UTF-8, "
                       "without .., .git and what other systems read otherwise");
    if (c.message.empty() || c.message.find('\0') != std::string::npos || c.message.size() > longest_message)
        return failure(errc::usage, "`message` is missing, or is no text for a commit");
    return {};
}

// However often it is tried again, all of it together takes no longer than it may.
fetch_options within(fetch_options o, std::chrono::steady_clock::time_point end) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    // Git's own time begins when nobody else is waited for any more.
    o.patience = std::min(o.patience.value_or(left), left / 2);
    o.limit = std::max(left - *o.patience, std::chrono::milliseconds(1));
    return o;
}

// The branch, and where it is; an empty commit: the repository has none yet.
result<std::pair<std::string, std::string>> head_of(const project_clone& clone, const std::string& branch) {
    std::string name = branch;
    if (name.empty()) {
        auto usual = clone.default_branch();
        if (usual)
            name = std::move(*usual);
        else if (usual.error().code != errc::not_found)
            return usual.error();
    }
    auto head =
        name.empty() ? result<std::string>(failure(errc::not_found, "")) : clone.commit_of("refs/heads/" + name);
    if (head) return std::pair(std::move(name), std::move(*head));
    if (head.error().code != errc::not_found) return head.error();
    auto others = clone.refs();
    if (!others) return others.error();
    if (!others->empty())
        return failure(errc::not_found,
                       "the repository has no branch " + (name.empty() ? "yet" : "\"" + name + "\""));
    return std::pair(name.empty() ? std::string("main") : std::move(name), std::string());
}

}  // namespace

result<written> project_clone::push_once(const git_address& to, const git_login& login, const file_change& change,
                                         const fetch_options& o, const push_notice& about_to) const {
    auto lock = locked(own_, o.patience);
    if (!lock) return lock.error();
    auto head = head_of(*this, change.branch);
    if (!head) return head.error();
    auto& [branch, parent] = *head;
    commit_writer writer(path_, change);
    std::string blob;
    if (change.does != file_change::what::remove) {
        auto made = writer.blob();
        if (!made) return made.error();
        blob = std::move(*made);
    }
    auto mode = mode_of_change(path_, parent, change, blob);
    if (!mode) return mode.error();
    if (!*mode) return written{parent, false};
    auto commit = writer.commit(parent, **mode, blob);
    if (!commit) return commit.error();
    if (about_to)
        if (auto told = about_to(*commit); !told) return told.error();

    remote_call call{path_,       &to, &login, known_hosts_, lock->get(), std::chrono::steady_clock::now() + o.limit,
                     o.most_bytes};
    call.doing = "push to";
    words_t words = {"push", "--quiet", "--no-verify", "--no-signed", "--no-recurse-submodules", "--no-follow-tags"};
    if (to.by == transport::local) words.push_back("--receive-pack=" + quiet_receiver);
    const std::string ref = "refs/heads/" + branch;
    words.insert(words.end(), {"--", to.url, *commit + ":" + ref});
    auto pushed = ask_remote(call, words);
    if (!pushed) return pushed.error();
    // Should this fail, the next fetch brings it.
    (void)look(path_, {"update-ref", ref, *commit});
    return written{std::move(*commit), true};
}

result<written> project_clone::write(const std::string& address, const git_login& login, const file_change& wanted,
                                     const fetch_options& options, const push_notice& about_to) const {
    if (auto fine = check(wanted); !fine) return fine.error();
    file_change change = wanted;
    if (!wanted.branch.empty()) {
        change.branch = branch_named(wanted.branch);
        if (change.branch.empty()) return failure(errc::usage, "`branch` is no name of a branch");
    }
    auto to = read_address(address);
    if (!to) return to.error();
    const auto end = std::chrono::steady_clock::now() + options.limit;
    for (int i = 1;; ++i) {
        if (auto fetched = fetch(address, login, within(options, end)); !fetched) return fetched.error();
        if (i == 1 && !wanted.base.empty()) {
            auto base = commit_of(wanted.base);
            if (!base) return base.error();
            change.base = std::move(*base);
        }
        auto done = push_once(*to, login, change, within(options, end), about_to);
        // Others have pushed since the fetch: once more, on top of that.
        const bool moved = !done && done.error().code == errc::conflict && i < most_tries &&
                           done.error().what.starts_with("can't push to");
        if (!moved) return done;
    }
}

}  // namespace latchkey::source
