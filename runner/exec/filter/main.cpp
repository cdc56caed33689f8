// SPDX-License-Identifier: Apache-2.0
//
// Run by the build: writes the sandbox's system call filter, compiled by libseccomp for this architecture, as a C++
// array. So the product needs neither the library nor the time to compile it.
//
// What it denies (EPERM) is what an ordinary build never needs and what has let programs out of namespaces before:
// new user namespaces and what they would allow (mounts, other roots), other processes' namespaces, kernel keyrings,
// BPF, perf, userfaultfd, io_uring, kernel modules, the clock, swap, quotas; typing into a terminal; sockets of
// families other than local ones, IP and netlink. clone3 says ENOSYS, as its flags can't be looked at: libc then uses
// clone.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::uint64_t typing_into_a_terminal = TIOCSTI;
constexpr std::uint64_t pasting_into_a_terminal = 0x541C;  // TIOCLINUX
constexpr std::uint64_t low_half = 0xFFFFFFFFU;            // of an argument that the kernel reads as an int

bool build(scmp_filter_ctx filter) {
    const std::uint32_t denied = SCMP_ACT_ERRNO(EPERM);
    const auto rule = [&](std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> when) {
        // A call that this architecture does not have has nothing to deny.
        const int error =
            seccomp_rule_add_array(filter, action, call, static_cast<unsigned>(when.size()), when.begin());
        return error == 0 || error == -EDOM;
    };
    bool good = true;
    for (const int call : {SCMP_SYS(unshare),
                           SCMP_SYS(setns),
                           SCMP_SYS(mount),
                           SCMP_SYS(umount),
                           SCMP_SYS(umount2),
                           SCMP_SYS(pivot_root),
                           SCMP_SYS(chroot),
                           SCMP_SYS(move_mount),
                           SCMP_SYS(open_tree),
                           SCMP_SYS(fsopen),
                           SCMP_SYS(fsconfig),
                           SCMP_SYS(fsmount),
                           SCMP_SYS(fspick),
                           SCMP_SYS(mount_setattr),
                           SCMP_SYS(add_key),
                           SCMP_SYS(keyctl),
                           SCMP_SYS(request_key),
                           SCMP_SYS(bpf),
                           SCMP_SYS(perf_event_open),
                           SCMP_SYS(userfaultfd),
                           SCMP_SYS(io_uring_setup),
                           SCMP_SYS(io_uring_enter),
                           SCMP_SYS(io_uring_register),
                           SCMP_SYS(init_module),
                           SCMP_SYS(finit_module),
                           SCMP_SYS(delete_module),
                           SCMP_SYS(kexec_load),
                           SCMP_SYS(kexec_file_load),
                           SCMP_SYS(reboot),
                           SCMP_SYS(swapon),
                           SCMP_SYS(swapoff),
                           SCMP_SYS(acct),
                           SCMP_SYS(quotactl),
                           SCMP_SYS(settimeofday),
                           SCMP_SYS(clock_settime),
                           SCMP_SYS(clock_adjtime),
                           SCMP_SYS(adjtimex),
                           SCMP_SYS(stime),
                           SCMP_SYS(sethostname),
                           SCMP_SYS(setdomainname),
                           SCMP_SYS(syslog),
                           SCMP_SYS(uselib),
                           SCMP_SYS(lookup_dcookie),
                           SCMP_SYS(open_by_handle_at),
                           SCMP_SYS(vhangup),
                           SCMP_SYS(iopl),
                           SCMP_SYS(ioperm),
                           SCMP_SYS(move_pages),
                           SCMP_SYS(nfsservctl),
                           SCMP_SYS(process_vm_writev),
                           SCMP_SYS(process_madvise)})
        good = good && rule(denied, call, {});
    good = good && rule(denied, SCMP_SYS(clone), {scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER}});
    good = good && rule(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), {});
    for (const std::uint64_t request : {typing_into_a_terminal, pasting_into_a_terminal})
        good = good && rule(denied, SCMP_SYS(ioctl), {scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, low_half, request}});
    // Families between those that are allowed, and all beyond the last. Each family has a small number.
    for (std::uint64_t family = 0; family < AF_NETLINK; ++family)
        if (family != AF_UNSPEC && family != AF_UNIX && family != AF_INET && family != AF_INET6)
            good = good && rule(denied, SCMP_SYS(socket), {scmp_arg_cmp{0, SCMP_CMP_EQ, family, 0}});
    return good && rule(denied, SCMP_SYS(socket), {scmp_arg_cmp{0, SCMP_CMP_GT, AF_NETLINK, 0}});
}

std::vector<sock_filter> compiled() {
    std::vector<sock_filter> program;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    std::FILE* file = std::tmpfile();
    if (filter != nullptr && file != nullptr && build(filter) &&
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 /* a tree, not a list */ &&
        seccomp_export_bpf(filter, ::fileno(file)) == 0) {
        std::rewind(file);
        sock_filter one{};
        while (std::fread(&one, sizeof one, 1, file) == 1) program.push_back(one);
    }
    if (file != nullptr) std::fclose(file);
    if (filter != nullptr) seccomp_release(filter);
    return program;
}

}  // namespace

int main() {
    const std::vector<sock_filter> program = compiled();
    if (program.empty()) {
        std::fputs("can't compile the sandbox's system call filter\n", stderr);
        return 1;
    }
    std::puts("// Written by the build; see runner/exec/filter/main.cpp.");
    for (const sock_filter& one : program)
        std::printf("{%u, %u, %u, %uU},\n", unsigned{one.code}, unsigned{one.jt}, unsigned{one.jf}, one.k);
    return 0;
}
