// SPDX-License-Identifier: Apache-2.0
//
// A definition with places for parameters: no crash, bounded, text without `!` unchanged, and a value is never looked
// at again.
#include "pipelines/definition_template.hpp"

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
    const filled_template f = fill_template(text, {{"a", "!{b}"}, {"b", "!a"}, {"long", std::string(9000, '!')}});
    require(f.text.size() <= longest_filled);
    require(f.missing.size() <= size / 4);
    if (text.find('!') == std::string_view::npos && size <= longest_filled)
        require(f.text == text && f.missing.empty());
    for (const std::string& name : f.missing) require(!name.empty() && name != "a" && name != "b");
    return 0;
}
