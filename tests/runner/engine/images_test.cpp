// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/images.hpp"

#include "runner/engine/json_lines.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace engine = latchkey::engine;

TEST_SUITE("engine.images") {
    TEST_CASE("a name is split into what to pull and which of it") {
        const auto is = [](const std::string& image, const std::string& name, const std::string& tag) {
            const auto split = engine::split_image(image);
            CHECK_EQ(split.name, name);
            CHECK_EQ(split.tag, tag);
        };
        is("node", "node", "latest");
        is("library/node:22", "library/node", "22");
        is("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b", "latest");
        is("127.0.0.1:5000/a/b:1.2", "127.0.0.1:5000/a/b", "1.2");
        is("a/b@sha256:00ff", "a/b", "sha256:00ff");
    }

    TEST_CASE("documents are found wherever the stream is cut, braces in strings do not count") {
        const std::string text = R"({"a":"}{\"\\"} )"
                                 "\r\n"
                                 R"({"b":[{"c":1},2]}{"d":{}})";
        for (std::size_t size = 1; size <= text.size(); ++size) {
            engine::json_splitter s;
            std::vector<std::string> found;
            for (std::size_t at = 0; at < text.size(); at += size)
                CHECK(s.feed(text.substr(at, size), [&](std::string_view d) { found.emplace_back(d); }));
            REQUIRE_EQ(found.size(), 3);
            CHECK_EQ(found[0], R"({"a":"}{\"\\"})");
            CHECK_EQ(found[1], R"({"b":[{"c":1},2]})");
            CHECK_EQ(found[2], R"({"d":{}})");
        }
    }

    TEST_CASE("a document without an end is refused before it fills the memory") {
        engine::json_splitter s;
        const std::string piece(1 << 16, '[');
        bool good = s.feed("{", [](std::string_view) {});
        for (int i = 0; i < 20 && good; ++i) good = s.feed(piece, [](std::string_view) {});
        CHECK_FALSE(good);
    }
}
