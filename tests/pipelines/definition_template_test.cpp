// SPDX-License-Identifier: Apache-2.0
#include "pipelines/definition_template.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;

namespace {

std::string filled(std::string_view text, const std::map<std::string, std::string, std::less<>>& parameters = {}) {
    const filled_template f = fill_template(text, parameters);
    CHECK(f.missing.empty());
    return f.text;
}

}  // namespace

TEST_SUITE("pipelines.definition_template") {
    TEST_CASE("filled in: in braces, with a default, and by a name alone where it was given") {
        CHECK_EQ(filled("a: !{cmd}\nb: 'x !{cmd} y'", {{"cmd", "ls"}}), "a: ls\nb: 'x ls y'");
        CHECK_EQ(filled("a: !{tag:18}-!{os:alpine}\n", {{"tag", "22"}}), "a: 22-alpine\n");
        CHECK_EQ(filled("a: !{empty:}|"), "a: |");
        CHECK_EQ(filled("a: !name!name.\nb: !names", {{"name", "n"}}), "a: nn.\nb: !names");
        CHECK_EQ(filled("!{a:x:y}"), "x:y");
    }

    TEST_CASE("a line that is one name alone stands for lines, or for none") {
        const std::string text = "actions:\n  - action: A\n!more\n  !more \r\n- b\n";
        CHECK_EQ(filled(text), "actions:\n  - action: A\n- b\n");
        CHECK_EQ(filled("x:\n!more\ny\n", {{"more", "  - action: B\n    type: BUILD"}}),
                 "x:\n  - action: B\n    type: BUILD\ny\n");
    }

    TEST_CASE("what is no parameter stays: tags, the shell's not, half a brace") {
        for (const char* text : {"a: !encrypted abc.def\n", "- if ! test -e x; then echo !; fi", "[ a != b ]", "!{",
                                 "!{a", "!{a b}", "!{}", "!", "a!\n", "!{1}", "${!arr[@]}"}) {
            CAPTURE(text);
            CHECK_EQ(filled(text), text);
        }
    }

    TEST_CASE("a value is not looked at again, and what is missing is said once") {
        CHECK_EQ(filled("!{a} !{b}", {{"a", "!{b}"}, {"b", "!a"}}), "!{b} !a");
        const filled_template f = fill_template("!{x} !{y} !{x}", {{"y", "1"}});
        CHECK_EQ(f.missing, std::vector<std::string>{"x"});
    }

    TEST_CASE("it can't grow without end") {
        std::string text;
        for (int i = 0; i < 100; ++i) text += "!{a}";
        const filled_template f = fill_template(text, {{"a", std::string(longest_filled / 10, 'x')}});
        CHECK(f.too_long);
        CHECK_EQ(f.text.size(), longest_filled);
    }
}
