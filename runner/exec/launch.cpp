// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/launch.hpp"

#include "runner/exec/children.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/exec/launch_child.hpp"
#include "runner/exec/process_namespace.hpp"
#include "runner/vault/secret.hpp"

#include <climits>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace latchkey::exec {

namespace {

constexpr std::size_t stack_size = 64UL * 1024;

constexpr std::size_t arena_size = 4096 + stack_size;

// The channel and a stack in one mapping; kept for the next launch once its program has been started.
struct arena {
    channel* shared = nullptr;
    std::byte* base = nullptr;
    std::byte* stack() const { return base + arena_size; }
};

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
            return {errc::refused, "can't enter the namespace: " + reason};
        case stage::groups:
            return {errc::engine, "can't put the process into its cgroup: " + reason};
        case stage::session:
            return {errc::engine, "can't make a session for the process: " + reason};
        case stage::output:
        case stage::inherited:
            return {errc::engine, "can't connect the process's files: " + reason};
        case stage::exec:
            break;
    }
    return {errc::engine, "can't start " + request.program + ": " + reason};
}

// Gives the memory back once the child no longer uses it, which is when the child has its own.
struct arena_return {
    explicit arena_return(arena a) : memory(a) {}
    ~arena_return() { arenas().give_back(memory); }
    arena_return(const arena_return&) = delete;
    arena_return& operator=(const arena_return&) = delete;
    arena memory;
};

// A descriptor that those which the program is given don't overwrite: ours may be one of them.
struct beyond {
    beyond(int fd, int those) : fd(fd) {
        if (fd >= 0 && fd < those) {
            copy.reset(::fcntl(fd, F_DUPFD_CLOEXEC, those));
            this->fd = copy.get();
        }
    }
    int fd;
    descriptor copy;
};

}  // namespace

launch_request::~launch_request() {
    for (std::string& variable : environment) vault::wipe(variable);
}

struct launched::state {
    pid_t pid = -1;
    descriptor pidfd;
    std::optional<int> status;
    bool ended = false;
    bool own_session = false;
    process_namespace* inside = nullptr;
};

launched::launched(std::unique_ptr<state> s) : state_(std::move(s)) {}

launched::~launched() {
    kill();
    while (!reap()) {
        pollfd ended{pidfd(), POLLIN, 0};
        ::poll(&ended, 1, -1);
    }
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
    state_->status = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : info.si_status;
    return true;
}

void launched::send(int signal) {
    // To the session's process group, or the process alone.
    if (state_->own_session)
        ::kill(-state_->pid, signal);
    else
        ::syscall(SYS_pidfd_send_signal, pidfd(), signal, nullptr, 0);
}

void launched::terminate() {
    if (state_->ended) return;
    if (state_->inside != nullptr)
        state_->inside->terminate();
    else
        send(SIGTERM);
}

void launched::kill() {
    if (state_->ended) return;
    if (state_->inside != nullptr)
        state_->inside->kill();
    else
        send(SIGKILL);
}

result<std::unique_ptr<launched>> launch(const launch_request& request) {
    const arena memory = arenas().take();
    if (memory.shared == nullptr) return failure(errc::engine, "can't start a process: out of memory");
    auto s = std::make_unique<launched::state>();
    s->inside = request.inside;
    s->own_session = request.own_session;
    const std::vector<char*> argv = pointers(request.arguments);
    const std::vector<char*> envp = pointers(request.environment);
    const int given = 3 + static_cast<int>(request.inherited.size());
    const beyond output(request.output, given);
    const beyond errors(request.errors, given);
    std::vector<beyond> kept;
    std::vector<int> inherited;
    for (const int fd : request.inherited) inherited.push_back(kept.emplace_back(fd, given).fd);
    channel& c = *memory.shared;
    c.program = request.program.c_str();
    c.argv = argv.data();
    c.envp = envp.data();
    c.directory = request.directory.empty() ? nullptr : request.directory.c_str();
    c.output = output.fd;
    c.errors = errors.fd;
    c.inherited = inherited.data();
    c.inherited_count = static_cast<unsigned>(inherited.size());
    c.groups = request.groups.data();
    c.group_count = static_cast<unsigned>(request.groups.size());
    c.own_session = request.own_session;
    c.mounts = request.mounts;
    c.root = request.root;
    if (request.inside != nullptr) {
        c.mounts = request.inside->mounts();
        c.root = request.inside->root();
    }

    // No signal may be handled in the child, which shares our memory: all are blocked until it has its own.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
#if defined(LATCHKEY_TSAN)
    const int sharing = 0;  // its runtime refuses it
#else
    const int sharing = CLONE_VM;
#endif
    int pidfd = -1;
    int error = 0;
    bool elsewhere = false;
    {
        children::hold list;
        const birthplace in(request.inside);
        elsewhere = in.error() != 0;
        error = in.error();
        if (!elsewhere) {
            s->pid = ::clone(program_main, memory.stack(), sharing | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &c, &pidfd);
            error = errno;
        }
        if (s->pid > 0) list.add(s->pid);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    const arena_return used(memory);
    s->pidfd.reset(pidfd);

    if (s->pid < 0)
        return failure(elsewhere ? errc::refused : errc::engine,
                       "can't start a process: " + std::system_category().message(error));
    auto process = std::make_unique<launched>(std::move(s));
    if (c.failed_at.load() >= 0) return why_not(request, c);
    return process;
}

}  // namespace latchkey::exec
