// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/launch_child.hpp"

#include "runner/exec/raw_syscall.hpp"

#include <climits>

#include <csignal>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace latchkey::exec {

namespace {

LATCHKEY_SHARED_MEMORY_CODE int fail(channel& c, stage at, long error) {
    c.error.store(static_cast<int>(-error), std::memory_order_relaxed);
    c.failed_at.store(static_cast<int>(at), std::memory_order_relaxed);
    return 127;
}

}  // namespace

LATCHKEY_SHARED_MEMORY_CODE int program_main(void* argument) {
    channel& c = *static_cast<channel*>(argument);
    // Back to default: handlers of ours must not run here, where they would see our memory, and exec keeps what is
    // ignored.
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD}) to_default(signal);

    static const char ourselves[] = "0";
    for (unsigned i = 0; i < c.group_count; ++i)
        if (const long r = raw(SYS_write, c.groups[i], raw_address(ourselves), 1); r < 0)
            return fail(c, stage::groups, r);
    if (c.own_session)
        if (const long r = raw(SYS_setsid); r < 0) return fail(c, stage::session, r);
    raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    if (c.mounts >= 0) {
        static const char here[] = ".";
        long r = raw(SYS_setns, c.mounts, CLONE_NEWNS);
        if (r == 0) r = raw(SYS_fchdir, c.root);
        if (r == 0) r = raw(SYS_chroot, raw_address(here));  // where ours is, if ours is not the machine's
        if (r < 0) return fail(c, stage::mounts, r);
    }

    static const char null_device[] = "/dev/null";
    const long null = raw(SYS_openat, AT_FDCWD, raw_address(null_device), O_RDWR);
    if (null < 0) return fail(c, stage::output, null);
    const long output = c.output >= 0 ? c.output : null;
    if (const long r = raw(SYS_dup3, null, 0, 0); r < 0 && null != 0) return fail(c, stage::output, r);
    const long errors = c.errors >= 0 ? c.errors : output;
    if (const long r = raw(SYS_dup3, output, 1, 0); r < 0 && output != 1) return fail(c, stage::output, r);
    if (const long r = raw(SYS_dup3, errors, 2, 0); r < 0 && errors != 2) return fail(c, stage::output, r);
    unsigned first_to_close = 3;
    for (unsigned i = 0; i < c.inherited_count; ++i, ++first_to_close)
        if (const long r = raw(SYS_dup3, c.inherited[i], first_to_close, 0); r < 0)
            return fail(c, stage::inherited, r);
    raw(SYS_close_range, first_to_close, UINT_MAX, 4 /* CLOSE_RANGE_CLOEXEC */);

    if (c.directory != nullptr)
        if (const long r = raw(SYS_chdir, raw_address(c.directory)); r < 0) return fail(c, stage::directory, r);
    // The minder of a namespace shares our memory, and root may read any process's: without this capability it can't
    // read one that is not dumpable, which we are not (vault/harden.hpp).
    raw(SYS_prctl, PR_CAPBSET_DROP, CAP_SYS_PTRACE);
    const rlimit no_core{0, 0};
    raw(SYS_prlimit64, 0, RLIMIT_CORE, raw_address(&no_core), 0);
    const unsigned long nothing_blocked = 0;
    raw(SYS_rt_sigprocmask, SIG_SETMASK, raw_address(&nothing_blocked), 0, sizeof(nothing_blocked));
    const long r =
        raw(SYS_execve, raw_address(c.program), reinterpret_cast<long>(c.argv), reinterpret_cast<long>(c.envp));
    return fail(c, stage::exec, r);
}

}  // namespace latchkey::exec
