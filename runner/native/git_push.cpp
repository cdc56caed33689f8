// SPDX-License-Identifier: Apache-2.0
//
// PUSH: the workspace's HEAD to another repository, by the git program; with `comment`, what has changed in the
// workspace as a commit on top of it. The commit is made in, and pushed from, a repository of the action's own that
// borrows the workspace's objects: neither the user's index, branch and configuration nor what that configuration
// names (hooks, filters, monitors, address rewrites, credential helpers) has a part in it.
#include "runner/native/git_remote.hpp"
#include "runner/native/program.hpp"
#include "runner/native/ssh_login.hpp"
#include "runner/native/types.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace latchkey::native {

namespace {

namespace fs = std::filesystem;

using words = std::vector<std::string>;

constexpr const char* own_name = "latchkey-push-";

std::string without_line_end(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

// No variable of git's but ours: a pipeline's GIT_TRACE would print what is sent.
void clear_git_variables() {
    words names;
    for (char** variable = ::environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        if (text.starts_with("GIT_")) names.emplace_back(text.substr(0, text.find('=')));
    }
    names.insert(names.end(), {"SSH_ASKPASS", "SSH_AUTH_SOCK"});
    for (const std::string& name : names) ::unsetenv(name.c_str());
    ::setenv("GIT_TERMINAL_PROMPT", "0", 1);
    ::setenv("GIT_ALLOW_PROTOCOL", "https:http:ssh", 1);
    if (const char* trusted = std::getenv("SSL_CERT_FILE"); trusted != nullptr && *trusted != '\0')
        ::setenv("GIT_SSL_CAINFO", trusted, 1);
}

class repository {
public:
    repository(const action& a, std::ostream& out) : a_(a), out_(out) {}
    ~repository() {
        std::error_code ignored;
        if (!own_.empty()) fs::remove_all(own_, ignored);
    }
    repository(const repository&) = delete;
    repository& operator=(const repository&) = delete;

    // io: the workspace is no repository, or has no commit.
    result<void> open();
    // Where the pushed commit differs from HEAD it holds what has changed in the workspace.
    result<void> commit_changes(const std::string& comment);
    result<std::string> branch() const;
    std::string origin() const { return ask_there({"config", "--get", "remote.origin.url"}).output; }
    result<void> take_tags();
    int push(const git_remote&, const words& options, const words& refs);
    const std::string& commit() const { return commit_; }
    bool good_name(const std::string& ref) const { return ask({"check-ref-format", ref}).code == 0; }

private:
    program_answer run(words arguments, const std::string& input) const {
        auto answer = ask_program(arguments, input);
        if (!answer) return {127, answer.error().what};
        answer->output = without_line_end(std::move(answer->output));
        return std::move(*answer);
    }
    // Only looks something up in the user's repository, by commands that start nothing.
    program_answer ask_there(words arguments) const {
        words all = {"git", "--git-dir=" + git_folder().string(), "-c", "core.fsmonitor=false"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return run(std::move(all), {});
    }
    // A checkout of the pipeline's own has no .git: it is the repository's that it is of, which may be a bare one.
    fs::path git_folder() const {
        if (!is_checkout()) return a_.workspace() / ".git";
        std::error_code ignored;
        const fs::path inner = a_.repository() / ".git";
        return fs::exists(inner, ignored) ? inner : a_.repository();
    }
    bool is_checkout() const { return !a_.repository().empty(); }
    words own_command() const {
        return {"env",
                "GIT_CONFIG_NOSYSTEM=1",
                "GIT_CONFIG_GLOBAL=/dev/null",
                "git",
                "--git-dir=" + own_.string(),
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "core.fsmonitor=false",
                "-c",
                "gc.auto=0"};
    }
    program_answer ask(words arguments, const std::string& input = {}) const {
        words all = own_command();
        all.insert(all.end(), arguments.begin(), arguments.end());
        return run(std::move(all), input);
    }
    program_answer ask_in_tree(words arguments, const std::string& input = {}) const {
        arguments.insert(arguments.begin(),
                         {"--work-tree=" + a_.workspace().string(), "-C", a_.workspace().string()});
        return ask(std::move(arguments), input);
    }
    void copy_from_there(const char* name) const {
        const auto path = ask_there({"rev-parse", "--git-path", name});
        std::error_code ignored;
        fs::create_directories((own_ / name).parent_path(), ignored);
        if (path.code == 0) fs::copy_file(a_.workspace() / path.output, own_ / name, ignored);
    }
    result<void> make_own();
    result<void> add_all();
    result<void> leave_filtered_out();
    void name_author() const;

    const action& a_;
    std::ostream& out_;
    fs::path own_;
    std::string head_;
    std::string commit_;
};

// On the workspace's disk: what has changed may be large, and the private folder is memory. Nothing in it is secret.
result<void> repository::make_own() {
    const auto folder = ask_there({"rev-parse", "--git-common-dir"});
    const auto format = ask_there({"rev-parse", "--show-object-format"});
    if (folder.code != 0 || format.code != 0) return failure(errc::io, "git can't read the workspace's repository");
    const fs::path common = fs::weakly_canonical(a_.workspace() / folder.output);
    std::error_code ignored;
    // What an action that was killed has left.
    const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours(24);
    for (fs::directory_iterator at(common, ignored), end; !ignored && at != end; at.increment(ignored))
        if (at->path().filename().string().starts_with(own_name) && fs::last_write_time(*at, ignored) < yesterday)
            fs::remove_all(*at, ignored);
    std::string made = (common / own_name).string() + "XXXXXX";
    if (::mkdtemp(made.data()) == nullptr)
        return failure(errc::io, "no folder can be made in the workspace's .git: may it be written to?");
    own_ = made;
    if (ask({"init", "--quiet", "--bare", "--template=", "--object-format=" + format.output, made}).code != 0)
        return failure(errc::io, "git can't make a repository in the workspace's .git");
    return {};
}

result<void> repository::open() {
    clear_git_variables();
    const std::string start = is_checkout() ? a_.commit() : "HEAD";
    const auto head = ask_there({"rev-parse", "--verify", "--quiet", start + "^{commit}"});
    if (head.code == 127) return failure(errc::io, "git can't be started: install it");
    if (head.code != 0 && is_checkout())
        return failure(errc::io, "the repository has not the run's commit any more: " + a_.commit());
    if (head.code != 0) return failure(errc::io, "the workspace is no git repository, or has no commit yet");
    head_ = commit_ = head.output;
    const auto objects = ask_there({"rev-parse", "--git-path", "objects"});
    if (objects.code != 0) return failure(errc::io, "git can't say where the workspace's objects are");
    if (auto made = make_own(); !made) return made;
    std::error_code ec;
    fs::create_directories(own_ / "objects/info", ec);
    std::ofstream(own_ / "objects/info/alternates") << fs::absolute(a_.workspace() / objects.output).string() << "\n";
    copy_from_there("shallow");
    copy_from_there("info/exclude");
    copy_from_there("info/attributes");
    if (ask({"update-ref", "--no-deref", "HEAD", head_}).code != 0)
        return failure(errc::io, "git can't read the workspace's objects");
    return {};
}

void repository::name_author() const {
    const auto of = [this](const char* key, const char* otherwise) {
        const auto set = ask_there({"config", "--get", key});
        return set.code == 0 && !set.output.empty() ? set.output : std::string(otherwise);
    };
    const std::string name = of("user.name", "Latchkey");
    const std::string address = of("user.email", "latchkey@localhost");
    for (const char* who : {"GIT_AUTHOR_", "GIT_COMMITTER_"}) {
        ::setenv((std::string(who) + "NAME").c_str(), name.c_str(), 1);
        ::setenv((std::string(who) + "EMAIL").c_str(), address.c_str(), 1);
    }
}

result<void> repository::add_all() {
    // Submodules have configurations of their own: git would start what these name to see whether they changed.
    const auto tree = ask({"ls-tree", "-r", "-z", head_});
    if (tree.code != 0) return failure(errc::io, "git can't list what HEAD holds");
    std::string paths = std::string(":/") + '\0';
    for (std::size_t at = 0; at < tree.output.size();) {
        const std::size_t end = std::min(tree.output.find('\0', at), tree.output.size());
        const std::string_view line = std::string_view(tree.output).substr(at, end - at);
        if (line.starts_with("160000 "))
            paths += ":(top,exclude,literal)" + std::string(line.substr(line.find('\t') + 1)) + '\0';
        at = end + 1;
    }
    words add = {"add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"};
    if (a_.flag("use_custom_gitignore")) {
        add.emplace_back("--force");
        for (std::string pattern : a_.list("deployment_excludes")) {
            while (pattern.starts_with('/')) pattern.erase(0, 1);
            while (pattern.ends_with('/')) pattern.pop_back();
            if (pattern.empty()) continue;
            paths += ":(top,exclude)" + pattern + '\0';
            paths += ":(top,exclude)" + pattern + "/*" + '\0';
        }
    }
    if (ask_in_tree(std::move(add), paths).code != 0)
        return failure(errc::io, "git can't add what has changed; the lines above say why");
    return {};
}

// Without its filter a file would be committed as it must not be (Git LFS), and a filter is a program.
result<void> repository::leave_filtered_out() {
    const auto changed = ask_in_tree({"diff", "--cached", "--name-only", "--no-renames", "-z", head_});
    const auto filters = ask_in_tree({"check-attr", "-z", "--stdin", "filter"}, changed.output);
    if (changed.code != 0 || filters.code != 0) return failure(errc::io, "git can't say what has changed");
    std::string filtered;
    std::size_t count = 0;
    for (std::size_t at = 0; at < filters.output.size();) {
        std::array<std::string, 3> fields;  // path, attribute, value
        for (std::string& field : fields) {
            const std::size_t end = std::min(filters.output.find('\0', at), filters.output.size());
            field = filters.output.substr(at, end - at);
            at = end + 1;
        }
        if (fields[2] == "unspecified" || fields[2] == "unset") continue;
        filtered += ":(top,literal)" + fields[0] + '\0';
        ++count;
    }
    if (count == 0) return {};
    out_ << count << (count == 1 ? " file is" : " files are")
         << " pushed as before: a filter that .gitattributes names would have to be started\n";
    if (ask_in_tree({"reset", "--quiet", "--pathspec-from-file=-", "--pathspec-file-nul"}, filtered).code != 0)
        return failure(errc::io, "git can't leave out the files with a filter");
    return {};
}

result<void> repository::commit_changes(const std::string& comment) {
    // Of a checkout all files are there.
    if (!is_checkout() && ask_there({"config", "--type=bool", "--get", "core.sparseCheckout"}).output == "true")
        return failure(errc::invalid,
                       "the workspace holds only a part of its files (sparse checkout): push without comment");
    ::setenv("GIT_INDEX_FILE", (own_ / "index").c_str(), 1);
    if (ask({"read-tree", head_}).code != 0) return failure(errc::io, "git can't read what HEAD holds");
    if (auto added = add_all(); !added) return added;
    if (auto left = leave_filtered_out(); !left) return left;
    const auto tree = ask({"write-tree"});
    const auto before = ask({"rev-parse", head_ + "^{tree}"});
    if (tree.code != 0 || before.code != 0) return failure(errc::io, "git can't write what has changed");
    if (tree.output == before.output) {
        out_ << "nothing has changed since " << head_.substr(0, 10) << "\n";
        return {};
    }
    name_author();
    const auto made = ask({"commit-tree", tree.output, "-p", head_, "-F", "-"}, comment + "\n");
    if (made.code != 0) return failure(errc::io, "git can't make a commit; the lines above say why");
    commit_ = made.output;
    out_ << "committed what has changed as " << commit_.substr(0, 10) << "\n";
    return {};
}

result<std::string> repository::branch() const {
    std::string name = a_.text("target_branch");
    // The user may be on another branch by now than the run's.
    if (name.empty() && !is_checkout()) name = ask_there({"symbolic-ref", "--quiet", "--short", "HEAD"}).output;
    if (name.empty()) name = a_.variable("BUDDY_RUN_BRANCH");
    if (name.starts_with("refs/heads/")) name.erase(0, 11);
    if (name.empty()) return failure(errc::invalid, "HEAD is on no branch: write target_branch");
    if (!good_name("refs/heads/" + name)) return failure(errc::invalid, "target_branch is no branch's name");
    return name;
}

result<void> repository::take_tags() {
    const auto tags = ask_there({"for-each-ref", "--format=%(objectname) %(refname)", "refs/tags"});
    if (tags.code != 0) return failure(errc::io, "git can't list the tags");
    if (!tags.output.empty()) std::ofstream(own_ / "packed-refs") << tags.output << "\n";
    return {};
}

int repository::push(const git_remote& to, const words& options, const words& refs) {
    words push = own_command();
    push.insert(push.end(), {"-c", "credential.helper="});
    if (to.ssh) {
        const auto ssh = ssh_for(a_, {to.host, 0, to.user, to.password, to.key, "", ""});
        if (!ssh) {
            out_ << ssh.error().what << "\n";
            return 1;
        }
        std::string command;
        for (const std::string& word : *ssh) command += (command.empty() ? "" : " ") + shell_word(word);
        ::setenv("GIT_SSH_COMMAND", command.c_str(), 1);
        ::setenv("GIT_SSH_VARIANT", "ssh", 1);
    } else if (!to.password.empty()) {
        const fs::path login = a_.private_folder() / "git-login";
        if (!write_private(login, "username=" + to.user + "\npassword=" + to.password + "\n", 0600)) {
            out_ << "the login can't be written to the action's private folder\n";
            return 1;
        }
        // For this host alone: a redirect to another is asked for a login, and gets none.
        const std::string server = to.url.substr(0, to.url.find('/', to.url.find("://") + 3));
        push.insert(push.end(), {"-c", "credential." + server + ".helper=!f() { test \"$1\" != get || cat " +
                                           shell_word(login.string()) + "; }; f"});
    }
    push.emplace_back("push");
    push.insert(push.end(), options.begin(), options.end());
    push.insert(push.end(), {"--", to.url});
    push.insert(push.end(), refs.begin(), refs.end());
    out_ << "pushing to " << to.host << "\n" << std::flush;
    return run_program(push);
}

// Git's own options of a push that start nothing and read no file.
result<words> custom_options(const action& a) {
    words all;
    const std::string text = a.text("custom_options");
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = std::min(text.find_first_not_of(" \n", at), text.size());
        const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
        const std::string word = text.substr(begin, end - begin);
        if (word == "--atomic" || word == "--thin" || word == "--no-thin" || word == "--verbose" ||
            word == "--dry-run" || word.starts_with("--push-option="))
            all.push_back(word);
        else if (!word.empty())
            return failure(
                errc::invalid,
                "custom_options has \"" + word +
                    "\": --atomic, --dry-run, --thin, --no-thin, --verbose and --push-option=TEXT are known");
        at = end + 1;
    }
    return all;
}

result<int> push_all(const action& a, std::ostream& out) {
    repository git(a, out);
    auto options = custom_options(a);
    if (!options) return options.error();
    if (auto opened = git.open(); !opened) return opened.error();
    const auto remotes = git_remotes_of(a, git.origin());
    if (!remotes) return remotes.error();
    const auto branch = git.branch();
    if (!branch) return branch.error();
    const std::string tag = a.text("tag");
    if (!tag.empty() && !git.good_name("refs/tags/" + tag)) return failure(errc::invalid, "`tag` is no tag's name");
    if (const std::string comment = a.text("comment"); !comment.empty() && !a.flag("isolated"))
        if (auto made = git.commit_changes(comment); !made) return made.error();
    words refs = {git.commit() + ":refs/heads/" + *branch};
    if (!tag.empty()) refs.push_back(git.commit() + ":refs/tags/" + tag);
    if (!a.flag("without_force")) options->emplace_back("--force");
    if (a.flag("push_tags")) {
        if (auto taken = git.take_tags(); !taken) return taken.error();
        refs.emplace_back("refs/tags/*:refs/tags/*");
    }
    for (const git_remote& to : *remotes)
        if (const int code = git.push(to, *options, refs); code != 0) return code;
    return 0;
}

}  // namespace

int git_push(const action& a, std::ostream& out) {
    const auto done = push_all(a, out);
    if (done) return *done;
    out << done.error().what << "\n";
    return done.error().code == errc::invalid ? 2 : 1;
}

}  // namespace latchkey::native
