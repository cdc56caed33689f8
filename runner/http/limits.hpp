// SPDX-License-Identifier: Apache-2.0
//
// How much of everything a peer may ask of the server, and how long it may take. Value type.
#pragma once

#include <chrono>
#include <cstddef>

namespace latchkey::http {

struct limits {
    std::size_t head = 16UL * 1024;               // request line and headers, in bytes
    std::size_t target = 8UL * 1024;              // of the request line
    std::size_t body = 1024UL * 1024;             // unless the application allows more for a request
    std::size_t connections = 2000;               // at once
    std::chrono::milliseconds head_time{10'000};  // from its first byte to the end of the head
    std::chrono::milliseconds body_time{30'000};  // for each 64 KiB of a body, either way
    std::chrono::milliseconds idle_time{75'000};  // between two requests
    std::chrono::milliseconds look_every{500};    // how often the times are looked at
};

}  // namespace latchkey::http
