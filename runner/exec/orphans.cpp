// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/orphans.hpp"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <set>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace latchkey::exec {

namespace {

std::string file_in_proc(pid_t pid, const char* name) {
    std::string text;
    const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return text;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(fd, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    ::close(fd);
    return text;
}

// Every process and its parent, from /proc/PID/stat: "pid (name) state ppid …", where the name may hold anything.
std::map<pid_t, pid_t> parents() {
    std::map<pid_t, pid_t> all;
    DIR* proc = ::opendir("/proc");
    if (proc == nullptr) return all;
    while (const dirent* entry = ::readdir(proc)) {
        pid_t pid = 0;
        const char* end = entry->d_name + std::strlen(entry->d_name);
        if (std::from_chars(entry->d_name, end, pid).ptr != end) continue;
        const std::string stat = file_in_proc(pid, "stat");
        const std::size_t after_name = stat.rfind(')');
        int parent = 0;
        char state = 0;
        if (after_name != std::string::npos &&
            std::sscanf(stat.c_str() + after_name + 1, " %c %d", &state, &parent) == 2 && state != 'Z')
            all[pid] = parent;
    }
    ::closedir(proc);
    return all;
}

bool below_us(pid_t pid, const std::map<pid_t, pid_t>& parent_of) {
    for (int depth = 0; depth < 1000; ++depth) {
        const auto at = parent_of.find(pid);
        if (at == parent_of.end()) return false;
        if (at->second == ::getpid()) return true;
        pid = at->second;
    }
    return false;
}

// The mark in the environment; empty where there is none or the process is gone.
std::string mark_of(pid_t pid) {
    const std::string environment = std::string(1, '\0') + file_in_proc(pid, "environ");
    const std::string wanted = std::string(1, '\0') + std::string(mark_variable) + "=";
    const std::size_t at = environment.find(wanted);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + wanted.size();
    return environment.substr(begin, environment.find('\0', begin) - begin);
}

}  // namespace

void become_subreaper() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void sweep_orphans(const std::string& mark) {
    // A process may start another between our look and our signal: look again until there is nothing to kill.
    for (int round = 0; round < 100; ++round) {
        std::vector<pid_t> found;
        const std::map<pid_t, pid_t> all = parents();
        for (const auto& [pid, parent] : all) {
            if (!below_us(pid, all)) continue;
            const std::string theirs = mark_of(pid);
            if (theirs == mark || (theirs.empty() && parent == ::getpid())) found.push_back(pid);
        }
        if (found.empty()) return;
        for (const pid_t pid : found) ::kill(pid, SIGKILL);
        for (const pid_t pid : found) ::waitpid(pid, nullptr, 0);  // those that are our children by now
    }
}

}  // namespace latchkey::exec
