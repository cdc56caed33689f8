// SPDX-License-Identifier: Apache-2.0
//
// One HTTP/1.1 connection to a container engine over its unix socket: a request, then the response's head, then its
// body as it comes, or the bare stream where the engine has switched to one. Owner: one coroutine at a time. One
// loop; nothing blocks it. Cancelling the coroutine that waits ends the wait with errc::cancelled; use it no more
// then.
#pragma once

#include "runner/async/task.hpp"
#include "runner/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::engine {

struct http_request {
    std::string method = "GET";
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string content_type;  // of the body; empty: there is none
    std::string body;
};

class http_connection {
public:
    static async::task<result<std::unique_ptr<http_connection>>> connect(boost::asio::any_io_executor,
                                                                         std::string socket);
    ~http_connection();
    http_connection(const http_connection&) = delete;
    http_connection& operator=(const http_connection&) = delete;

    // Sends the request and reads the response's head; gives its status. engine: the engine hung up, or what it said
    // is not HTTP.
    async::task<result<int>> send(const http_request&);
    // For a body that is not at hand as a whole: the head first (chunked), then piece by piece, then the end, which
    // reads the response's head.
    async::task<result<void>> begin(const http_request&);
    async::task<result<void>> write_piece(std::string_view);
    async::task<result<int>> finish();

    // The body as it comes; 0: its end. After a switch of protocols (status 101, or 200 without a length, to a
    // request for one): the stream's bytes.
    async::task<result<std::size_t>> read(boost::asio::mutable_buffer);
    // The whole body. engine: it is longer than `most`.
    async::task<result<std::string>> read_all(std::size_t most);
    // The connection can take another request.
    bool reusable() const;
    // Ends what waits on it. Harmless twice.
    void close();

private:
    struct impl;
    explicit http_connection(std::unique_ptr<impl>);
    std::unique_ptr<impl> impl_;
};

// `a b/c` → `a%20b%2Fc`, for one part of a target or a query's value.
std::string percent_encoded(std::string_view);

}  // namespace latchkey::engine
