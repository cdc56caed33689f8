// SPDX-License-Identifier: Apache-2.0
#include "runner/exec/exported.hpp"

#include "runner/exec/capture.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using latchkey::exec::parse_exported;
using latchkey::exec::variables;

TEST_SUITE("exec.exported") {
    TEST_CASE("what each shell writes is read back byte by byte") {
        // In octal, so that no file between has anything to quote.
        const std::string value = "it's \"a\" $b `c` \\d\n\te=f\r; \x01\x7f\xc3\xa4 '\\''\n\n";
        std::string octal;
        for (const char c : value) {
            char digits[8];
            std::snprintf(digits, sizeof digits, "\\0%03o", static_cast<unsigned char>(c));
            octal += digits;
        }
        const latchkey::test::temp_dir folder;
        for (const std::string shell : {"/bin/sh", "/bin/bash", "/usr/bin/busybox sh"}) {
            if (shell.starts_with("/usr/bin/busybox") && ::access("/usr/bin/busybox", X_OK) != 0) {
                MESSAGE("not checked: busybox is not installed");
                continue;
            }
            CAPTURE(shell);
            latchkey::test::write_file(
                folder / "script", std::string(latchkey::exec::export_at_end) + "V=$(printf '%bx' '" + octal +
                                       "'); V=${V%x}; export V EMPTY= NEXT=1; unset PWD OLDPWD; echo PLAIN=a b 'c' "
                                       ">>\"$LATCHKEY_EXPORTED\"; false");
            latchkey::test::write_file(folder / "exported", "");
            const auto ran = latchkey::exec::capture({"/bin/sh", "-c",
                                                      "LATCHKEY_EXPORTED=" + (folder / "exported").string() + " " +
                                                          shell + " -e " + (folder / "script").string()},
                                                     "/");
            REQUIRE(ran.has_value());
            CHECK_EQ(ran->exit_code, 1);
            CHECK_EQ(ran->errors, "");
            variables found;
            for (const auto& v : parse_exported(latchkey::test::read_file(folder / "exported")))
                if (v.first == "V" || v.first == "EMPTY" || v.first == "NEXT" || v.first == "PLAIN")
                    found.push_back(v);
            REQUIRE_EQ(found.size(), 4);
            CHECK_EQ(found[0], std::pair<std::string, std::string>("PLAIN", "a b c"));
            for (const auto& [name, is] : found) {
                if (name == "V") CHECK_EQ(is, value);
                if (name == "EMPTY") CHECK_EQ(is, "");
                if (name == "NEXT") CHECK_EQ(is, "1");
            }
        }
    }

    TEST_CASE("a script in which nothing can set a variable is told from one that may") {
        for (const char* script : {"true", "npm ci\nmake test", "./gradlew build && ls -l", "cd /tmp; exit 3"})
            CHECK_FALSE(latchkey::exec::may_set_variables(script));
        for (const char* script : {"A=1", "export A", "read A <f\n", "$SETUP", "`cat setup`", ". ./env", "source env",
                                   "((n++))", "let n", "for i in a b; do :; done", "printf -v A x", "eval x"})
            CHECK_EQ(latchkey::exec::may_set_variables(script), std::string_view(script) != "export A");
    }

    TEST_CASE("what is no variable is passed over, and nothing after it is lost") {
        const variables expected = {{"A", "1"}, {"B", "2"}, {"C", "3 4"}};
        CHECK_EQ(parse_exported("export A='1'\nexport NOVALUE\nexport 1X='no'\n# text\n\nB=2\r"
                                "\ndeclare -x C=\"3 4\"\nexport D='not closed\n")
                     .size(),
                 3);
        CHECK_EQ(parse_exported("export A='1'\nexport NOVALUE\nB=2\ndeclare -x C=\"3 4\""), expected);
        CHECK(parse_exported("").empty());
        CHECK(parse_exported("\n\n=\n").empty());
    }
}
