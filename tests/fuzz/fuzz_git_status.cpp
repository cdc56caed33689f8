// SPDX-License-Identifier: Apache-2.0
//
// What git printed, over any bytes: no crash, and nothing but a branch by its full name, or none.
#include "runner/cli/environment.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using latchkey::policy::ref_type;
    const auto facts = latchkey::cli::facts_in({reinterpret_cast<const char*>(data), size});
    if (facts.commit.find('\n') != std::string::npos || facts.ref.name.find('\n') != std::string::npos) std::abort();
    const bool branch = facts.ref.type == ref_type::branch && facts.ref.name.starts_with("refs/heads/");
    if (!facts.ref.name.empty() && !branch) std::abort();
    return 0;
}
