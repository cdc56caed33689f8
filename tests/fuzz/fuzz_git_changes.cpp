// SPDX-License-Identifier: Apache-2.0
//
// Lists of changed paths as git prints them, over any bytes: no crash, no empty path, none with a NUL.
#include "runner/source/changes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto all = latchkey::source::read_status(bytes);
    latchkey::source::read_name_status(bytes, all);
    for (const auto& [path, how] : all)
        if (path.empty() || path.find('\0') != std::string::npos) std::abort();
    return 0;
}
