// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/launch.hpp"

#include "runner/exec/children.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/exec/launch_child.hpp"
#include "runner/vault/secret.hpp"

#include <climits>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <mutex>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LATCHKEY_TSAN 1
#endif
#endif

namespace latchkey::exec {

namespace {

constexpr std::size_t stack_size = 64UL * 1024;

// The channel and two stacks in one mapping; kept for the next launch once its program has ended.
struct arena {
    channel* shared = nullptr;
    std::byte* base = nullptr;
    std::byte* minder_stack() const { return base + 4096 + stack_size; }
    std::byte* program_stack() const { return base + 4096 + 2 * stack_size; }
};

constexpr std::size_t arena_size = 4096 + 2 * stack_size;

class arena_pool {
public:
    arena take() {
        {
            const std::lock_guard lock(mutex_);
            if (!free_.empty()) {
                const arena a = free_.back();
                free_.pop_back();
                return renewed(a);
            }
        }
        void* base = ::mmap(nullptr, arena_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED) return {};
        return renewed({nullptr, static_cast<std::byte*>(base)});
    }
    void give_back(arena a) {
        const std::lock_guard lock(mutex_);
        free_.push_back(a);
    }
    ~arena_pool() {
        for (const arena& a : free_) ::munmap(a.base, arena_size);
    }

private:
    static arena renewed(arena a) {
        a.shared = new (a.base) channel;
        return a;
    }
    std::mutex mutex_;
    std::vector<arena> free_;
};

arena_pool& arenas() {
    static arena_pool pool;
    return pool;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
}

failure why_not(const launch_request& request, const channel& c) {
    const auto at = static_cast<stage>(c.failed_at.load());
    const std::string reason = std::system_category().message(c.error.load());
    switch (at) {
        case stage::directory:
            return {errc::engine, "can't start in " + request.directory + ": " + reason};
        case stage::mounts:
            return {errc::refused, "can't give the process a /proc of its own: " + reason};
        case stage::session:
            return {errc::engine, "can't make a session for the process: " + reason};
        case stage::output:
        case stage::script:
            return {errc::engine, "can't connect the process's files: " + reason};
        case stage::fork:
            return {errc::engine, "can't start another process: " + reason};
        case stage::exec:
            break;
    }
    return {errc::engine, "can't start " + request.program + ": " + reason};
}

// A descriptor that the program's standard ones don't overwrite: ours may be closed, and then it may be one of them.
struct beyond_standard {
    explicit beyond_standard(int fd) : fd(fd) {
        if (fd >= 0 && fd <= 3) {
            copy.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 4));
            this->fd = copy.get();
        }
    }
    int fd;
    descriptor copy;
};

void wait_until_started(const channel& c, int pidfd) {
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

}  // namespace

launch_request::~launch_request() {
    for (std::string& variable : environment) vault::wipe(variable);
}

struct launched::state {
    arena memory;
    pid_t pid = -1;
    descriptor pidfd;
    std::optional<int> status;
    bool ended = false;
    bool minded = false;
    bool own_session = false;
};

launched::launched(std::unique_ptr<state> s) : state_(std::move(s)) {}

launched::~launched() {
    kill();
    while (!reap()) {
        pollfd ended{pidfd(), POLLIN, 0};
        ::poll(&ended, 1, -1);
    }
    arenas().give_back(state_->memory);
}

int launched::pidfd() const {
    return state_->pidfd.get();
}
std::optional<int> launched::status() const {
    return state_->status;
}

bool launched::reap() {
    if (state_->ended) return true;
    children::hold list;
    siginfo_t info{};
    const int result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd()), &info, WEXITED | WNOHANG | __WALL);
    if (result != 0 && errno != ECHILD) return false;
    if (result == 0 && info.si_pid == 0) return false;
    state_->ended = true;
    list.remove(state_->pid);
    if (result != 0) return true;
    const bool exited = info.si_code == CLD_EXITED;
    // A minder that was killed takes its program with it, before it could tell how the program ended.
    if (!state_->minded || !exited)
        state_->status = exited ? W_EXITCODE(info.si_status, 0) : info.si_status;
    else if (const int told = state_->memory.shared->status.load(std::memory_order_acquire); told >= 0)
        state_->status = told;
    return true;
}

void launched::send(int signal) {
    if (state_->ended) return;
    // To the minder, which passes it on; else to the session's process group, or the process alone.
    if (!state_->minded && state_->own_session)
        ::kill(-state_->pid, signal);
    else
        ::syscall(SYS_pidfd_send_signal, pidfd(), signal, nullptr, 0);
}

void launched::terminate() {
    send(SIGTERM);
}

void launched::kill() {
    send(SIGKILL);
}

result<std::unique_ptr<launched>> launch(const launch_request& request) {
    auto s = std::make_unique<launched::state>();
    s->memory = arenas().take();
    if (s->memory.shared == nullptr) return failure(errc::engine, "can't start a process: out of memory");
    s->minded = request.own_pid_namespace;
    s->own_session = request.own_session;
    const std::vector<char*> argv = pointers(request.arguments);
    const std::vector<char*> envp = pointers(request.environment);
    const beyond_standard output(request.output);
    const beyond_standard errors(request.errors);
    const beyond_standard script(request.script);
    channel& c = *s->memory.shared;
    c.program = request.program.c_str();
    c.argv = argv.data();
    c.envp = envp.data();
    c.directory = request.directory.empty() ? nullptr : request.directory.c_str();
    c.output = output.fd;
    c.errors = errors.fd;
    c.script = script.fd;
    c.own_session = request.own_session;
    c.program_stack = s->memory.program_stack();

    // No signal may be handled in the child, which shares our memory: all are blocked until it has its own.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
#if defined(LATCHKEY_TSAN)
    const int sharing = 0;
#else
    const int sharing = CLONE_VM;
#endif
    c.shares_memory = sharing != 0;
    // A minder touches no descriptor: sharing ours spares it copies, which would keep pipes open.
    const int minder_sharing = sharing != 0 ? CLONE_VM | CLONE_FILES : 0;
    int pidfd = -1;
    int clone_error = 0;
    {
        children::hold list;
        // A minder sends no SIGCHLD, so that nobody's handler for it, or ignoring it, loses how the program ended.
        s->pid = s->minded ? ::clone(minder_main, s->memory.minder_stack(),
                                     minder_sharing | CLONE_NEWPID | CLONE_NEWNS | CLONE_PIDFD, &c, &pidfd)
                           : ::clone(program_main, c.program_stack, sharing | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &c,
                                     &pidfd);
        clone_error = errno;
        if (s->pid > 0) list.add(s->pid);
    }
    s->pidfd.reset(pidfd);
    if (s->pid > 0 && s->minded) wait_until_started(c, pidfd);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);

    if (s->pid < 0) {
        arenas().give_back(s->memory);
        const bool forbidden = s->minded && clone_error != EAGAIN && clone_error != ENOMEM;
        return failure(forbidden ? errc::refused : errc::engine,
                       "can't start a process: " + std::system_category().message(clone_error));
    }
    auto process = std::make_unique<launched>(std::move(s));
    if (c.failed_at.load() >= 0) return why_not(request, c);
    return process;
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

bool pid_namespaces_work(std::string* why) {
    static const std::string reason = [] {
        launch_request probe;
        probe.program = "/bin/sh";
        probe.arguments = {"sh", "-c", ":"};
        probe.own_pid_namespace = true;
        const auto process = launch(probe);
        return process ? std::string() : process.error().what;
    }();
    if (why != nullptr) *why = reason;
    return reason.empty();
}

}  // namespace latchkey::exec
