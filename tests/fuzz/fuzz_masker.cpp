// SPDX-License-Identifier: Apache-2.0
//
// The input's first byte says how it is cut into pieces, the first line is a secret, the rest is output. However it
// is cut, the masker gives what the plain reference gives.
#include "tests/runner/log/masker_reference.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > 4096) return 0;
    const std::size_t piece = 1 + data[0] % 16;
    const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t end = all.find('\n');
    if (end == std::string_view::npos) return 0;
    const std::string secret(all.substr(0, end));
    const std::string_view text = all.substr(end + 1);
    const std::string_view view = secret;
    auto masker = latchkey::log::masker::build(std::span(&view, 1), nullptr);
    if (!masker) std::abort();
    const std::vector<std::size_t> sizes(text.size() / piece, piece);
    if (latchkey::test::masked_in_pieces(text, *masker, sizes) != latchkey::test::masked_plainly(text, {secret}))
        std::abort();
    return 0;
}
