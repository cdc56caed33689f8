// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/process_tree.hpp"

#include "runner/exec/descriptor.hpp"

#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace latchkey::exec {

namespace {

void add_numbers(const std::string& path, std::vector<pid_t>& to) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return;
    std::string list;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(file.get(), buffer, sizeof buffer)) > 0;)
        list.append(buffer, static_cast<std::size_t>(n));
    const char* at = list.data();
    const char* const end = at + list.size();
    for (pid_t pid = 0; at != end;) {
        const auto [next, error] = std::from_chars(at, end, pid);
        if (error != std::errc()) return;
        to.push_back(pid);
        at = next != end ? next + 1 : end;
    }
}

}  // namespace

bool lists_children() {
    return ::access(("/proc/self/task/" + std::to_string(::getpid()) + "/children").c_str(), R_OK) == 0;
}

std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> all;
    const std::string folder = "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/task";
    DIR* threads = ::opendir(folder.c_str());
    if (threads == nullptr) return all;
    while (const dirent* thread = ::readdir(threads))
        if (thread->d_name[0] != '.') add_numbers(folder + "/" + thread->d_name + "/children", all);
    ::closedir(threads);
    return all;
}

std::vector<pid_t> descendants_of(pid_t pid) {
    std::vector<pid_t> all = children_of(pid);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const std::vector<pid_t> theirs = children_of(all[i]);
        all.insert(all.end(), theirs.begin(), theirs.end());
    }
    return all;
}

}  // namespace latchkey::exec
