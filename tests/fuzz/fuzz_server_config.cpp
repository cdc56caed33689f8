// SPDX-License-Identifier: Apache-2.0
//
// A configuration file over any bytes: no crash, only known keys, each with its line; and what is written back as a
// file reads as the same.
#include "runner/cli/server_config.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using latchkey::cli::settings_in;
    const std::vector<std::string_view> known = {"listen", "data", "threads", "grace", "tls_cert"};
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto found = settings_in(text, "file", known);
    if (!found) {
        if (!found.error().what.starts_with("file")) std::abort();
        return 0;
    }
    const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
    std::string again;
    for (const auto& [key, value] : *found) {
        if (std::find(known.begin(), known.end(), key) == known.end()) std::abort();
        const int line = std::atoi(value.origin.c_str() + 5);
        if (!value.origin.starts_with("file:") || line < 1 || line > lines) std::abort();
        again += key + " = " + latchkey::cli::quoted_for_config(value.value) + "\n";
    }
    const auto same = settings_in(again, "again", known);
    if (!same || same->size() != found->size()) std::abort();
    for (const auto& [key, value] : *found)
        if (same->at(key).value != value.value) std::abort();
    return 0;
}
