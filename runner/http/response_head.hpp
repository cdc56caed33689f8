// SPDX-License-Identifier: Apache-2.0
//
// A response's head as bytes. Nothing in a header's value can end its line. Pure; any thread may call it.
#pragma once

#include "runner/http/message.hpp"

#include <chrono>

namespace latchkey::http {

enum class framing : unsigned char {
    length,   // Content-Length: the body is at hand
    chunked,  // a stream to HTTP/1.1
    to_end,   // a stream to HTTP/1.0: the connection's end is the body's
    none,     // 204, 304: there is no body
};

std::string head_of(const response&, framing, std::size_t length, bool keep_alive, std::chrono::sys_seconds now);

}  // namespace latchkey::http
