// SPDX-License-Identifier: Apache-2.0
#include "pipelines/diagnostic.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;

TEST_SUITE("pipelines.diagnostic") {
    TEST_CASE("nearest: a slip is found, a different word is not") {
        const std::vector<std::string_view> keys = {"integration", "priority", "on", "retry_count",
                                                    "trigger_condition"};
        CHECK(nearest("integraton", keys) == "integration");
        CHECK(nearest("INTEGRATION", keys) == "integration");
        CHECK(nearest("retry-count", keys) == "retry_count");
        CHECK(nearest("pirority", keys) == "priority");  // neighbours swapped
        CHECK(nearest("trigger_conditon", keys) == "trigger_condition");
        CHECK(nearest("no", keys).empty());
        CHECK(nearest("script", keys).empty());
        CHECK(nearest("", keys).empty());
        CHECK(nearest(std::string(1000, 'x'), keys).empty());
        CHECK(nearest("a", {}).empty());
    }
    TEST_CASE("render: places in order, whatever the order of finding") {
        const source file("f.yml", "a\nb\n");
        const diagnostics problems = {{severity::warning, "P012", {2, 3}, "second", ""},
                                      {severity::error, "P006", {0, 1}, "first", "do"}};
        CHECK(render(file, problems) ==
              "f.yml:1:1: error[P006]: first\n  1 | a\n    | ^\n    = help: do\nf.yml:2:1: warning[P012]: second\n  "
              "2 | b\n    | ^\n");
    }
    TEST_CASE("render: the rest is counted beyond the limit") {
        const source file("f.yml", "a");
        const diagnostics problems(3, {severity::error, "P006", {0, 1}, "x", ""});
        CHECK(render(file, problems, 1).ends_with("and 2 more (2 errors, 0 warnings)\n"));
        CHECK(render(file, {}).empty());
    }
    TEST_CASE("render: a place behind the text is shown at its end") {
        const source file("f.yml", "abc");
        CHECK(render(file, {{severity::error, "P006", {90, 99}, "x", ""}}) ==
              "f.yml:1:4: error[P006]: x\n  1 | abc\n    |    ^\n");
    }
    TEST_CASE("input in a message moves no cursor and is cut: escapes, direction marks, long text") {
        CHECK(in_backticks("a\x1b[2Jb\x07") == "`a\xEF\xBF\xBD[2Jb\xEF\xBF\xBD`");
        CHECK(in_backticks("a\u202Eb\nc") ==
              "`a\xEF\xBF\xBD"
              "b⏎c`");
        CHECK(in_backticks("\xff") == "`\xEF\xBF\xBD`");
        CHECK(in_backticks(std::string(100, 'x')) == "`" + std::string(60, 'x') + "…`");
    }
}
