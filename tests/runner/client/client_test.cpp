// SPDX-License-Identifier: Apache-2.0
// The client before servers that mean it ill, and ones that fall over.
#include "runner/client/client.hpp"

#include "tests/support/scripted_server.hpp"

#include <doctest/doctest.h>

using latchkey::errc;
using latchkey::client::client;
using latchkey::client::json;
using latchkey::client::server_event;
using latchkey::test::scripted_server;
using latchkey::vault::secret;
using socket_of = scripted_server::socket;

namespace {

const std::string token = "lk_planted0token0of0the0test";

client client_of(const scripted_server& s) {
    auto where = latchkey::client::endpoint_from(s.url(), latchkey::client::plain_http::to_this_machine);
    REQUIRE(where.has_value());
    return client({*where, {}}, secret(std::string(token)));
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string event(const std::string& id, const std::string& data) {
    return "id: " + id + "\nevent: x\ndata: " + data + "\n\n";
}

const std::string stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_SUITE("client.client") {
    TEST_CASE("a call carries the token as a header, and a body as JSON") {
        const scripted_server s([](socket_of& to, const std::string&) {
            scripted_server::say(to, scripted_server::reply("201 Created", R"({"id":7})"));
        });
        const auto made = client_of(s).call("POST", "/things?x=1", {{"name", "a"}}, {{"Idempotency-Key", "k"}});
        REQUIRE(made.has_value());
        CHECK_EQ((*made)["id"], 7);
        const std::string request = s.requests().at(0);
        CHECK(request.starts_with("POST /things?x=1 HTTP/1.1\r\n"));
        CHECK(has(request, "\r\nAuthorization: Bearer " + token + "\r\n"));
        CHECK(has(request, "\r\nIdempotency-Key: k\r\n"));
        CHECK(request.ends_with("\r\n\r\n{\"name\":\"a\"}"));
    }

    TEST_CASE("a redirect is not followed: the token goes nowhere else") {
        const scripted_server other([](socket_of& to, const std::string&) {
            scripted_server::say(to, scripted_server::reply("200 OK", "{}"));
        });
        const scripted_server s([&](socket_of& to, const std::string&) {
            scripted_server::say(to, scripted_server::reply("302 Found", "", "Location: " + other.url() + "/x\r\n"));
        });
        const auto got = client_of(s).get("/user");
        REQUIRE_FALSE(got.has_value());
        CHECK_EQ(got.error().code, errc::refused);
        CHECK(has(got.error().what, "sends us on to another address"));
        CHECK(other.requests().empty());
        const auto streamed = client_of(s).follow("/events", "", [](const server_event&) { return true; }, {});
        REQUIRE_FALSE(streamed.has_value());
        CHECK(other.requests().empty());
    }

    TEST_CASE("an endless body and endless headers end at a bound") {
        const scripted_server body([](socket_of& to, const std::string&) {
            scripted_server::say(to, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while (scripted_server::say(to, std::string(1U << 20U, ' '))) {
            }
        });
        const auto got = client_of(body).get("/user");
        REQUIRE_FALSE(got.has_value());
        CHECK(has(got.error().what, "is larger than any that a server sends"));
        const scripted_server head([](socket_of& to, const std::string&) {
            scripted_server::say(to, "HTTP/1.1 200 OK\r\n");
            while (scripted_server::say(to, "X-Filler: " + std::string(8000, 'x') + "\r\n")) {
            }
        });
        CHECK_FALSE(client_of(head).get("/user").has_value());
    }

    TEST_CASE("what is no JSON, or too deep, is said so") {
        std::string answer;
        const scripted_server s([&](socket_of& to, const std::string&) {
            scripted_server::say(to, scripted_server::reply("200 OK", answer));
        });
        for (const std::string& wrong : {std::string("<html>"), std::string("{\"a\":"), std::string(200'000, '[')}) {
            answer = wrong;
            const auto got = client_of(s).get("/user");
            REQUIRE_FALSE(got.has_value());
            CHECK_EQ(got.error().code, errc::io);
            CHECK(has(got.error().what, "is no JSON: is it a Latchkey server?"));
        }
        // Where a list is wanted and none is there.
        answer = "[]";
        CHECK_FALSE(client_of(s).all("/things", "things").has_value());
    }

    TEST_CASE("every status that says no is one kind of failure, in the server's words, never with the token") {
        std::string status;
        const scripted_server s([&](socket_of& to, const std::string& request) {
            // It says back what it was sent.
            const std::size_t at = request.find("Bearer ");
            const std::string got = request.substr(at + 7, request.find('\r', at) - at - 7);
            scripted_server::say(
                to, scripted_server::reply(status, json{{"errors", {{{"message", "no, " + got}}}}}.dump()));
        });
        const std::pair<const char*, errc> cases[] = {{"400 Bad Request", errc::usage},
                                                      {"401 Unauthorized", errc::refused},
                                                      {"403 Forbidden", errc::denied},
                                                      {"404 Not Found", errc::not_found},
                                                      {"409 Conflict", errc::conflict},
                                                      {"412 Precondition Failed", errc::conflict},
                                                      {"422 Unprocessable", errc::refused},
                                                      {"429 Too Many Requests", errc::engine},
                                                      {"500 Internal Server Error", errc::engine},
                                                      {"503 Unavailable", errc::engine}};
        for (const auto& [line, code] : cases) {
            CAPTURE(line);
            status = line;
            const auto got = client_of(s).get("/user");
            REQUIRE_FALSE(got.has_value());
            CHECK_EQ(got.error().code, code);
            CHECK(has(got.error().what, "no, ***"));
            CHECK_FALSE(has(got.error().what, token));
        }
    }

    TEST_CASE("a list is read over its pages, also where the server knows no pages") {
        const scripted_server paged([](socket_of& to, const std::string& request) {
            const bool first = has(request, "?page=1&");
            json items = json::array();
            for (int i = 0; i < (first ? 200 : 3); ++i) items.push_back({{"id", first ? i : 200 + i}});
            scripted_server::say(to, scripted_server::reply("200 OK", json{{"things", items}}.dump()));
        });
        const auto all = client_of(paged).all("/things", "things");
        REQUIRE(all.has_value());
        CHECK_EQ(all->size(), 203);
        const scripted_server whole([](socket_of& to, const std::string&) {
            json items = json::array();
            for (int i = 0; i < 200; ++i) items.push_back({{"id", i}});
            scripted_server::say(to, scripted_server::reply("200 OK", json{{"things", items}}.dump()));
        });
        const auto same = client_of(whole).all("/things", "things");
        REQUIRE(same.has_value());
        CHECK_EQ(same->size(), 200);
    }

    TEST_CASE("a stream that is cut off is taken up where it was, and nothing comes twice") {
        int calls = 0;
        const scripted_server s([&](socket_of& to, const std::string&) {
            switch (++calls) {
                case 1:
                    scripted_server::say(to,
                                         stream_head + event("1.1", "a") + event("1.2", "b") + "id: 1.3\ndata: cut");
                    break;
                case 2:
                    break;  // nothing at all
                case 3:
                    scripted_server::say(to, scripted_server::reply("503 Unavailable", "{}"));
                    break;
                default:
                    scripted_server::say(to, stream_head + event("1.3", "c") + "event: end\ndata: {}\n\n");
            }
        });
        std::string seen;
        const auto done = client_of(s).follow("/events", "1.0",
                                              [&](const server_event& e) {
                                                  seen += e.data;
                                                  return true;
                                              },
                                              {});
        CHECK(done.has_value());
        CHECK_EQ(seen, "abc");
        const auto requests = s.requests();
        REQUIRE_EQ(requests.size(), 4);
        CHECK(has(requests[0], "\r\nLast-Event-ID: 1.0\r\n"));
        CHECK(has(requests[1], "\r\nLast-Event-ID: 1.2\r\n"));
        CHECK(has(requests[3], "\r\nLast-Event-ID: 1.2\r\n"));
    }

    TEST_CASE("an endless line in a stream ends at a bound, a stream that is refused at once") {
        const scripted_server endless([](socket_of& to, const std::string&) {
            scripted_server::say(to, stream_head + "data: ");
            while (scripted_server::say(to, std::string(1U << 20U, 'x'))) {
            }
        });
        const auto got = client_of(endless).follow("/events", "", [](const server_event&) { return true; }, {});
        REQUIRE_FALSE(got.has_value());
        CHECK(has(got.error().what, "an event of 127.0.0.1"));
        const scripted_server no([](socket_of& to, const std::string&) {
            scripted_server::say(to,
                                 scripted_server::reply("404 Not Found", R"({"errors":[{"message":"no such"}]})"));
        });
        const auto refused = client_of(no).follow("/events", "", [](const server_event&) { return true; }, {});
        REQUIRE_FALSE(refused.has_value());
        CHECK_EQ(refused.error().code, errc::not_found);
        CHECK_EQ(no.requests().size(), 1);
    }

    TEST_CASE("nobody there: one sentence with the host") {
        std::uint16_t port = 0;
        {
            const scripted_server gone([](socket_of&, const std::string&) {});
            port = gone.port();
        }
        auto where = latchkey::client::endpoint_from("http://127.0.0.1:" + std::to_string(port),
                                                     latchkey::client::plain_http::to_this_machine);
        const client c({*where, {}}, secret(std::string(token)));
        const auto got = c.get("/user");
        REQUIRE_FALSE(got.has_value());
        CHECK_EQ(got.error().code, errc::io);
        CHECK(got.error().what.starts_with("no answer from 127.0.0.1:" + std::to_string(port) + ": "));
    }
}
