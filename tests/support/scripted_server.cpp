// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scripted_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

namespace latchkey::test {

namespace asio = boost::asio;

scripted_server::scripted_server(std::function<void(socket&, const std::string&)> answer)
    : answer_(std::move(answer)), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
    port_ = acceptor_.local_endpoint().port();
    thread_ = std::jthread([this] { serve(); });
}

scripted_server::~scripted_server() {
    ending_ = true;
    // The thread waits for a connection: here is the last one.
    boost::system::error_code ignored;
    asio::io_context io;
    socket last(io);
    last.connect({asio::ip::address_v4::loopback(), port_}, ignored);
    thread_.join();
}

void scripted_server::serve() {
    for (;;) {
        boost::system::error_code ec;
        socket peer(io_);
        acceptor_.accept(peer, ec);
        if (ending_ || ec) return;
        std::string request;
        const std::size_t head = asio::read_until(peer, asio::dynamic_buffer(request), "\r\n\r\n", ec);
        if (ec) continue;
        std::size_t length = 0;
        if (const std::size_t at = request.find("Content-Length: "); at != std::string::npos)
            length = static_cast<std::size_t>(std::stoul(request.substr(at + 16)));
        while (request.size() < head + length && !ec) {
            std::string more(head + length - request.size(), '\0');
            more.resize(peer.read_some(asio::buffer(more), ec));
            request += more;
        }
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        answer_(peer, request);
        peer.shutdown(socket::shutdown_both, ec);
    }
}

std::vector<std::string> scripted_server::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

bool scripted_server::say(socket& to, const std::string& bytes) {
    boost::system::error_code ec;
    asio::write(to, asio::buffer(bytes), ec);
    return !ec;
}

std::string scripted_server::reply(const std::string& status, const std::string& body, const std::string& headers) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body;
}

}  // namespace latchkey::test
