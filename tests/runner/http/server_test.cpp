// SPDX-License-Identifier: Apache-2.0
#include "runner/http/server.hpp"

#include "runner/async/notification.hpp"
#include "runner/async/task_group.hpp"
#include "tests/runner/http/http_client.hpp"
#include "tests/support/async_test.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>

namespace {

namespace asio = boost::asio;
namespace http = latchkey::http;
using latchkey::async::task;
using latchkey::test::http_client;
using namespace std::chrono_literals;

struct echo final : http::application {
    explicit echo(const asio::any_io_executor& e) : release(e), endless_ended(e) {}
    latchkey::async::notification release;
    latchkey::async::notification endless_ended;
    int handled = 0;

    std::size_t body_limit(const http::request& r) const override { return r.target == "/large" ? 200'000 : 1'000; }
    http::response refuse(int status, std::string_view why) override {
        http::response r;
        r.status = status;
        r.body = std::string(why);
        return r;
    }
    task<http::response> handle(http::request r) override {
        ++handled;
        if (r.target == "/wait") co_await release.wait();
        if (r.target == "/bug") throw std::logic_error("a bug");
        http::response out;
        if (r.target == "/stream") {
            out.stream = [](http::body_writer& to) -> task<> {
                for (const char* piece : {"one,", "", "two"}) {
                    const bool more = co_await to.write(piece);
                    if (!more) co_return;
                }
            };
        }
        if (r.target == "/endless") {
            out.stream = [this](http::body_writer& to) -> task<> {
                for (bool more = true; more;) more = co_await to.write(std::string(10'000, 'x'));
                endless_ended.notify();
            };
        }
        if (r.target == "/none") out.status = 204;
        out.with("X-Split", "a\r\nX-Injected: b");
        out.body = r.method + " " + r.target + " " + r.body;
        co_return out;
    }
};

void with_server(const http::limits& most, const std::function<task<>(std::uint16_t, echo&, http::server&)>& body) {
    latchkey::test::run_async([&](asio::any_io_executor ex) -> task<> {
        echo app(ex);
        http::server server(ex, most, app);
        const auto port = server.listen("127.0.0.1", 0);
        REQUIRE_MESSAGE(port.has_value(), port.error().what);
        latchkey::async::task_group group(ex);
        group.spawn(server.run());
        co_await body(*port, app, server);
        server.drain(1s);
        app.release.notify();
        co_await group.join();
        CHECK_EQ(server.connections(), 0);
    });
}

http::limits quick() {
    http::limits most;
    most.look_every = 5ms;
    return most;
}

const std::string get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_SUITE("http.server") {
    TEST_CASE("requests on one connection are answered in turn, also those sent ahead") {
        with_server(quick(), [](std::uint16_t port, echo&, http::server&) -> task<> {
            http_client peer(co_await asio::this_coro::executor, port);
            co_await peer.say(get + "POST /y HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi" + get);
            CHECK_NE((co_await peer.hear_until("GET /x ")).find("HTTP/1.1 200 OK\r\nDate: "), std::string::npos);
            CHECK_NE((co_await peer.hear_until("POST /y hi")).find("Content-Length: 10"), std::string::npos);
            CHECK_NE((co_await peer.hear_until("GET /x ")).size(), 0);
        });
    }

    TEST_CASE("a header's value can't make another header") {
        with_server(quick(), [](std::uint16_t port, echo&, http::server&) -> task<> {
            http_client peer(co_await asio::this_coro::executor, port);
            co_await peer.say(get);
            const std::string head = co_await peer.hear_until("\r\n\r\n");
            CHECK_NE(head.find("X-Split: aX-Injected: b\r\n"), std::string::npos);
        });
    }

    TEST_CASE("HEAD has the length and no body, 204 has neither") {
        with_server(quick(), [](std::uint16_t port, echo&, http::server&) -> task<> {
            http_client peer(co_await asio::this_coro::executor, port);
            co_await peer.say(
                "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            const std::string all = co_await peer.hear_all();
            CHECK_NE(all.find("Content-Length: 8\r\n\r\nHTTP/1.1 204 No Content"), std::string::npos);
            CHECK(all.ends_with("Connection: close\r\n\r\n"));
        });
    }

    TEST_CASE("a stream goes in chunks to HTTP/1.1 and up to the end to HTTP/1.0") {
        with_server(quick(), [](std::uint16_t port, echo&, http::server&) -> task<> {
            http_client newer(co_await asio::this_coro::executor, port);
            co_await newer.say("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
            CHECK((co_await newer.hear_until("0\r\n\r\n")).ends_with("\r\n\r\n4\r\none,\r\n3\r\ntwo\r\n0\r\n\r\n"));
            http_client older(co_await asio::this_coro::executor, port);
            co_await older.say("GET /stream HTTP/1.0\r\n\r\n");
            CHECK((co_await older.hear_all()).ends_with("\r\n\r\none,two"));
        });
    }

    TEST_CASE("100 Continue is said to who waits for it, and not for a body that is too large") {
        with_server(quick(), [](std::uint16_t port, echo&, http::server&) -> task<> {
            http_client fine(co_await asio::this_coro::executor, port);
            co_await fine.say("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
            CHECK_EQ(co_await fine.hear_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
            co_await fine.say("ok");
            CHECK((co_await fine.hear_until("ok")).starts_with("HTTP/1.1 200"));
            http_client large(co_await asio::this_coro::executor, port);
            co_await large.say("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n");
            CHECK((co_await large.hear_all()).starts_with("HTTP/1.1 413 Content Too Large"));
            http_client allowed(co_await asio::this_coro::executor, port);
            co_await allowed.say("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 150000\r\n\r\n" +
                                 std::string(150'000, 'y'));
            CHECK((co_await allowed.hear_until("\r\n\r\n")).starts_with("HTTP/1.1 200 OK"));
        });
    }

    TEST_CASE("a bug in the application is a 500, and the connection goes on") {
        with_server(quick(), [](std::uint16_t port, echo&, http::server&) -> task<> {
            http_client peer(co_await asio::this_coro::executor, port);
            co_await peer.say("GET /bug HTTP/1.1\r\nHost: h\r\n\r\n" + get);
            CHECK((co_await peer.hear_until("\r\n\r\n")).starts_with("HTTP/1.1 500 Internal Server Error"));
            CHECK_NE((co_await peer.hear_until("GET /x ")).size(), 0);
        });
    }

    TEST_CASE("who sends slowly, says nothing, or does not read is cut off") {
        http::limits most = quick();
        most.head_time = most.idle_time = most.body_time = 30ms;
        with_server(most, [](std::uint16_t port, echo& app, http::server&) -> task<> {
            const auto ex = co_await asio::this_coro::executor;
            http_client silent(ex, port);
            http_client half(ex, port);
            http_client bodyless(ex, port);
            http_client deaf(ex, port);
            co_await half.say("GET /x HT");
            co_await bodyless.say("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            co_await deaf.say("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n");
            CHECK_EQ(co_await silent.hear_all(), "");
            CHECK_EQ(co_await half.hear_all(), "");
            CHECK_EQ(co_await bodyless.hear_all(), "");
            CHECK_EQ(app.handled, 1);
            co_await app.endless_ended.wait();
        });
    }

    TEST_CASE("a flood of connections drops those that are idle, and none that is at work") {
        http::limits most = quick();
        most.connections = 3;
        with_server(most, [](std::uint16_t port, echo& app, http::server&) -> task<> {
            const auto ex = co_await asio::this_coro::executor;
            http_client at_work(ex, port);
            co_await at_work.say("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
            http_client first(ex, port);
            http_client second(ex, port);
            co_await first.say(get);
            co_await first.hear_until("GET /x ");
            co_await second.say(get);
            co_await second.hear_until("GET /x ");
            http_client third(ex, port);
            co_await third.say(get);
            CHECK_NE((co_await third.hear_until("GET /x ")).size(), 0);
            CHECK_EQ(co_await first.hear_all(), "");
            app.release.notify();
            CHECK_NE((co_await at_work.hear_until("GET /wait ")).size(), 0);
        });
    }

    TEST_CASE("draining lets a request end, takes no other, and ends idle connections") {
        with_server(quick(), [](std::uint16_t port, echo& app, http::server& server) -> task<> {
            const auto ex = co_await asio::this_coro::executor;
            http_client idle(ex, port);
            co_await idle.say(get);
            co_await idle.hear_until("GET /x ");
            http_client busy(ex, port);
            co_await busy.say("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n" + get);
            http_client stream(ex, port);
            co_await stream.say("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n");
            co_await stream.hear_until("\r\n\r\n");
            server.drain(10s);
            CHECK_EQ(co_await idle.hear_all(), "");
            app.release.notify();
            const std::string last = co_await busy.hear_all();
            CHECK_NE(last.find("Connection: close"), std::string::npos);
            CHECK(last.ends_with("GET /wait "));
            co_await stream.hear_all();
            CHECK_EQ(app.handled, 3);
        });
    }

    TEST_CASE("a taken or foreign address is a failure that names it") {
        with_server(quick(), [](std::uint16_t port, echo& app, http::server&) -> task<> {
            http::server second(co_await asio::this_coro::executor, quick(), app);
            const auto taken = second.listen("127.0.0.1", port);
            REQUIRE_FALSE(taken.has_value());
            CHECK_EQ(taken.error().what,
                     "can't listen on 127.0.0.1 port " + std::to_string(port) + ": Address already in use");
            const auto name = second.listen("localhost", 0);
            REQUIRE_FALSE(name.has_value());
            CHECK_EQ(name.error().code, latchkey::errc::usage);
        });
    }
}
