// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a stream of events: no crash, and the same events whether they come at once or byte by byte.
#include "runner/client/event_parser.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

std::string events_in(std::string_view text, std::size_t piece) {
    std::string all;
    latchkey::client::event_parser parser;
    for (std::size_t at = 0; at < text.size(); at += piece)
        parser.take(text.substr(at, piece), [&](const latchkey::client::server_event& e) {
            if (e.id.size() > 200 || e.id.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
                std::abort();
            all += e.id + "\x1f" + e.name + "\x1f" + e.data + "\x1e";
            return true;
        });
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string whole = events_in(text, size == 0 ? 1 : size);
    if (whole != events_in(text, 1) || whole != events_in(text, 7)) std::abort();
    return 0;
}
