// SPDX-License-Identifier: Apache-2.0
//
// System calls as code may make them that runs in a process which shares our memory: they leave errno alone, which
// belongs to our thread, and no sanitizer follows them. Private to minder.cpp and launch_child.cpp. Any thread.
#pragma once

#include <csignal>
#include <sys/syscall.h>

#define LATCHKEY_SHARED_MEMORY_CODE __attribute__((no_sanitize("address", "undefined", "thread"), noinline))

namespace latchkey::exec {

LATCHKEY_SHARED_MEMORY_CODE inline long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
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

LATCHKEY_SHARED_MEMORY_CODE inline long raw_address(const void* pointer) {
    return reinterpret_cast<long>(pointer);
}

// The signal's handling as a new process would have it.
LATCHKEY_SHARED_MEMORY_CODE inline void to_default(int signal) {
    struct kernel_action {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)();
        unsigned long mask;
    } const action{SIG_DFL, 0, nullptr, 0};
    raw(SYS_rt_sigaction, signal, raw_address(&action), 0, sizeof(action.mask));
}

}  // namespace latchkey::exec
