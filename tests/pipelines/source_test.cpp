// SPDX-License-Identifier: Apache-2.0
#include "pipelines/source.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;

TEST_SUITE("pipelines.source") {
    TEST_CASE("columns count characters: text beyond ASCII") {
        const source file("f", "é: 日本\nb");
        CHECK(file.at(0) == position{1, 1});
        CHECK(file.at(2) == position{1, 2});
        CHECK(file.at(4) == position{1, 4});
        CHECK(file.at(7) == position{1, 5});
        CHECK(file.at(11) == position{2, 1});
    }
    TEST_CASE("the mark is no text: a byte order mark, once or twice") {
        CHECK(source("f",
                     "\xEF\xBB\xBF"
                     "a")
                  .text() == "a");
        CHECK(source("f",
                     "\xEF\xBB\xBF\xEF\xBB\xBF"
                     "a")
                  .text() == "a");
        CHECK(source("f", "\xEF\xBB\xBF").text().empty());
    }
    TEST_CASE("lines are without their end: LF, CRLF, none") {
        const source file("f", "a\r\nb\nc");
        CHECK(file.lines() == 3);
        CHECK(file.line(1) == "a");
        CHECK(file.line(2) == "b");
        CHECK(file.line(3) == "c");
        CHECK(file.line(0).empty());
        CHECK(file.line(4).empty());
        CHECK(file.at(3) == position{2, 1});
    }
    TEST_CASE("the end is the last place: an offset behind the text, an empty text") {
        CHECK(source("f", "ab").at(99) == position{1, 3});
        CHECK(source("f", "ab\n").at(99) == position{2, 1});
        CHECK(source("f", "").at(0) == position{1, 1});
        CHECK(source("f", "").lines() == 1);
    }
}
