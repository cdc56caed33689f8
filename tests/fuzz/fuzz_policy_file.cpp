// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a policy file: no crash; what is taken is written and read back as the same.
#include "runner/cli/remote/policy_file.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace latchkey::cli::remote;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto read = policy_from(text, "file");
    if (!read) {
        if (read.error().what.empty()) std::abort();
        return 0;
    }
    const std::string written = yaml_of(*read);
    const auto again = policy_from(written, "file");
    if (!again || yaml_of(*again) != written) std::abort();
    return 0;
}
