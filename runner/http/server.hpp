// SPDX-License-Identifier: Apache-2.0
//
// An HTTP server on one loop: listens, reads requests within its limits, hands them to the application and writes its
// responses. A slow or silent peer is cut off by time, never waited for; a flood of connections drops those that are
// idle. Every call from the loop's thread. Must not know what the application is about.
#pragma once

#include "runner/async/task.hpp"
#include "runner/error.hpp"
#include "runner/http/limits.hpp"
#include "runner/http/message.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace latchkey::http {

class tls_context;

class application {
public:
    virtual ~application() = default;
    // How large a body this request may have, known by its head.
    virtual std::size_t body_limit(const request& head) const = 0;
    virtual async::task<response> handle(request) = 0;
    // For what never becomes a request, and for a bug that `handle` threw (500).
    virtual response refuse(int status, std::string_view why) = 0;
};

class server {
public:
    server(const boost::asio::any_io_executor&, const limits&, application&);
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // A numeric address and a port, 0: a free one; gives the port. May be called for several addresses, before run().
    // io: it is taken, or not ours.
    result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
    // For connections from now on; nullptr: without TLS.
    void use(std::shared_ptr<const tls_context>);
    // Until drain(); all connections have ended then.
    async::task<> run();
    // Takes no new connection, ends idle ones, lets requests end within `grace`, and cuts off what is left.
    // Again: with less grace.
    void drain(std::chrono::milliseconds grace);
    std::size_t connections() const;  // any thread

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::http
