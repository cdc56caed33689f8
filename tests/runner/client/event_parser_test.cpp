// SPDX-License-Identifier: Apache-2.0
#include "runner/client/event_parser.hpp"

#include <doctest/doctest.h>

#include <vector>

using latchkey::client::event_parser;
using latchkey::client::server_event;

namespace {

struct told {
    std::vector<std::string> events;  // "id|name|data"
    event_parser::outcome outcome = event_parser::outcome::more;
};

told parse(const std::string& text, std::size_t piece) {
    told t;
    event_parser parser;
    for (std::size_t at = 0; at < text.size(); at += piece)
        t.outcome = parser.take(std::string_view(text).substr(at, piece), [&](const server_event& e) {
            t.events.push_back(e.id + "|" + e.name + "|" + e.data);
            return e.name != "stop";
        });
    return t;
}

}  // namespace

TEST_SUITE("client.event_parser") {
    TEST_CASE("events, however their bytes are cut and their lines end") {
        const std::string text =
            "\xef\xbb\xbf: hello\n\nid: 1.1\nevent: action_started\ndata: {\"a\":\ndata:  1}\n\n"
            "data\r\n\r\n"
            "retry: 10\nevent: lonely\n\n"
            "id: 1.2\rdata: x\r\r"
            "data:y\nid\n\n";
        const std::vector<std::string> expected = {"1.1|action_started|{\"a\":\n 1}", "1.1|message|", "1.2|message|x",
                                                   "|message|y"};
        for (std::size_t piece = 1; piece < text.size(); ++piece) {
            CAPTURE(piece);
            CHECK_EQ(parse(text, piece).events, expected);
        }
    }

    TEST_CASE("an event that was not ended is none") {
        CHECK(parse("data: 1\n", 3).events.empty());
        CHECK(parse("data: 1", 3).events.empty());
    }

    TEST_CASE("it ends where it is told to") {
        const auto t = parse("event: stop\ndata: 1\n\ndata: 2\n\n", 1000);
        CHECK_EQ(t.events.size(), 1);
        CHECK_EQ(t.outcome, event_parser::outcome::stopped);
    }

    TEST_CASE("a line and an event have bounds, and nothing is taken beyond them") {
        const std::string endless = "data: " + std::string(event_parser::longest_line, 'x');
        CHECK_EQ(parse(endless, 64 * 1024).outcome, event_parser::outcome::too_long);
        std::string many;
        const std::string line = "data: " + std::string(1U << 20U, 'x') + "\n";
        for (int i = 0; i < 6; ++i) many += line;
        const auto t = parse(many + "\n", 64 * 1024);
        CHECK_EQ(t.outcome, event_parser::outcome::too_long);
        CHECK(t.events.empty());
        // An id goes into a header: one that is too long for that is none.
        CHECK_EQ(parse("id: " + std::string(300, '1') + "\ndata: x\n\n", 100).events.front(), "|message|x");
    }
}
