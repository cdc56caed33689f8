// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/http_connection.hpp"

#include "runner/async/task_group.hpp"
#include "tests/support/async_test.hpp"
#include "tests/support/temp_dir.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <array>
#include <functional>

namespace {

namespace asio = boost::asio;
namespace engine = latchkey::engine;
using latchkey::errc;
using latchkey::async::nothrow;
using latchkey::async::task;
using unix = asio::local::stream_protocol;

// A server that takes one connection, reads a request's head, and says the pieces, each in a write of its own.
task<> serve(unix::acceptor& acceptor, std::vector<std::string> pieces, std::string* heard) {
    unix::socket peer(acceptor.get_executor());
    co_await acceptor.async_accept(peer, nothrow);
    std::array<char, 4096> buffer{};
    const auto [ec, n] = co_await peer.async_read_some(asio::buffer(buffer), nothrow);
    if (heard != nullptr) heard->assign(buffer.data(), n);
    for (const std::string& piece : pieces) co_await asio::async_write(peer, asio::buffer(piece), nothrow);
}

void with_server(std::vector<std::string> pieces, const std::function<task<>(engine::http_connection&)>& body,
                 std::string* heard = nullptr) {
    const latchkey::test::temp_dir folder;
    const std::string path = (folder / "socket").string();
    latchkey::test::run_async([&](asio::any_io_executor ex) -> task<> {
        unix::acceptor acceptor(ex, unix::endpoint(path));
        latchkey::async::task_group group(ex);
        group.spawn(serve(acceptor, pieces, heard));
        auto connection = co_await engine::http_connection::connect(ex, path);
        REQUIRE(connection.has_value());
        co_await body(**connection);
        co_await group.join();
    });
}

}  // namespace

TEST_SUITE("engine.http_connection") {
    TEST_CASE("a body with a length, in chunks, or up to the end of the connection arrives whole") {
        const std::vector<std::vector<std::string>> answers = {
            {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "he", "llo"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel", "\r\n2\r\nlo\r\n0\r\n\r\n"},
            {"HTTP/1.1 200 OK\r\n", "\r\nhello"},
        };
        for (const auto& pieces : answers)
            with_server(pieces, [](engine::http_connection& c) -> task<> {
                const auto status = co_await c.send({"GET", "/x", {}, "", ""});
                REQUIRE(status.has_value());
                CHECK_EQ(*status, 200);
                const auto body = co_await c.read_all(100);
                REQUIRE_MESSAGE(body.has_value(), body.error().what);
                CHECK_EQ(*body, "hello");
            });
    }

    TEST_CASE("after a switch of protocols the bytes are the stream's, also those that came with the head") {
        with_server({"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfir", "st"},
                    [](engine::http_connection& c) -> task<> {
                        const auto status = co_await c.send({"POST", "/attach", {{"Upgrade", "tcp"}}, "", ""});
                        REQUIRE(status.has_value());
                        CHECK_EQ(*status, 101);
                        const auto body = co_await c.read_all(100);
                        REQUIRE(body.has_value());
                        CHECK_EQ(*body, "first");
                        CHECK_FALSE(c.reusable());
                    });
    }

    TEST_CASE("the request is what was asked for") {
        std::string heard;
        with_server(
            {"HTTP/1.1 204 No Content\r\n\r\n"},
            [](engine::http_connection& c) -> task<> {
                const auto status = co_await c.send({"POST", "/a?b=c", {{"X-A", "1"}}, "application/json", "{}"});
                REQUIRE(status.has_value());
                CHECK_EQ(*status, 204);
                CHECK((co_await c.read_all(10)).has_value());
                CHECK(c.reusable());
            },
            &heard);
        CHECK_EQ(heard,
                 "POST /a?b=c HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nContent-Type: application/json\r\n"
                 "Content-Length: 2\r\n\r\n{}");
    }

    TEST_CASE("what is no HTTP, is cut off, or is too long is a failure") {
        const std::vector<std::vector<std::string>> answers = {
            {"220 mail.example ESMTP\r\n"},
            {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"},
            {"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + std::string(200, 'x')},
            {"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n"},
            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
        };
        for (const auto& pieces : answers)
            with_server(pieces, [](engine::http_connection& c) -> task<> {
                const auto status = co_await c.send({"GET", "/", {}, "", ""});
                if (!status) {
                    CHECK_EQ(status.error().code, errc::engine);
                    co_return;
                }
                const auto body = co_await c.read_all(100);
                REQUIRE_FALSE(body.has_value());
                CHECK_EQ(body.error().code, errc::engine);
                CHECK_FALSE(c.reusable());
            });
    }

    TEST_CASE("nobody listens: the socket is named") {
        latchkey::test::run_async([](asio::any_io_executor ex) -> task<> {
            const auto none = co_await engine::http_connection::connect(ex, "/nowhere/docker.sock");
            REQUIRE_FALSE(none.has_value());
            CHECK_EQ(none.error().what,
                     "no container engine answers at /nowhere/docker.sock: No such file or directory");
        });
    }
}
