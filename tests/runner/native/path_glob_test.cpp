// SPDX-License-Identifier: Apache-2.0
#include "runner/native/path_glob.hpp"

#include <doctest/doctest.h>

#include <string>

using latchkey::native::path_matches;

TEST_SUITE("native.path_glob") {
    TEST_CASE("a pattern: stars stay in one name, two of them go over folders, braces give a choice") {
        CHECK(path_matches("tests/*.js", "tests/a.js"));
        CHECK_FALSE(path_matches("tests/*.js", "tests/sub/a.js"));
        CHECK(path_matches("tests/**/*.js", "tests/a.js"));
        CHECK(path_matches("tests/**/*.js", "tests/a/b/c.js"));
        CHECK(path_matches("**", "a/b"));
        CHECK(path_matches("t?sts/[ab].{js,ts}", "tests/b.ts"));
        CHECK_FALSE(path_matches("t?sts/[ab].{js,ts}", "tests/c.ts"));
        CHECK(path_matches("{a,b/{c,d}}.js", "b/d.js"));
        CHECK_FALSE(path_matches("*.js", ".hidden.js"));
    }

    TEST_CASE("a pattern that is no pattern, or too much of one, matches nothing and takes no time") {
        CHECK_FALSE(path_matches("{a,b", "a"));
        CHECK(path_matches("{a,b", "{a,b"));
        std::string many;
        for (int i = 0; i < 40; ++i) many += "{a,b}";
        CHECK_FALSE(path_matches(many, std::string(40, 'a')));
        std::string stars;
        std::string path;
        for (int i = 0; i < 200; ++i) {
            stars += "**/";
            path += "a/";
        }
        CHECK_FALSE(path_matches(stars + "x", path + "y"));
    }
}
