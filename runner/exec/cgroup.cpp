// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/cgroup.hpp"

#include <atomic>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::exec {

namespace {

constexpr std::uint64_t period_us = 100'000;  // the kernel's default; a share of a processor is a share of it

// Where a hierarchy is seen and where in it we are; `controllers` is empty for version 2.
struct hierarchy {
    std::string controllers;  // ",memory," …
    std::string parent;       // the folder that our group lies in, or is where it has no parent
};

bool write_text(const std::string& path, const std::string& text) {
    const descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    return file.get() >= 0 && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string text_of(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// A line of /proc/self/mountinfo: "… ROOT POINT OPTIONS - TYPE SOURCE SUPER".
struct mounted {
    std::string root;
    std::string point;
    std::string type;
    std::string super;
};

std::vector<mounted> cgroup_mounts() {
    std::vector<mounted> all;
    std::ifstream in("/proc/self/mountinfo");
    for (std::string line; std::getline(in, line);) {
        const std::size_t dash = line.find(" - ");
        if (dash == std::string::npos) continue;
        std::istringstream before(line.substr(0, dash));
        std::istringstream after(line.substr(dash + 3));
        mounted m;
        std::string skipped;
        before >> skipped >> skipped >> skipped >> m.root >> m.point;
        after >> m.type >> skipped >> m.super;
        if (m.type == "cgroup" || m.type == "cgroup2") all.push_back(std::move(m));
    }
    return all;
}

// Our place in the hierarchy as its mount shows it.
std::string folder_in(const mounted& m, std::string_view path) {
    if (m.root != "/" && path.starts_with(m.root)) path.remove_prefix(m.root.size());
    return path == "/" || path.empty() ? m.point : m.point + std::string(path);
}

std::vector<hierarchy> hierarchies() {
    std::vector<hierarchy> all;
    const std::vector<mounted> mounts = cgroup_mounts();
    std::ifstream in("/proc/self/cgroup");
    for (std::string line; std::getline(in, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string names = line.substr(first + 1, second - first - 1);
        const std::string wanted = names.empty() ? "" : "," + names + ",";
        for (const mounted& m : mounts) {
            const bool same = names.empty()
                                  ? m.type == "cgroup2"
                                  : m.type == "cgroup" && ("," + m.super + ",").find(wanted) != std::string::npos;
            if (!same) continue;
            const std::string own = folder_in(m, std::string_view(line).substr(second + 1));
            all.push_back({wanted, own == m.point ? own : std::filesystem::path(own).parent_path().string()});
            break;
        }
    }
    return all;
}

// The folder that may hold a group with this controller.
std::optional<std::string> parent_with(const std::vector<hierarchy>& all, const std::string& controller,
                                       bool second) {
    for (const hierarchy& h : all) {
        if (second != h.controllers.empty()) continue;
        if (!second && h.controllers.find("," + controller + ",") != std::string::npos) return h.parent;
        if (!second) continue;
        std::istringstream enabled(text_of(h.parent + "/cgroup.subtree_control"));
        for (std::string name; enabled >> name;)
            if (name == controller) return h.parent;
    }
    return std::nullopt;
}

std::string next_name() {
    static std::atomic<unsigned long> count{0};
    return "/latchkey-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

failure can_not(const std::string& what, const std::string& why) {
    return {errc::engine, "its limit of " + what + " can't be enforced: " + why};
}

}  // namespace

result<void> cgroup::enter(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        return failure(errc::engine, "can't make " + path + ": " + std::system_category().message(errno));
    folders_.push_back({path, descriptor(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC))});
    if (folders_.back().entry.get() < 0)
        return failure(errc::engine,
                       "can't open " + path + "/cgroup.procs: " + std::system_category().message(errno));
    return {};
}

result<cgroup> cgroup::make(const limits& l) {
    cgroup made;
    const std::vector<hierarchy> all = hierarchies();
    const std::string name = next_name();
    // One setting: the first of its files that is there is written.
    const auto set = [&](const std::string& what, const std::string& controller, const std::string& second_file,
                         const std::string& second_text, const std::string& first_file,
                         const std::string& first_text) -> result<std::string> {
        const auto second = parent_with(all, controller, true);
        const auto first = second ? std::nullopt : parent_with(all, controller, false);
        if (!second && !first)
            return can_not(what, "no cgroup of this machine that we are in has the controller " + controller);
        const std::string path = (second ? *second : *first) + name;
        bool there = false;
        for (const folder& f : made.folders_) there = there || f.path == path;
        if (!there)
            if (auto entered = made.enter(path); !entered) return can_not(what, entered.error().what);
        const std::string file = path + "/" + (second ? second_file : first_file);
        if (!write_text(file, second ? second_text : first_text))
            return can_not(what, "can't write " + file + ": " + std::system_category().message(errno));
        return path;
    };
    if (l.memory_bytes != 0) {
        const std::string bytes = std::to_string(l.memory_bytes);
        auto path = set("memory", "memory", "memory.max", bytes, "memory.limit_in_bytes", bytes);
        if (!path) return path.error();
        // Swap would make a limit of memory one of speed; where swap is not accounted there is no such file.
        if (!write_text(*path + "/memory.swap.max", "0")) write_text(*path + "/memory.memsw.limit_in_bytes", bytes);
        const bool second = ::access((*path + "/memory.events").c_str(), R_OK) == 0;
        made.memory_ = *path + (second ? "/memory.events" : "/memory.oom_control");
    }
    if (l.pids != 0) {
        const std::string most = std::to_string(l.pids);
        if (auto path = set("processes", "pids", "pids.max", most, "pids.max", most); !path) return path.error();
    }
    if (l.cpus > 0) {
        const std::string quota = std::to_string(static_cast<std::uint64_t>(std::llround(l.cpus * period_us)));
        auto path =
            set("processors", "cpu", "cpu.max", quota + " " + std::to_string(period_us), "cpu.cfs_quota_us", quota);
        if (!path) return path.error();
    }
    return made;
}

cgroup::~cgroup() {
    for (folder& f : folders_) {
        f.entry.reset();
        ::rmdir(f.path.c_str());
    }
}

std::vector<int> cgroup::entries() const {
    std::vector<int> all;
    for (const folder& f : folders_) all.push_back(f.entry.get());
    return all;
}

bool cgroup::ran_out_of_memory() const {
    std::istringstream events(memory_.empty() ? "" : text_of(memory_));
    std::string name;
    for (std::uint64_t count = 0; events >> name >> count;)
        if (name == "oom_kill" && count > 0) return true;
    return false;
}

}  // namespace latchkey::exec
