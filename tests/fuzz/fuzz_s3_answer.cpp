// SPDX-License-Identifier: Apache-2.0
//
// What an S3 server says, over any bytes: no crash, no list that asks for what follows without saying from where, no
// line end or control character in what is shown of an error.
#include "runner/objects/s3_answer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace latchkey;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto list = objects::read_s3_list(bytes)) {
        if (list->cut && list->objects.empty()) std::abort();
        for (const auto& one : list->objects)
            if (one.key.empty()) std::abort();
    }
    const auto error = objects::read_s3_error(bytes);
    for (const std::string* text : {&error.code, &error.message}) {
        if (text->size() > 200) std::abort();
        for (const char c : *text)
            if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) >= 0x7f) std::abort();
    }
    return 0;
}
