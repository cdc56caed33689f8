// SPDX-License-Identifier: Apache-2.0
//
// Text as the terminal gets it: nothing in it moves a cursor, columns line up, times read well.
#include "runner/cli/context.hpp"

#include <doctest/doctest.h>

#include <random>
#include <sstream>

using namespace latchkey;
using namespace std::chrono_literals;

TEST_SUITE("cli.text") {
    TEST_CASE("plain: what moves a cursor or turns the direction becomes a question mark") {
        CHECK_EQ(cli::plain("Build & test"), "Build & test");
        CHECK_EQ(cli::plain("zażółć 日本 🚀"), "zażółć 日本 🚀");
        CHECK_EQ(cli::plain("a\x1b[2Jb"), "a?[2Jb");
        CHECK_EQ(cli::plain("a\rb\x7f\x08"), "a?b??");
        CHECK_EQ(cli::plain("a\xc2\x9b"
                            "2Jb"),
                 "a?2Jb");  // CSI as one character
        CHECK_EQ(cli::plain("a\xe2\x80\xae"
                            "b\xe2\x81\xa6"),
                 "a?b?");                          // directions
        CHECK_EQ(cli::plain("a\xff\xc2"), "a??");  // no UTF-8
        CHECK_EQ(cli::plain(std::string_view("a\0b", 3)), "a?b");
    }

    TEST_CASE("plain: a name is one line, so that it can't pretend to be a line of ours") {
        CHECK_EQ(cli::plain("x\n✓ deploy #1 succeeded"), "x?✓ deploy #1 succeeded");
        CHECK_EQ(cli::plain_lines("one\n\ttwo\n"), "one\n\ttwo\n");
        CHECK_EQ(cli::plain_lines("one\n\x1b]52;c;x\x07"), "one\n?]52;c;x?");
    }

    TEST_CASE("plain: of random bytes nothing dangerous is left") {
        const unsigned seed = std::random_device()();
        CAPTURE(seed);
        std::mt19937 random(seed);
        for (int round = 0; round < 2000; ++round) {
            std::string bytes;
            for (int i = 0; i < 40; ++i) bytes.push_back(static_cast<char>(random() & 0xffU));
            const std::string shown = cli::plain(bytes);
            for (std::size_t i = 0; i < shown.size(); ++i) {
                const auto u = static_cast<unsigned char>(shown[i]);
                REQUIRE((u >= 32 || u == '\t'));
                REQUIRE(u != 127);
                if (u == 0xc2 && i + 1 < shown.size()) REQUIRE(static_cast<unsigned char>(shown[i + 1]) >= 0xa0);
            }
            REQUIRE_EQ(cli::plain(shown), shown);
        }
    }

    TEST_CASE("aligned: columns are as wide as the screen shows them, and no line ends in spaces") {
        CHECK_EQ(cli::aligned({{"a", "1", "x"}, {"日本", "22", ""}, {"ccc", "", ""}}, "  "),
                 "  a     1   x\n  日本  22\n  ccc\n");
        CHECK_EQ(cli::aligned({}), "");
    }

    TEST_CASE("durations: tenths below a minute, then minutes and seconds") {
        CHECK_EQ(cli::duration_text(0ms), "0.0 s");
        CHECK_EQ(cli::duration_text(-5ms), "0.0 s");
        CHECK_EQ(cli::duration_text(349ms), "0.3 s");
        CHECK_EQ(cli::duration_text(59'949ms), "59.9 s");
        CHECK_EQ(cli::duration_text(59'960ms), "1 min 0 s");
        CHECK_EQ(cli::duration_text(125s), "2 min 5 s");
    }

    TEST_CASE("colours: only where they were asked for") {
        std::istringstream in;
        std::ostringstream out;
        const cli::context with(in, out, out, true, true);
        const cli::context without(in, out, out, true, false);
        CHECK_EQ(with.red("x"), "\033[31mx\033[0m");
        CHECK_EQ(without.red("x"), "x");
    }

    TEST_CASE("failures: each kind has its exit code and is one line on the error stream") {
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        cli::context c(in, out, err, false, false);
        CHECK_EQ(c.fail(failure(errc::usage, "a")), 2);
        CHECK_EQ(c.fail(failure(errc::not_found, "b")), 2);
        CHECK_EQ(c.fail(failure(errc::conflict, "c")), 2);
        CHECK_EQ(c.fail(failure(errc::refused, "d")), 5);
        CHECK_EQ(c.fail(failure(errc::store, "e\x1b")), 5);
        CHECK_EQ(c.fail(failure(errc::cancelled, "f")), 130);
        CHECK_EQ(err.str(), "latchkey: a\nlatchkey: b\nlatchkey: c\nlatchkey: d\nlatchkey: e?\nlatchkey: f\n");
        CHECK_EQ(out.str(), "");
    }
}
