// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/frames.hpp"

#include <doctest/doctest.h>

#include <string>

using latchkey::engine::frames;

namespace {

std::string frame(char stream, const std::string& text) {
    std::string head(8, '\0');
    head[0] = stream;
    head[6] = static_cast<char>(text.size() >> 8U);
    head[7] = static_cast<char>(text.size());
    return head + text;
}

}  // namespace

TEST_SUITE("engine.frames") {
    TEST_CASE("what is in the frames comes out in order, however they are cut") {
        const std::string bytes =
            frame(1, "one\n") + frame(2, "two\n") + frame(1, "") + frame(1, std::string(300, 'x')) + frame(2, "end");
        const std::string expected = "one\ntwo\n" + std::string(300, 'x') + "end";
        for (std::size_t size = 1; size <= bytes.size(); ++size) {
            frames f;
            std::string out;
            for (std::size_t at = 0; at < bytes.size(); at += size) {
                std::string piece = bytes.substr(at, size);
                out.append(piece, 0, f.unpack(piece));
            }
            CHECK_EQ(out, expected);
            CHECK(f.good());
            CHECK(f.whole());
        }
    }

    TEST_CASE("what is no frame is refused from there on") {
        frames f;
        std::string bytes = frame(1, "good") + "HTTP/1.1 500 no frame" + frame(1, "never");
        CHECK_EQ(f.unpack(bytes), 4);
        CHECK_FALSE(f.good());
        std::string more = frame(1, "never");
        CHECK_EQ(f.unpack(more), 0);
    }

    TEST_CASE("an open frame is told from a whole one") {
        frames f;
        std::string bytes = frame(1, "half").substr(0, 10);
        CHECK_EQ(f.unpack(bytes), 2);
        CHECK_FALSE(f.whole());
    }
}
