// SPDX-License-Identifier: Apache-2.0
//
// References in fields and templates of the catalogue: no crash, bounded, text without `$` unchanged, and a value
// is never looked at again.
#include "pipelines/delivery.hpp"
#include "pipelines/variables.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace latchkey::pipelines;

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::size_t asked = 0;
    std::vector<std::string> unknown;
    const std::string filled = interpolate(
        text,
        [&](std::string_view name) -> std::optional<std::string> {
            ++asked;
            require(!name.empty());
            if (name.size() % 2 == 0) return std::nullopt;
            return "$NAME";
        },
        &unknown);
    require(filled.size() <= longest_interpolated);
    require(asked <= size / 2 && unknown.size() <= asked);
    if (asked == 0 && size <= longest_interpolated) require(filled == text);

    const auto fields = template_fields(text);
    const auto expanded = expand(text, [](std::string_view field) { return std::optional(field); });
    require(fields.has_value() == expanded.has_value());
    if (fields && fields->empty()) require(*expanded == text);
    return 0;
}
