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

std::string encode_base64(std::string_view bytes) {
    constexpr int form = sodium_base64_VARIANT_ORIGINAL;
    std::string text(sodium_base64_encoded_len(bytes.size(), form), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      form);
    text.pop_back();
    return text;
}

}  // namespace latchkey::vault
