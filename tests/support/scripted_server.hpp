// SPDX-License-Identifier: Apache-2.0
//
// A server on a port of 127.0.0.1 that says whatever a test wants, bytes as they are: for clients that must stand
// what no server of ours does. One connection at a time, on a thread of its own that is joined.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::test {

class scripted_server {
public:
    using socket = boost::asio::ip::tcp::socket;
    // Told the head and body of each request, and the socket to answer on, which is closed afterwards. A peer that
    // goes away in mid-answer is no fault.
    explicit scripted_server(std::function<void(socket&, const std::string& request)>);
    ~scripted_server();
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::vector<std::string> requests() const;

    // False: the peer is gone.
    static bool say(socket&, const std::string& bytes);
    // A whole answer.
    static std::string reply(const std::string& status, const std::string& body, const std::string& headers = {});

private:
    void serve();
    std::function<void(socket&, const std::string&)> answer_;
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::atomic<bool> ending_ = false;
    std::jthread thread_;
};

}  // namespace latchkey::test
