// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/process_namespace.hpp"

#include "runner/exec/children.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/exec/memory_folder.hpp"
#include "runner/exec/minder.hpp"
#include "runner/exec/orphans.hpp"
#include "runner/exec/secret_files.hpp"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::exec {

namespace {

// The channel and the minder's stack: it calls nothing deep.
constexpr std::size_t minder_memory = 16UL * 1024;

void wait_until_ready(const minder_channel& c, int pidfd) {
    while (c.ready.load(std::memory_order_acquire) == 0) {
        const timespec patience{0, 20'000'000};
        ::syscall(SYS_futex, &c.ready, FUTEX_WAIT, 0, &patience, nullptr, 0);
        siginfo_t info{};
        // Killed from outside before it could speak.
        if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
            info.si_pid != 0)
            return;
    }
}

int our_own_namespace() {
    static const descriptor ours(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
    return ours.get();
}

failure can_not(const std::string& what, int error) {
    return {errc::refused, what + ": " + std::system_category().message(error)};
}

// Whether a listing of /proc names a process besides the first, or not even that one.
// What /proc lists before its processes is most of it: `first` is where those begin, once that is known.
bool lists_others(int proc, off_t& first) {
    if (::lseek(proc, first, SEEK_SET) != first) return true;
    off_t next = first;
    bool seen_first = false;
    alignas(dirent64) char buffer[8192];
    for (;;) {
        const ssize_t size = ::getdents64(proc, buffer, sizeof buffer);
        if (size < 0) return true;
        if (size == 0) {
            if (seen_first || first == 0) return !seen_first;
            first = 0;  // the list is another one now: look at all of it
            return lists_others(proc, first);
        }
        for (ssize_t at = 0; at < size;) {
            const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
            const char* name = entry->d_name;
            const bool is_first = name[0] == '1' && name[1] == '\0';
            if (name[0] >= '0' && name[0] <= '9' && !is_first) return true;
            if (is_first) {
                seen_first = true;
                first = next;
            }
            next = entry->d_off;
            at += entry->d_reclen;
        }
    }
}

// A folder on tmpfs grows with each entry. No folder has none either.
off_t size_of(int folder) {
    struct stat facts{};
    return folder >= 0 && ::fstat(folder, &facts) == 0 ? facts.st_size : -1;
}

}  // namespace

struct process_namespace::state {
    std::byte* memory = nullptr;
    minder_channel* channel = nullptr;
    pid_t pid = -1;
    descriptor pidfd;
    descriptor processes;
    descriptor mounts;
    descriptor root;
    descriptor proc;
    off_t first_process = 0;  // in what /proc lists
    descriptor mount_table;
    std::string folder;  // what the private one is mounted on: nobody's folders are seen from inside
    descriptor in_place;
    private_place place;
    off_t empty_size = -1;  // of the place
    bool killed = false;

    ~state() {
        if (memory != nullptr) ::munmap(memory, minder_memory);
    }
};

process_namespace::process_namespace(std::unique_ptr<state> s) : state_(std::move(s)) {}

process_namespace::~process_namespace() {
    kill();
    siginfo_t info{};
    while (::waitid(P_PIDFD, static_cast<id_t>(pidfd()), &info, WEXITED | __WALL) != 0 && errno == EINTR) {
    }
    children::hold().remove(state_->pid);
}

result<std::unique_ptr<process_namespace>> process_namespace::make() {
    if (our_own_namespace() < 0) return can_not("there is no /proc/self/ns/pid", errno);
    auto s = std::make_unique<state>();
    void* memory = ::mmap(nullptr, minder_memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return failure(errc::engine, "can't make a process namespace: out of memory");
    s->memory = static_cast<std::byte*>(memory);
    s->channel = new (memory) minder_channel;
    minder_channel& c = *s->channel;
    // Without memory for it there is none, and who has files to hand over says so.
    if (auto folder = memory_folder::parent()) {
        s->folder = std::move(*folder);
        c.private_folder = s->folder.c_str();
    }

    // No signal may be handled in the minder, which shares our memory: it keeps all blocked.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    int pidfd = -1;
    int error = 0;
    {
        children::hold list;
        // It sends no SIGCHLD at its end: nobody's handler takes it for something else.
        s->pid = ::clone(minder_main, s->memory + minder_memory,
                         CLONE_VM | CLONE_FILES | CLONE_NEWPID | CLONE_NEWNS | CLONE_PIDFD, &c, &pidfd);
        error = errno;
        if (s->pid > 0) list.add(s->pid);
    }
    s->pidfd.reset(pidfd);
    if (s->pid > 0) wait_until_ready(c, pidfd);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (s->pid < 0) {
        if (error == EAGAIN || error == ENOMEM)
            return failure(errc::engine, "can't start a process: " + std::system_category().message(error));
        return can_not("can't make a process namespace", error);
    }
    s->processes.reset(c.pid_namespace);
    s->mounts.reset(c.mount_namespace);
    s->root.reset(c.root);
    s->proc.reset(c.proc);
    s->mount_table.reset(c.mounts);
    s->in_place.reset(c.place);
    s->place = {c.place, s->folder};
    s->empty_size = size_of(c.place);
    auto made = std::make_unique<process_namespace>(std::move(s));
    if (c.failed_at.load() == static_cast<int>(minder_stage::mounts))
        return can_not("can't give a process a /proc of its own", c.error.load());
    if (c.failed_at.load() >= 0) return can_not("can't open a process namespace", c.error.load());
    if (c.ready.load() == 0) return failure(errc::engine, "can't make a process namespace: it was killed");
    return made;
}

int process_namespace::processes() const {
    return state_->processes.get();
}
int process_namespace::mounts() const {
    return state_->mounts.get();
}
int process_namespace::root() const {
    return state_->root.get();
}
const private_place* process_namespace::place() const {
    return state_->in_place.get() >= 0 ? &state_->place : nullptr;
}
int process_namespace::pidfd() const {
    return state_->pidfd.get();
}

bool process_namespace::as_made() const {
    pollfd mounts{state_->mount_table.get(), POLLPRI, 0};
    return !state_->killed && ::poll(&mounts, 1, 0) == 0 &&
           !lists_others(state_->proc.get(), state_->first_process) &&
           size_of(state_->in_place.get()) == state_->empty_size;
}

void process_namespace::terminate() const {
    ::syscall(SYS_pidfd_send_signal, pidfd(), SIGTERM, nullptr, 0);
}

void process_namespace::kill() {
    if (state_->killed) return;
    state_->killed = true;
    ::syscall(SYS_pidfd_send_signal, pidfd(), SIGKILL, nullptr, 0);
    // A process may have made its children ours (CLONE_PARENT): the namespace ends when somebody has reaped them.
    struct stat facts{};
    if (::fstat(state_->processes.get(), &facts) == 0) reap_strangers(facts.st_ino);
}

birthplace::birthplace(const process_namespace* where) {
    if (where == nullptr) return;
    if (::setns(where->processes(), CLONE_NEWPID) != 0)
        error_ = errno;
    else
        elsewhere_ = true;
}

birthplace::~birthplace() {
    // Can't fail for who could leave; a thread that stayed would start our other programs in there.
    if (elsewhere_ && ::setns(our_own_namespace(), CLONE_NEWPID) != 0) std::terminate();
}

bool may_make_namespaces() {
#if defined(LATCHKEY_TSAN)
    return false;  // its runtime can't live in a namespace's first process
#else
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    return ::syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)) != 0;
#endif
}

bool process_namespaces_work(std::string* why) {
    static const std::string reason = [] {
        const auto made = process_namespace::make();
        return made ? std::string() : made.error().what;
    }();
    if (why != nullptr) *why = reason;
    return reason.empty();
}

}  // namespace latchkey::exec
