// SPDX-License-Identifier: Apache-2.0
#include "runner/vault/base64.hpp"

#include <sodium.h>

#include <string>

namespace latchkey::vault {

std::optional<secret> decode_base64(std::string_view text) {
    std::string bytes(text.size(), '\0');
    for (const int variant : {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING}) {
        std::size_t size = 0;
        const char* end = nullptr;
        if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(),
                              " \t\r\n", &size, &end, variant) != 0 ||
            end != text.data() + text.size())
            continue;
        bytes.resize(size);
        return secret(std::move(bytes));
    }
    wipe(bytes);
    return std::nullopt;
}

}  // namespace latchkey::vault
