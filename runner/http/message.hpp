// SPDX-License-Identifier: Apache-2.0
//
// A request as it arrived and the response to it, as plain values: what handlers see of HTTP. No thread rule. Must
// not know sockets or the product.
#pragma once

#include "runner/async/task.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::http {

using header_list = std::vector<std::pair<std::string, std::string>>;

// Compared without case; nullptr: there is none. Of several the first.
const std::string* find_header(const header_list&, std::string_view name);

struct request {
    std::string method;                                      // "GET"
    std::string target;                                      // as it arrived: /a%20b?c=d
    std::vector<std::string> path;                           // decoded parts of it: {"a b"}
    std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
    header_list headers;
    std::string body;
    std::string peer;     // the address it came from
    bool secure = false;  // over TLS
    bool keep_alive = true;
    int version = 11;  // 10 or 11

    const std::string* header(std::string_view name) const { return find_header(headers, name); }
    // The first of that name; nullptr: none.
    const std::string* parameter(std::string_view name) const;
};

// Splits and decodes a target. False: it is no path, or an escape in it is broken or stands for NUL.
bool split_target(request&);

// Where a stream's bytes go.
class body_writer {
public:
    virtual ~body_writer() = default;
    // False: the peer is gone or the server is closing: end.
    virtual async::task<bool> write(std::string bytes) = 0;
};

struct response {
    int status = 200;
    header_list headers;
    std::string body;
    // Bytes that live as long as the program, instead of `body`.
    std::string_view fixed_body;
    // The body as it comes into being, instead of both: called once the head is sent, on the connection's executor.
    std::function<async::task<>(body_writer&)> stream;
    bool close = false;  // the connection ends after it

    response& with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
};

// "Not Found"
std::string_view reason_of(int status);

}  // namespace latchkey::http
