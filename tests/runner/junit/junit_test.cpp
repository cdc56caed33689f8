// SPDX-License-Identifier: Apache-2.0
//
// Reports of tests, read and written: what counts, what is bounded, what is never opened.
#include "runner/junit/junit.hpp"

#include <doctest/doctest.h>

using namespace latchkey;

TEST_SUITE("junit") {
    TEST_CASE("read: tests of all suites, failures and errors by name and message, skipped ones") {
        const auto r = junit::read(R"(<?xml version="1.0"?>
<testsuites><testsuite name="a"><properties/><testcase classname="shop.Cart" name="adds" time="0.1"/>
<testcase classname="shop.Cart" name="removes"><failure message="expected 1&#10;  got 2">trace</failure></testcase>
<testsuite name="inner"><testcase name="late"><error>
   java.lang.Boom: no
</error></testcase><testcase name="later"><skipped/></testcase></testsuite></testsuite></testsuites>)")
                           .value();
        CHECK_EQ(r.summary(), "4 tests, 2 failed, 1 skipped");
        CHECK(r.failures ==
              std::vector<std::string>{"shop.Cart.removes: expected 1 got 2", "late: java.lang.Boom: no"});
        CHECK_EQ(junit::read("<testsuite><testcase/></testsuite>").value().summary(), "1 test");
        CHECK_EQ(junit::read("<testsuites/>").value().summary(), "0 tests");
    }

    TEST_CASE("read: the first failures are named, in short lines, and all are counted") {
        std::string xml = "<testsuite>";
        for (int i = 0; i < 50; ++i)
            xml += "<testcase name='t" + std::to_string(i) + "'><failure message='" + std::string(999, 'x') +
                   "'/></testcase>";
        const auto r = junit::read(xml + "</testsuite>").value();
        CHECK_EQ(r.failed, 50);
        CHECK_EQ(r.failures.size(), junit::most_failures);
        CHECK_LE(r.failures[0].size(), 310);
        CHECK(r.failures[0].ends_with("…"));
    }

    TEST_CASE("read: entities are not expanded, files not opened, depth and size bounded") {
        const auto bomb = junit::read(R"(<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">
<!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite><testcase name="n"><failure message="&b;">&f;</failure></testcase></testsuite>)");
        REQUIRE(bomb.has_value());
        CHECK(bomb->failures == std::vector<std::string>{"n: &b;"});
        std::string deep;
        for (int i = 0; i < 200'000; ++i) deep += "<testsuite>";
        deep += "<testcase/>";
        for (int i = 0; i < 200'000; ++i) deep += "</testsuite>";
        CHECK_EQ(junit::read(deep).value().tests, 0);
        CHECK_EQ(junit::read(std::string(junit::largest_report + 1, ' ')).error().code, errc::invalid);
    }

    TEST_CASE("read: what is no report says so") {
        CHECK_EQ(junit::read("").error().code, errc::invalid);
        CHECK_EQ(junit::read("<html/>").error().what, "is XML, but no report of JUnit's form");
        CHECK(junit::read("<testsuite>").error().what.starts_with("is not XML: "));
    }

    TEST_CASE("written: cases with their outcomes, and what XML can't hold replaced") {
        const std::string xml = junit::write(
            "p #1", {{"Build <it> & \"test\"", junit::outcome::passed, "", "", std::chrono::milliseconds(1234)},
                     {"Test\x1b", junit::outcome::failed, "exit code 1", "", {}},
                     {"Later", junit::outcome::skipped, "not executed", "", {}},
                     {"Permissions", junit::outcome::error, "missing", "line one\nline\xff two\n", {}}});
        CHECK_EQ(xml, R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="p #1" tests="4" failures="1" errors="1" skipped="1" time="1.234">
    <testcase name="Build &lt;it> &amp; &quot;test&quot;" classname="p #1" time="1.234" />
    <testcase name="Test?" classname="p #1" time="0.000">
      <failure message="exit code 1" />
    </testcase>
    <testcase name="Later" classname="p #1" time="0.000">
      <skipped message="not executed" />
    </testcase>
    <testcase name="Permissions" classname="p #1" time="0.000">
      <error message="missing">line one
line? two
</error>
    </testcase>
  </testsuite>
</testsuites>
)");
        CHECK_EQ(junit::read(xml).value().summary(), "4 tests, 2 failed, 1 skipped");
    }
}
