// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/harden.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace latchkey::vault {

void harden_process() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace latchkey::vault
