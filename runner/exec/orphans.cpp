// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/orphans.hpp"

#include "runner/exec/children.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/exec/process_tree.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace latchkey::exec {

namespace {

// Enough for any tree of processes; a fork bomb that outruns it is not ours to win against.
constexpr int most_rounds = 10'000;
// A killed process ends at once unless it hangs in the kernel; then it is left to the next sweep.
constexpr int most_milliseconds_to_die = 1000;

std::atomic<int> watches{0};

std::string text_of(const std::string& path) {
    std::string text;
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return text;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(file.get(), buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    return text;
}

// A process's environment. Between two programs it has none for a moment: an empty one is looked at again.
std::string environment_of(pid_t pid) {
    std::string text = text_of("/proc/" + std::to_string(pid) + "/environ");
    for (int tries = 0; text.empty() && tries < 5; ++tries) {
        if (::access(("/proc/" + std::to_string(pid) + "/environ").c_str(), R_OK) != 0) break;
        ::poll(nullptr, 0, 1);
        text = text_of("/proc/" + std::to_string(pid) + "/environ");
    }
    return text;
}

// The mark in it: the last, as shells take the last. Empty: none, or it can't be read.
std::string mark_in(const std::string& variables) {
    const std::string environment = std::string(1, '\0') + variables;
    const std::string wanted = std::string(1, '\0') + std::string(mark_variable) + "=";
    const std::size_t at = environment.rfind(wanted);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + wanted.size();
    return environment.substr(begin, environment.find('\0', begin) - begin);
}

std::string mark_of(pid_t pid) {
    return mark_in(environment_of(pid));
}

bool have_children() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

bool killed(pid_t pid) {
    const descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (::kill(pid, SIGKILL) != 0) return false;  // another user's
    pollfd ended{handle.get(), POLLIN, 0};
    if (handle.get() >= 0 && ::poll(&ended, 1, most_milliseconds_to_die) == 0) return false;
    return ::waitpid(pid, nullptr, WNOHANG) != 0;
}

}  // namespace

void reap_strangers(ino_t process_namespace) {
    const children::hold list;
    for (const pid_t pid : children_of(0)) {
        if (list.contains(pid) || ::waitpid(pid, nullptr, WNOHANG) == pid) continue;
        struct stat facts{};
        const std::string place = "/proc/" + std::to_string(pid) + "/ns/pid";
        if (::stat(place.c_str(), &facts) == 0 && facts.st_ino == process_namespace) killed(pid);
    }
}

std::string executor_mark() {
    // A process number comes again, at another time.
    const std::string facts = text_of("/proc/self/stat");
    std::size_t at = facts.rfind(')');
    for (int field = 2; at != std::string::npos && field < 22; ++field) at = facts.find(' ', at + 1);
    const std::string started =
        at == std::string::npos ? std::string("0") : facts.substr(at + 1, facts.find(' ', at + 1) - at - 1);
    return std::to_string(::getpid()) + "." + started;
}

void kill_left_by(const std::string& executor) {
    if (executor.empty()) return;
    bool found = true;
    // What is killed may have been about to start another: look again until nothing is found.
    for (int round = 0; found && round < most_rounds; ++round) {
        found = false;
        DIR* all = ::opendir("/proc");
        if (all == nullptr) return;
        while (const dirent* entry = ::readdir(all)) {
            const pid_t pid = static_cast<pid_t>(std::atoi(entry->d_name));
            const auto is_marked = [&] {
                return mark_in(text_of("/proc/" + std::to_string(pid) + "/environ")).starts_with(executor + "-");
            };
            if (pid <= 1 || pid == ::getpid() || !is_marked()) continue;
            const descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
            if (process.get() < 0 || !is_marked()) continue;  // no longer the one that was looked at
            if (::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) != 0) continue;
            pollfd ended{process.get(), POLLIN, 0};
            found = ::poll(&ended, 1, most_milliseconds_to_die) > 0 || found;
        }
        ::closedir(all);
    }
}

orphan_watch::orphan_watch() {
    static std::atomic<unsigned long> count{0};
    if (count == 0) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    mark_ = executor_mark() + "-" + std::to_string(++count);
    ++watches;
}

orphan_watch::~orphan_watch() {
    sweep();
}

bool orphan_watch::possible() {
    return lists_children();
}

void orphan_watch::sweep() {
    if (swept_) return;
    swept_ = true;
    const bool last = --watches == 0;
    // What is killed leaves its own children to us: look again until nothing is found.
    for (int round = 0; round < most_rounds && have_children(); ++round) {
        bool found = false;
        const children::hold list;
        for (const pid_t pid : children_of(0)) {
            if (list.contains(pid)) continue;
            if (::waitpid(pid, nullptr, WNOHANG) == pid) {  // had ended by itself
                found = true;
                continue;
            }
            const std::string theirs = mark_of(pid);
            const bool of_nobody = theirs.empty() && last;
            if (theirs == mark_ || of_nobody) found = killed(pid) || found;
        }
        if (!found) return;
    }
}

}  // namespace latchkey::exec
