// SPDX-License-Identifier: Apache-2.0
//
// latchkey files.
#include "runner/cli/commands.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/exec/find_program.hpp"
#include "runner/exec/launch.hpp"
#include "runner/source/files.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <ostream>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::cli {

namespace {

using exec::descriptor;

std::string last_error() {
    return std::system_category().message(errno);
}

std::string size_text(std::int64_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + " B";
    if (bytes < 1024 * 1024) return std::to_string(bytes / 1024) + " KB";
    return std::to_string(bytes / (1024 * 1024)) + " MB";
}

result<std::string> listing_of(const descriptor& folder) {
    const int own = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR*)> all(own < 0 ? nullptr : ::fdopendir(own), ::closedir);
    if (!all) return failure(errc::io, "can't list the folder: " + last_error());
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(all.get()))
        if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
    std::ranges::sort(names);
    std::vector<std::vector<std::string>> rows;
    for (const std::string& name : names) {
        struct stat facts{};
        if (::fstatat(folder.get(), name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
        if (S_ISDIR(facts.st_mode)) {
            rows.push_back({"–", plain(name) + "/"});
        } else if (S_ISLNK(facts.st_mode)) {
            char target[4096];
            const ssize_t n = ::readlinkat(folder.get(), name.c_str(), target, sizeof target);
            rows.push_back(
                {"–", plain(name) + " → " + plain({target, static_cast<std::size_t>(std::max<ssize_t>(n, 0))})});
        } else {
            rows.push_back({size_text(facts.st_size), plain(name)});
        }
    }
    return aligned(rows);
}

result<void> write_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(to, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failure(errc::io, "can't write: " + last_error());
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

// Files are data: on a terminal nothing in them moves the cursor.
result<void> show(context& c, const descriptor& file) {
    std::string text(1UL << 20U, '\0');
    const ssize_t n = ::read(file.get(), text.data(), text.size());
    if (n < 0) return failure(errc::io, "can't read the file: " + last_error());
    text.resize(static_cast<std::size_t>(n));
    c.out << plain_lines(text);
    if (text.size() == 1UL << 20U) c.out << "\n(cut: -o FILE writes all of it)\n";
    return {};
}

result<void> copy(const descriptor& file, int to) {
    std::string buffer(256UL * 1024, '\0');
    for (;;) {
        const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failure(errc::io, "can't read the file: " + last_error());
        if (n == 0) return {};
        if (auto done = write_all(to, {buffer.data(), static_cast<std::size_t>(n)}); !done) return done;
    }
}

// The folder's content; tar follows no links, and starts in the folder that was opened, whatever its name is now.
result<void> write_tar(const descriptor& folder, int to) {
    exec::launch_request l;
    l.program = exec::find_program("tar");
    if (l.program.empty()) return failure(errc::engine, "can't find the program tar");
    l.arguments = {"tar", "--create", "--file=-", "--sort=name", "."};
    l.environment = {"LC_ALL=C", "PATH=/usr/bin:/bin"};
    l.directory = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(folder.get());
    l.output = to;
    l.errors = STDERR_FILENO;
    l.own_session = false;
    const auto process = exec::launch(l);
    if (!process) return process.error();
    pollfd ended{(*process)->pidfd(), POLLIN, 0};
    while (!(*process)->reap()) ::poll(&ended, 1, -1);
    const auto status = (*process)->status();
    if (!status || !WIFEXITED(*status) || WEXITSTATUS(*status) != 0)
        return failure(errc::io, "tar could not read all of it");
    return {};
}

}  // namespace

int files_command(context& c, const files_args& args) {
    auto run = run_named(c, args.run);
    if (!run) return c.fail(run.error());
    const std::string name = run->pipeline_name + " #" + std::to_string(run->number);
    if (run->source.repository.empty())
        return c.usage(name + " worked in " + run->source.workspace +
                       ": only a run with --checkout has files of its own");
    auto s = c.store();
    if (!s) return c.fail(s.error());
    auto later = (*s)->runs({std::nullopt, run->pipeline, 1000});
    if (!later) return c.fail(later.error());
    for (const store::run_record& r : *later)
        if (r.number > run->number && !r.source.repository.empty()) {
            c.err << "latchkey: " << plain(r.pipeline_name) << " #" << r.number
                  << " has used these files since: they are as that run left them\n";
            break;
        }
    auto at = source::open_below(run->source.workspace, args.path);
    if (!at) return c.fail(at.error());
    struct stat facts{};
    if (::fstat(at->get(), &facts) != 0) return c.fail(failure(errc::io, "can't read the file: " + last_error()));
    const bool folder = S_ISDIR(facts.st_mode);
    if (args.tar && !folder) return c.usage("--tar takes a folder, and " + args.path + " is a file");
    if (folder && !args.tar && !args.output.empty())
        return c.usage(args.path + " is a folder: say --tar to write it");
    if (folder && !args.tar) {
        auto text = listing_of(*at);
        if (!text) return c.fail(text.error());
        c.out << *text;
        return exit_success;
    }
    c.out.flush();
    int to = STDOUT_FILENO;
    descriptor file;
    if (!args.output.empty()) {
        file.reset(::open(args.output.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
        if (file.get() < 0) return c.fail(failure(errc::io, "can't make " + args.output + ": " + last_error()));
        to = file.get();
    } else if (args.tar && c.interactive) {
        return c.usage("a tar archive is nothing for a terminal: say where to with -o FILE");
    }
    const auto done = folder                                 ? write_tar(*at, to)
                      : to == STDOUT_FILENO && c.interactive ? show(c, *at)
                                                             : copy(*at, to);
    if (!done) {
        if (!args.output.empty()) ::unlink(args.output.c_str());  // nothing that looks whole
        return c.fail(done.error());
    }
    return exit_success;
}

}  // namespace latchkey::cli
