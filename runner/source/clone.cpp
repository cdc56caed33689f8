// SPDX-License-Identifier: Apache-2.0
#include "runner/source/clone.hpp"

#include "runner/source/clone_git.hpp"
#include "runner/source/clone_lock.hpp"
#include "runner/source/filesystem.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <system_error>
#include <utility>

namespace latchkey::source {

namespace {

namespace fs = std::filesystem;

constexpr int most_packs = 40;
constexpr std::chrono::milliseconds between_tries{20};

fs::path with_suffix(const fs::path& path, const char* suffix) {
    return fs::path(path).concat(suffix);
}

// What a git that was killed has left: nobody else can be at work here.
void sweep(const fs::path& clone) {
    std::error_code ec;
    std::vector<fs::path> left;
    for (fs::recursive_directory_iterator at(clone / "refs", ec), end; !ec && at != end; at.increment(ec))
        if (at->path().extension() == ".lock") left.push_back(at->path());
    for (fs::directory_iterator at(clone / "objects/pack", ec), end; !ec && at != end; at.increment(ec))
        if (at->path().filename().string().starts_with("tmp_") || at->path().extension() == ".lock")
            left.push_back(at->path());
    for (fs::directory_iterator at(clone, ec), end; !ec && at != end; at.increment(ec))
        if (at->path().extension() == ".lock") left.push_back(at->path());
    for (const fs::path& path : left) fs::remove(path, ec);
}

struct disk_use {
    std::uint64_t bytes = 0;
    int packs = 0;
};

disk_use size_of(const fs::path& clone) {
    disk_use use;
    std::error_code ec;
    for (fs::recursive_directory_iterator at(clone / "objects", ec), end; !ec && at != end; at.increment(ec)) {
        std::error_code gone;
        if (!at->is_regular_file(gone)) continue;
        const auto size = at->file_size(gone);
        if (!gone) use.bytes += size;
        use.packs += at->path().extension() == ".pack" ? 1 : 0;
    }
    return use;
}

bool is_head_of_pull_request(const std::string& name) {
    return is_ref_name(name) && (name.starts_with("refs/pull/") || name.starts_with("refs/merge-requests/") ||
                                 name.starts_with("refs/pull-requests/"));
}

std::string where_kept(const std::string& pull_request) {
    return "refs/latchkey/" + pull_request.substr(5);
}

std::vector<std::string> words_of_fetch(const fs::path& clone, bool fresh, const git_address& from,
                                        const fetch_options& o) {
    std::vector<std::string> words = {"fetch",           "--quiet",
                                      "--prune",         "--force",
                                      "--no-tags",       "--no-write-fetch-head",
                                      "--no-auto-gc",    "--no-recurse-submodules",
                                      "--update-shallow"};
    std::error_code ec;
    const bool shallow = fs::exists(clone / "shallow", ec);
    // What is there whole is never cut off.
    if (o.depth > 0 && (fresh || shallow))
        words.push_back("--depth=" + std::to_string(o.depth));
    else if (shallow)
        words.emplace_back("--unshallow");
    words.insert(words.end(), {"--", from.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"});
    for (const std::string& name : o.also) words.push_back("+" + name + ":" + where_kept(name));
    return words;
}

bool is_plain_name(const std::string& name) {
    return !name.empty() && name.size() <= 200 && name.front() != '.' && name.front() != '-' &&
           name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

// The project was renamed: runs that were made before find their files by its old name.
result<void> take_new_name(const fs::path& path) {
    std::error_code ec;
    if (fs::exists(path / "HEAD", ec)) return {};
    fs::path old;
    for (fs::directory_iterator at(path.parent_path(), ec), end; !ec && at != end; at.increment(ec)) {
        std::error_code gone;
        if (at->symlink_status(gone).type() == fs::file_type::directory && fs::exists(at->path() / "HEAD", gone))
            old = at->path();
    }
    if (old.empty()) return {};
    if (auto cleared = remove_tree(path); !cleared) return cleared;
    fs::rename(old, path, ec);
    if (!ec) fs::create_directory_symlink(path.filename(), old, ec);
    if (ec) return failure(errc::io, "can't rename " + old.string() + ": " + ec.message());
    return {};
}

// Its HEAD as it is there: that is the default branch.
result<void> take_head(const remote_call& c) {
    auto told = ask_remote(c, {"ls-remote", "--symref", "--", c.address->url, "HEAD"});
    if (!told) return told.error();
    constexpr std::string_view begin = "ref: ";
    const std::string name = told->substr(0, told->find('\t'));
    if (!name.starts_with(begin) || !is_ref_name(name.substr(begin.size())) ||
        !name.substr(begin.size()).starts_with("refs/heads/"))
        return {};  // a HEAD that is on no branch: what we have stays
    auto set = look(c.clone, {"symbolic-ref", "HEAD", name.substr(begin.size())});
    if (!set) return set.error();
    if (set->exit_code != 0)
        return failure(errc::engine, "git can't note the default branch: " + set->errors.substr(0, 300));
    return {};
}

result<void> make_empty(const fs::path& at) {
    if (auto gone = remove_tree(at); !gone) return gone;
    auto made = look(at, {"init", "--quiet", "--bare", "--template=", "--initial-branch=main"});
    if (!made) return made.error();
    if (made->exit_code != 0)
        return failure(errc::io, "git can't make " + at.string() + ": " + made->errors.substr(0, 300));
    return {};
}

// Many small packs make every look slow. What no ref leads to is kept.
void tidy(const fs::path& clone) {
    if (size_of(clone).packs < most_packs) return;
    exec::capture_request r;
    r.arguments = {"git", "--git-dir=" + clone.string(), "repack", "-q", "-a", "-d", "-k"};
    r.directory = "/";
    r.limit = std::chrono::minutes(10);
    r.environment = {"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ALLOW_PROTOCOL=none"};
    (void)exec::capture(r);  // it is only slower without
}

}  // namespace

result<exec::descriptor> locked(const fs::path& clone, std::optional<std::chrono::milliseconds> patience, int stop) {
    const fs::path folder = clone.parent_path();
    std::error_code ec;
    fs::create_directories(folder, ec);
    fs::permissions(folder, fs::perms::owner_all, ec);
    const fs::path file = with_suffix(clone, ".lock");
    exec::descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (lock.get() < 0)
        return failure(errc::io, "can't open " + file.string() + ": " + std::system_category().message(errno));
    // A lock that is waited for can't be given up: one that may be is tried again and again.
    const auto end = std::chrono::steady_clock::now() + patience.value_or(std::chrono::milliseconds(0));
    while (::flock(lock.get(), patience ? LOCK_EX | LOCK_NB : LOCK_EX) != 0) {
        if (errno == EINTR) continue;
        if (errno != EWOULDBLOCK)
            return failure(errc::io, "can't lock " + file.string() + ": " + std::system_category().message(errno));
        if (std::chrono::steady_clock::now() >= end)
            return failure(errc::conflict, "the repository is busy: others are fetching it, try again soon");
        pollfd given_up{stop, POLLIN, 0};
        if (::poll(&given_up, 1, static_cast<int>(between_tries.count())) > 0)
            return failure(errc::cancelled, "the repository is not fetched: the server ends");
    }
    return lock;
}

project_clone::project_clone(const fs::path& data, std::int64_t project, const std::string& name)
    : path_(data / "repositories" / std::to_string(project) / (is_plain_name(name) ? name : "repository")),
      own_(path_.parent_path()),
      known_hosts_(own_.parent_path() / "known_hosts") {}

result<void> project_clone::fetch(const std::string& address, const git_login& login,
                                  const fetch_options& options) const {
    auto from = read_address(address);
    if (!from) return from.error();
    if (from->by == transport::local && !options.local)
        return failure(errc::refused, "a repository in a folder of this machine is not read: allow it to the server");
    for (const std::string& name : options.also)
        if (!is_head_of_pull_request(name))
            return failure(errc::usage, "this is no name of a pull request's head: " + name.substr(0, 100));
    auto lock = locked(own_, options.patience, options.stop);
    if (!lock) return lock.error();
    if (path_ != own_)
        if (auto moved = take_new_name(path_); !moved) return moved;

    // A new one is made beside its place, and takes it when it is whole.
    std::error_code ec;
    const bool fresh = !fs::exists(path_ / "HEAD", ec);
    const fs::path at = fresh ? with_suffix(own_, ".new") : path_;
    if (fresh) {
        if (auto made = make_empty(at); !made) return made;
    } else {
        sweep(at);
    }
    const std::uint64_t used = size_of(at).bytes;
    if (used >= options.most_bytes)
        return failure(errc::refused, "can't fetch " + from->url + ": the repository is larger than it may be");
    const remote_call call{at,
                           &*from,
                           &login,
                           known_hosts_,
                           lock->get(),
                           std::chrono::steady_clock::now() + options.limit,
                           options.most_bytes - used,
                           options.stop};
    auto fetched = ask_remote(call, words_of_fetch(at, fresh, *from, options));
    if (!fetched) return fetched.error();
    if (auto head = take_head(call); !head) return head;
    if (!fresh) {
        tidy(at);
        return {};
    }
    if (auto gone = remove_tree(path_); !gone) return gone;
    fs::create_directories(own_, ec);
    fs::rename(at, path_, ec);
    if (ec) return failure(errc::io, "can't make " + path_.string() + ": " + ec.message());
    return {};
}

result<void> project_clone::remove() const {
    auto lock = locked(own_, std::nullopt);
    if (!lock) return lock.error();
    for (const fs::path& path : {own_, with_suffix(own_, ".new")})
        if (auto gone = remove_tree(path); !gone) return gone;
    return {};
}

}  // namespace latchkey::source
