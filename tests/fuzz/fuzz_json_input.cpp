// SPDX-License-Identifier: Apache-2.0
// What a client sends as a body: read within bounds or refused, and no field of it makes a reader do anything but
// give a value or refuse.
#include "runner/server/input.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using latchkey::server::input;
using latchkey::server::json;

int depth_of(const json& j) {
    int deepest = 0;
    if (j.is_structured())
        for (const json& item : j) deepest = std::max(deepest, depth_of(item));
    return deepest + 1;
}

void read_all(const json& object) {
    input in(object);
    for (const char* name : {"a", "name", "id", "list", ""}) {
        in.has(name);
        in.text(name);
        in.flag(name);
        in.number(name);
        in.texts(name);
        in.object(name);
        if (const auto objects = in.objects(name))
            for (const json& one : *objects) read_all(one);
    }
    in.required("name");
    if (const auto checked = in.checked(); !checked && checked.error().what.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = latchkey::server::parse_json(text);
    if (!read) {
        if (read.error().what.empty()) std::abort();
        return 0;
    }
    if (depth_of(*read) > 66) std::abort();
    read_all(*read);
    const std::string written = read->dump(-1, ' ', false, json::error_handler_t::replace);
    const auto again = latchkey::server::parse_json(written);
    if (!again || *again != *read) std::abort();
    return 0;
}
