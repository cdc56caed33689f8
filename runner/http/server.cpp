// SPDX-License-Identifier: Apache-2.0
#include "runner/http/server.hpp"

#include "runner/async/notification.hpp"
#include "runner/async/task_group.hpp"
#include "runner/http/session.hpp"
#include "runner/http/tls.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <list>

namespace latchkey::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using clock = connection::clock;

}  // namespace

struct server::impl {
    impl(const asio::any_io_executor& e, const limits& l, application& a)
        : executor(e), most(l), app(a), sessions(e), helpers(e), timer(e) {}

    asio::any_io_executor executor;
    limits most;
    application& app;
    std::list<tcp::acceptor> acceptors;
    std::shared_ptr<const tls_context> tls;
    std::list<std::unique_ptr<connection>> connections;
    std::atomic<std::size_t> count{0};  // of them, for other threads
    async::task_group sessions;
    async::task_group helpers;
    asio::steady_timer timer;
    bool draining = false;
    clock::time_point cut_off = clock::time_point::max();

    async::task<> accept(tcp::acceptor& acceptor) {
        while (!draining) {
            tcp::socket socket(executor);
            const auto [ec] = co_await acceptor.async_accept(socket, async::nothrow);
            if (draining) co_return;
            if (ec) {
                // No descriptor is left, as a rule: others end soon.
                asio::steady_timer pause(executor, std::chrono::milliseconds(50));
                (void)co_await pause.async_wait(async::nothrow);
                continue;
            }
            if (!room_for_one_more()) continue;  // closed unheard: all are at work
            auto at = connections.insert(connections.end(),
                                         tls ? tls->wrap(std::move(socket)) : plain_connection(std::move(socket)));
            count.store(connections.size(), std::memory_order_relaxed);
            sessions.spawn(run_session(at));
        }
    }

    // Who waits longest between two requests makes room.
    bool room_for_one_more() {
        if (connections.size() < most.connections) return true;
        connection* longest = nullptr;
        for (const auto& c : connections)
            if (c->idle() && (longest == nullptr || c->deadline() < longest->deadline())) longest = c.get();
        if (longest == nullptr) return false;
        longest->set_idle(false);
        longest->abort();
        return true;
    }

    async::task<> run_session(std::list<std::unique_ptr<connection>>::iterator at) {
        connection& c = **at;
        // What a peer does to its connection is no bug of ours, and ends only this session.
        try {
            co_await serve(c, {most, app, draining});
        } catch (const boost::system::system_error&) {
            c.abort();
        }
        connections.erase(at);
        count.store(connections.size(), std::memory_order_relaxed);
    }

    async::task<> watch_times() {
        while (!draining || !connections.empty()) {
            timer.expires_after(most.look_every);
            (void)co_await timer.async_wait(async::nothrow);
            const auto at = clock::now();
            for (const auto& c : connections)
                if (c->deadline() <= at || at >= cut_off || (draining && c->idle())) c->abort();
        }
    }
};

server::server(const asio::any_io_executor& e, const limits& l, application& a)
    : impl_(std::make_unique<impl>(e, l, a)) {}
server::~server() = default;

result<std::uint16_t> server::listen(const std::string& address, std::uint16_t port) {
    error_code ec;
    const auto parsed = asio::ip::make_address(address, ec);
    if (ec)
        return failure(errc::usage,
                       "\"" + address + "\" is no address of this machine: write a number, as in 127.0.0.1");
    tcp::acceptor acceptor(impl_->executor);
    const tcp::endpoint endpoint(parsed, port);
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
    const auto bound = ec ? tcp::endpoint() : acceptor.local_endpoint(ec);
    if (ec)
        return failure(errc::io,
                       "can't listen on " + address + " port " + std::to_string(port) + ": " + ec.message());
    impl_->acceptors.push_back(std::move(acceptor));
    return bound.port();
}

void server::use(std::shared_ptr<const tls_context> context) {
    impl_->tls = std::move(context);
}

async::task<> server::run() {
    for (tcp::acceptor& acceptor : impl_->acceptors) impl_->helpers.spawn(impl_->accept(acceptor));
    impl_->helpers.spawn(impl_->watch_times());
    co_await impl_->helpers.join();
    co_await impl_->sessions.join();
}

void server::drain(std::chrono::milliseconds grace) {
    impl_->cut_off = std::min(impl_->cut_off, clock::now() + grace);
    impl_->draining = true;
    error_code ignored;
    for (tcp::acceptor& acceptor : impl_->acceptors) acceptor.close(ignored);
    for (const auto& c : impl_->connections)
        if (c->idle()) c->abort();
    impl_->timer.cancel();
}

std::size_t server::connections() const {
    return impl_->count.load(std::memory_order_relaxed);
}

}  // namespace latchkey::http
