// SPDX-License-Identifier: Apache-2.0
#include "runner/source/filesystem.hpp"

#include "runner/source/changes.hpp"
#include "runner/source/clone.hpp"
#include "runner/source/git.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::source {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes longest_checkout{30};
constexpr int deepest_submodule = 10;
constexpr int most_spare = 64;

// Quoted as git reads it in a list of folders.
std::string quoted(const std::string& path) {
    std::string out = "\"";
    for (const char c : path) {
        if (c == '"' || c == '\\') out.push_back('\\');
        if (c == '\n')
            out += "\\n";
        else
            out.push_back(c);
    }
    return out + "\"";
}

// Git with a folder of our own as its repository, whose objects are another's.
result<void> own_git(const fs::path& objects, const fs::path& directory, std::vector<std::string> words) {
    std::vector<std::string> command = {"git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"};
    command.insert(command.end(), words.begin(), words.end());
    auto done = exec::capture(
        command, directory, longest_checkout,
        {"GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
         "GIT_ATTR_NOSYSTEM=1", "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quoted(objects.string())});
    if (!done) return done.error();
    if (done->exit_code != 0)
        return failure(errc::engine, "git can't check the commit out into " + directory.string() + ": " +
                                         done->errors.substr(0, 500));
    return {};
}

// As a submodule is named in a commit: below its folder, through nothing else.
bool is_plain(const fs::path& path) {
    return !path.empty() && path.is_relative() && std::ranges::none_of(path, [](const fs::path& part) {
        return part == ".." || part == "." || part == ".git" || part.empty();
    });
}

bool is_folder_without_links(const fs::path& root, const fs::path& below) {
    fs::path at = root;
    std::error_code ec;
    for (const fs::path& part : below) {
        at /= part;
        if (fs::symlink_status(at, ec).type() != fs::file_type::directory) return false;
    }
    return true;
}

std::string as_name(std::string path) {
    std::ranges::replace(path, '/', '%');
    return path;
}

// The submodules that a commit names, each at its own commit.
result<std::vector<std::pair<std::string, std::string>>> submodules_of(const fs::path& repository,
                                                                       const std::string& commit) {
    std::vector<std::pair<std::string, std::string>> all;
    auto listed = git(repository, {"config", "--null", "--blob", commit + ":.gitmodules", "--get-regexp",
                                   "^submodule[.].*[.]path$"});
    if (!listed) return listed.error();
    for (std::string_view rest = listed->output; listed->exit_code == 0 && !rest.empty();) {
        const std::string_view record = next_record(rest);
        const std::size_t end = record.find('\n');
        if (end == std::string_view::npos) continue;
        const std::string path(record.substr(end + 1));
        if (!is_plain(path)) continue;
        auto entry = output_of_git(repository, {"--literal-pathspecs", "ls-tree", "-z", commit, "--", path});
        if (!entry) return entry.error();
        constexpr std::string_view link = "160000 commit ";
        if (!entry->starts_with(link)) continue;
        all.emplace_back(path, entry->substr(link.size(), entry->find('\t') - link.size()));
    }
    return all;
}

// Of a work tree it is in it, of a clone of ours beside it; empty: it is not there.
fs::path repository_of_module(const fs::path& repository, const std::string& path) {
    std::error_code ec;
    if (fs::exists(repository / path / ".git", ec)) return repository / path;
    const fs::path clone = module_folder(repository, path);
    return fs::exists(clone / "HEAD", ec) ? clone : fs::path();
}

result<void> check_out_tree(const fs::path& repository, const std::string& commit, const fs::path& own,
                            const fs::path& to, std::vector<std::string>& notes, int depth) {
    if (auto known = commit_named(repository, commit); !known) {
        if (known.error().code != errc::not_found) return known.error();
        return failure(errc::not_found, "the commit " + commit.substr(0, 10) + " is not in " + repository.string() +
                                            " any more: fetch it, or start a new run");
    }
    auto objects = output_of_git(repository, {"rev-parse", "--path-format=absolute", "--git-path", "objects"});
    if (!objects) return objects.error();
    objects->erase(objects->find_last_not_of('\n') + 1);
    std::error_code ec;
    const fs::path folder = own / "git";
    if (!fs::exists(folder / "HEAD", ec)) {
        fs::create_directories(own, ec);
        auto made = own_git(*objects, own, {"init", "--quiet", "--bare", "--template=", folder.string()});
        if (!made) return made;
    }
    // Nobody else can have it: what is there was left by one that was killed.
    fs::remove(folder / "index.lock", ec);
    auto done = own_git(*objects, to,
                        {"--git-dir=" + folder.string(), "--work-tree=" + to.string(), "-c", "core.bare=false",
                         "read-tree", "--reset", "-u", commit});
    if (!done) return done;
    if (!fs::exists(fs::symlink_status(to / ".gitmodules", ec))) return {};
    auto submodules = submodules_of(repository, commit);
    if (!submodules) return submodules.error();
    for (const auto& [path, at] : *submodules) {
        const fs::path module = repository_of_module(repository, path);
        if (module.empty()) {
            notes.push_back("the submodule " + path + " is not there in " + repository.string() +
                            ": its folder is empty");
            continue;
        }
        if (depth == deepest_submodule || !is_folder_without_links(to, path))
            return failure(errc::refused, "the submodule " + path + " can't be checked out: its folder is no folder");
        auto inside = check_out_tree(module, at, own / "modules" / as_name(path), to / path, notes, depth + 1);
        if (!inside) return inside;
    }
    return {};
}

}  // namespace

fs::path filesystem_path(const fs::path& data, std::int64_t pipeline, const fs::path& repository) {
    return data / "filesystems" / std::to_string(pipeline) / repository.filename();
}

filesystem::filesystem(int lock, fs::path own, fs::path path, fs::path repository)
    : lock_(lock), own_(std::move(own)), path_(std::move(path)), repository_(std::move(repository)) {}

filesystem::filesystem(filesystem&& other) noexcept
    : lock_(std::exchange(other.lock_, -1)),
      own_(std::move(other.own_)),
      path_(std::move(other.path_)),
      repository_(std::move(other.repository_)) {}

filesystem::~filesystem() {
    if (lock_ >= 0) ::close(lock_);
}

result<filesystem> filesystem::take(const fs::path& data, std::int64_t pipeline, const fs::path& repository,
                                    const std::function<void()>& waits) {
    return take_named(data, std::to_string(pipeline), repository, waits);
}

result<filesystem> filesystem::take_any(const fs::path& data, std::int64_t pipeline, const fs::path& repository) {
    const std::string name = std::to_string(pipeline);
    for (int spare = 0; spare < most_spare; ++spare) {
        auto taken = take_named(data, spare == 0 ? name : name + "." + std::to_string(spare), repository, {});
        if (taken || taken.error().code != errc::conflict) return taken;
    }
    return failure(errc::conflict, std::to_string(most_spare) + " runs of this pipeline work side by side already");
}

result<filesystem> filesystem::take_named(const fs::path& data, const std::string& name, const fs::path& repository,
                                          const std::function<void()>& waits) {
    const fs::path all = data / "filesystems";
    std::error_code ec;
    fs::create_directories(all, ec);
    fs::permissions(all, fs::perms::owner_all, ec);
    const fs::path file = all / (name + ".lock");
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failure(errc::io, "can't open " + file.string() + ": " + std::system_category().message(errno));
    filesystem taken(fd, all / (name + ".own"), all / name / repository.filename(), repository);
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return taken;
    if (errno == EWOULDBLOCK && waits) {
        waits();
        while (::flock(fd, LOCK_EX) != 0)
            if (errno != EINTR)
                return failure(errc::io,
                               "can't wait for " + file.string() + ": " + std::system_category().message(errno));
        return taken;
    }
    return failure(errc::conflict,
                   "another run of this pipeline works in its files: wait until that one has ended, or cancel it");
}

result<bool> filesystem::remove_unused(const fs::path& data, std::int64_t pipeline) {
    const std::string name = std::to_string(pipeline);
    std::vector<fs::path> all = {data / "caches" / name};
    std::vector<filesystem> taken;  // nobody begins meanwhile
    std::error_code ec;
    for (int spare = 0; spare < most_spare; ++spare) {
        const std::string one = spare == 0 ? name : name + "." + std::to_string(spare);
        const fs::path folder = data / "filesystems" / one;
        if (spare > 0 && !fs::exists(fs::symlink_status(folder, ec))) continue;
        auto own = take_named(data, one, folder, {});
        if (!own && own.error().code == errc::conflict) return false;
        if (!own) return own.error();
        all.push_back(folder);
        all.push_back(own->own_);
        taken.push_back(std::move(*own));
    }
    bool removed = false;
    for (const fs::path& each : all) {
        if (!fs::exists(fs::symlink_status(each, ec))) continue;
        if (auto gone = remove_tree(each); !gone) return gone.error();
        removed = true;
    }
    return removed;
}

result<void> filesystem::check_out(const std::string& commit, bool from_scratch, std::vector<std::string>& notes) {
    std::error_code ec;
    if (from_scratch || fs::symlink_status(path_, ec).type() != fs::file_type::directory) {
        for (const fs::path& folder : {path_, own_})
            if (auto gone = remove_tree(folder); !gone) return gone;
    }
    fs::create_directories(path_, ec);
    if (ec) return failure(errc::io, "can't make the folder " + path_.string() + ": " + ec.message());
    if (commit.empty()) return {};
    return check_out_tree(repository_, commit, own_, path_, notes, 0);
}

result<void> remove_tree(const fs::path& folder) {
    std::error_code ec;
    fs::remove_all(folder, ec);
    if (!ec) return {};
    // Some tools leave folders that not even their owner may write to.
    std::error_code ignored;
    for (auto at = fs::recursive_directory_iterator(folder, fs::directory_options::none, ignored);
         at != fs::recursive_directory_iterator(); at.increment(ignored)) {
        if (ignored) break;
        if (at->symlink_status(ignored).type() == fs::file_type::directory)
            fs::permissions(at->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
    fs::remove_all(folder, ec);
    if (ec)
        return failure(errc::io, "can't remove " + folder.string() + ": " + ec.message() +
                                     " (what a container made may belong to root: remove it as root)");
    return {};
}

}  // namespace latchkey::source
