// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/launch_child.hpp"

#include <climits>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs in a process that shares our memory: no sanitizer may follow it there.
#define LATCHKEY_SHARED_MEMORY_CODE __attribute__((no_sanitize("address", "undefined", "thread"), noinline))

namespace latchkey::exec {

namespace {

// System calls that leave errno alone: the minder shares our thread's errno while our thread runs.
LATCHKEY_SHARED_MEMORY_CODE long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
#if defined(__x86_64__)
    long result = 0;
    register long r10 asm("r10") = d;
    register long r8 asm("r8") = e;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                 : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 asm("x8") = number;
    register long x0 asm("x0") = a;
    register long x1 asm("x1") = b;
    register long x2 asm("x2") = c;
    register long x3 asm("x3") = d;
    register long x4 asm("x4") = e;
    asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
#else
#error "system calls of this architecture are not known here"
#endif
}

LATCHKEY_SHARED_MEMORY_CODE void announce(channel& c) {
    c.ready.store(1, std::memory_order_release);
    raw(SYS_futex, reinterpret_cast<long>(&c.ready), FUTEX_WAKE, INT_MAX);
}

LATCHKEY_SHARED_MEMORY_CODE int fail(channel& c, stage at, long error) {
    c.error.store(static_cast<int>(-error), std::memory_order_relaxed);
    c.failed_at.store(static_cast<int>(at), std::memory_order_relaxed);
    return 127;
}

LATCHKEY_SHARED_MEMORY_CODE void to_default(int signal) {
    struct kernel_action {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)();
        unsigned long mask;
    } const action{SIG_DFL, 0, nullptr, 0};
    raw(SYS_rt_sigaction, signal, reinterpret_cast<long>(&action), 0, sizeof(action.mask));
}

}  // namespace

LATCHKEY_SHARED_MEMORY_CODE int program_main(void* argument) {
    channel& c = *static_cast<channel*>(argument);
    // Back to default: handlers of ours must not run here, where they would see our memory, and exec keeps what is
    // ignored.
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD}) to_default(signal);

    if (c.own_session)
        if (const long r = raw(SYS_setsid); r < 0) return fail(c, stage::session, r);
    raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);

    static const char null_device[] = "/dev/null";
    const long null = raw(SYS_openat, AT_FDCWD, reinterpret_cast<long>(null_device), O_RDWR);
    if (null < 0) return fail(c, stage::output, null);
    const long output = c.output >= 0 ? c.output : null;
    if (const long r = raw(SYS_dup3, null, 0, 0); r < 0 && null != 0) return fail(c, stage::output, r);
    const long errors = c.errors >= 0 ? c.errors : output;
    if (const long r = raw(SYS_dup3, output, 1, 0); r < 0 && output != 1) return fail(c, stage::output, r);
    if (const long r = raw(SYS_dup3, errors, 2, 0); r < 0 && errors != 2) return fail(c, stage::output, r);
    unsigned first_to_close = 3;
    if (c.script >= 0) {
        if (const long r = raw(SYS_dup3, c.script, 3, 0); r < 0) return fail(c, stage::script, r);
        first_to_close = 4;
    }
    raw(SYS_close_range, first_to_close, UINT_MAX, 4 /* CLOSE_RANGE_CLOEXEC */);

    if (c.directory != nullptr)
        if (const long r = raw(SYS_chdir, reinterpret_cast<long>(c.directory)); r < 0)
            return fail(c, stage::directory, r);
    // The minder shares our memory, and root may read any process's: without this capability it can't read one that
    // is not dumpable, which we are not (vault/harden.hpp).
    raw(SYS_prctl, PR_CAPBSET_DROP, CAP_SYS_PTRACE);
    const rlimit no_core{0, 0};
    raw(SYS_prlimit64, 0, RLIMIT_CORE, reinterpret_cast<long>(&no_core), 0);
    const unsigned long nothing_blocked = 0;
    raw(SYS_rt_sigprocmask, SIG_SETMASK, reinterpret_cast<long>(&nothing_blocked), 0, sizeof(nothing_blocked));
    const long r = raw(SYS_execve, reinterpret_cast<long>(c.program), reinterpret_cast<long>(c.argv),
                       reinterpret_cast<long>(c.envp));
    return fail(c, stage::exec, r);
}

// The first process of the namespace: makes /proc show this namespace only, starts the program, reaps, forwards
// SIGTERM to everything, and ends with the program. Everything else in the namespace dies with it.
LATCHKEY_SHARED_MEMORY_CODE int minder_main(void* argument) {
    channel& c = *static_cast<channel*>(argument);
    raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    to_default(SIGCHLD);  // ignored, it would reap the program before we see how it ended
    static const char none[] = "none";
    static const char root[] = "/";
    static const char proc[] = "proc";
    static const char proc_path[] = "/proc";
    long r = raw(SYS_mount, reinterpret_cast<long>(none), reinterpret_cast<long>(root), 0, MS_REC | MS_SLAVE, 0);
    if (r == 0)
        r = raw(SYS_mount, reinterpret_cast<long>(proc), reinterpret_cast<long>(proc_path),
                reinterpret_cast<long>(proc), MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
    if (r < 0) {
        fail(c, stage::mounts, r);
        announce(c);
        return 127;
    }
    // Our thread waits in wait_until_started(): until announce() nobody else uses its errno.
    const int sharing = c.shares_memory ? CLONE_VM : 0;
    const int program = ::clone(program_main, c.program_stack, sharing | CLONE_VFORK | SIGCHLD, &c);
    if (program < 0) fail(c, stage::fork, -errno);
    announce(c);
    if (program < 0 || c.failed_at.load(std::memory_order_relaxed) >= 0) return 127;
    if (!c.shares_memory) raw(SYS_close_range, 0, UINT_MAX, 0);  // else they are our thread's own, not copies

    const unsigned long awaited = (1UL << (SIGCHLD - 1)) | (1UL << (SIGTERM - 1));
    for (;;) {
        const long signal = raw(SYS_rt_sigtimedwait, reinterpret_cast<long>(&awaited), 0, 0, sizeof(awaited));
        if (signal == SIGTERM) raw(SYS_kill, -1, SIGTERM);
        for (;;) {
            int status = 0;
            const long ended = raw(SYS_wait4, -1, reinterpret_cast<long>(&status), WNOHANG, 0);
            if (ended == program) {
                c.status.store(status, std::memory_order_release);
                return 0;
            }
            if (ended <= 0) break;
        }
    }
}

#undef LATCHKEY_SHARED_MEMORY_CODE

}  // namespace latchkey::exec
