// SPDX-License-Identifier: Apache-2.0
//
// A secret file over any bytes: no crash, every key is one of the text, and no message holds any of it.
#include "runner/cli/secret_input.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto secrets = latchkey::cli::secrets_in(text, "file");
    if (!secrets) {
        const std::string& what = secrets.error().what;
        const std::size_t colon = what.find_first_not_of("0123456789", 5);
        if (!what.starts_with("file:") || colon == std::string::npos) std::abort();
        const std::string rest = what.substr(colon);
        if (rest != ": not a line of the form KEY=value or KEY<<END" &&
            rest != ": a value of several lines has no end: the word after << on a line of its own")
            std::abort();
        return 0;
    }
    for (const auto& [key, value] : *secrets)
        // A value of several lines loses its carriage returns.
        if (key.empty() ||
            (text.find(key + "=") == std::string_view::npos && text.find(key + "<<") == std::string_view::npos) ||
            (text.find('\r') == std::string_view::npos && text.find(value.reveal()) == std::string_view::npos))
            std::abort();
    return 0;
}
