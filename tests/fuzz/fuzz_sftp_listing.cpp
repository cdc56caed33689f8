// SPDX-License-Identifier: Apache-2.0
//
// What an SFTP server lists, from arbitrary bytes: the names, a NUL, the lines.
#include "runner/native/listing.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const std::size_t cut = all.find('\0');
    const std::string_view names = all.substr(0, cut);
    const auto entries =
        latchkey::native::read_listing(names, cut == std::string_view::npos ? "" : all.substr(cut + 1));
    for (const auto& entry : entries)
        if (entry.name.empty() || entry.name == "." || entry.name == ".." ||
            entry.name.find('\n') != std::string::npos || names.find(entry.name) == std::string_view::npos)
            std::abort();
    return 0;
}
