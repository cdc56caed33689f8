// SPDX-License-Identifier: Apache-2.0
//
// Bytes in, one request out: HTTP/1.0 and 1.1, bounded. No I/O, so that tests and the fuzzer feed it literal bytes.
// One thread. Owner: a connection's coroutine.
#pragma once

#include "runner/http/limits.hpp"
#include "runner/http/message.hpp"

#include <memory>

namespace latchkey::http {

class request_parser {
public:
    explicit request_parser(const limits&);
    ~request_parser();
    request_parser(const request_parser&) = delete;
    request_parser& operator=(const request_parser&) = delete;

    // Takes from the front; gives how many bytes it used, which are fewer than all at the head's end, at the
    // request's end, and where it refuses.
    std::size_t feed(std::string_view);
    bool begun() const;      // a byte of the request is there
    bool head_done() const;  // method, target and headers can be looked at
    bool done() const;
    // 0, or the status to answer with: 400, 413, 414, 431. The connection can't be used on.
    int refused() const;
    std::string_view why() const;  // a sentence for it

    // Once the head is done, before more is fed.
    void allow_body(std::size_t most);
    bool expects_continue() const;
    const request& head() const;
    request take();  // once done

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::http
