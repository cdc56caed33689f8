// SPDX-License-Identifier: Apache-2.0
//
// What an action exported, which an action may write itself: never a crash, never a name that is none.
#include "runner/exec/exported.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    for (const auto& [name, value] : latchkey::exec::parse_exported({reinterpret_cast<const char*>(data), size}))
        if (name.empty() || name.find('=') != std::string::npos || value.size() > size) std::abort();
    return 0;
}
