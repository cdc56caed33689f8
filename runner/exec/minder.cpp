// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/minder.hpp"

#include "runner/exec/raw_syscall.hpp"

#include <climits>

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace latchkey::exec {

namespace {

LATCHKEY_SHARED_MEMORY_CODE void announce(minder_channel& c) {
    c.ready.store(1, std::memory_order_release);
    raw(SYS_futex, raw_address(&c.ready), FUTEX_WAKE, INT_MAX);
}

LATCHKEY_SHARED_MEMORY_CODE int give_up(minder_channel& c, minder_stage at, long error) {
    c.error.store(static_cast<int>(-error), std::memory_order_relaxed);
    c.failed_at.store(static_cast<int>(at), std::memory_order_relaxed);
    announce(c);
    return 127;
}

LATCHKEY_SHARED_MEMORY_CODE long opened(const char* path, int flags, int& into) {
    const long fd = raw(SYS_openat, AT_FDCWD, raw_address(path), flags | O_CLOEXEC);
    if (fd >= 0) into = static_cast<int>(fd);
    return fd;
}

LATCHKEY_SHARED_MEMORY_CODE long open_handles(minder_channel& c) {
    static const char pid_namespace[] = "/proc/self/ns/pid";
    static const char mount_namespace[] = "/proc/self/ns/mnt";
    static const char root[] = "/";
    static const char proc[] = "/proc";
    static const char mounts[] = "/proc/self/mountinfo";
    long r = opened(pid_namespace, O_RDONLY, c.pid_namespace);
    if (r >= 0) r = opened(mount_namespace, O_RDONLY, c.mount_namespace);
    if (r >= 0) r = opened(root, O_PATH | O_DIRECTORY, c.root);
    if (r >= 0) r = opened(proc, O_RDONLY | O_DIRECTORY, c.proc);
    if (r >= 0 && c.private_folder != nullptr) r = opened(c.private_folder, O_PATH | O_DIRECTORY, c.place);
    if (r >= 0) r = opened(mounts, O_RDONLY, c.mounts);
    return r;
}

}  // namespace

LATCHKEY_SHARED_MEMORY_CODE int minder_main(void* argument) {
    minder_channel& c = *static_cast<minder_channel*>(argument);
    raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    to_default(SIGCHLD);  // ignored, it would not be waited for
    static const char none[] = "none";
    static const char root[] = "/";
    static const char proc[] = "proc";
    static const char proc_path[] = "/proc";
    long r = raw(SYS_mount, raw_address(none), raw_address(root), 0, MS_REC | MS_SLAVE, 0);
    // The machine's goes, so that nobody finds it below ours. Where none is mounted there is nothing to take away.
    if (r == 0) raw(SYS_umount2, raw_address(proc_path), MNT_DETACH);
    if (r == 0)
        r = raw(SYS_mount, raw_address(proc), raw_address(proc_path), raw_address(proc),
                MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
    static const char tmpfs[] = "tmpfs";
    static const char limits[] = "mode=0700,size=16m";
    if (r == 0 && c.private_folder != nullptr)
        r = raw(SYS_mount, raw_address(none), raw_address(c.private_folder), raw_address(tmpfs), MS_NOSUID | MS_NODEV,
                raw_address(limits));
    if (r < 0) return give_up(c, minder_stage::mounts, r);
    r = open_handles(c);
    if (r < 0) return give_up(c, minder_stage::handles, r);
    announce(c);

    const unsigned long awaited = (1UL << (SIGCHLD - 1)) | (1UL << (SIGTERM - 1));
    for (;;) {
        const long signal = raw(SYS_rt_sigtimedwait, raw_address(&awaited), 0, 0, sizeof(awaited));
        if (signal == SIGTERM) raw(SYS_kill, -1, SIGTERM);
        while (raw(SYS_wait4, -1, 0, WNOHANG, 0) > 0) {
        }
    }
}

}  // namespace latchkey::exec
