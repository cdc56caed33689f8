// SPDX-License-Identifier: Apache-2.0
#include "runner/run/report.hpp"

#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

using latchkey::policy::integration_id;
using latchkey::policy::verdict;
using latchkey::run::missing_integration;

namespace {

missing_integration slack() {
    missing_integration m;
    m.integration = integration_id(1);
    m.name = "Slack production (slack_prod)";
    m.used_by = {{"Notify team", "buddy.yml", 31, 20}};
    m.reason = "pipeline \"deploy\" is not among its allowed pipelines";
    m.can_grant = {{"you", "Use"}, {"ana@acme.test", "Manage"}};
    m.may_grant = true;
    m.verdict = verdict::not_granted;
    return m;
}

}  // namespace

TEST_SUITE("run.report") {
    TEST_CASE("one missing integration: what, where, why, who, and what to type") {
        CHECK_GOLDEN("runner/run/golden/one.txt",
                     latchkey::run::headline_of("deploy", 42) + "\n\n" +
                         latchkey::run::report_of({slack()}, "latchkey retry 42 --grant"));
    }

    TEST_CASE("several: one block each, in the order given, many uses counted") {
        missing_integration aws;
        aws.name = "aws";
        aws.reason = "there is no such integration here";
        aws.verdict = verdict::unknown_integration;
        for (unsigned i = 1; i <= 23; ++i)
            aws.used_by.push_back({"Upload " + std::to_string(i), ".buddy/web.yml", i, 5});
        missing_integration other = slack();
        other.can_grant = {{"ana@acme.test", "Manage"}};
        other.may_grant = false;
        CHECK_GOLDEN("runner/run/golden/several.txt",
                     latchkey::run::report_of({aws, other}, "latchkey retry 42 --grant"));
    }

    TEST_CASE("hidden: a reader with None (Deny) gets no name, nobody to ask and nothing to type") {
        missing_integration hidden;
        hidden.used_by = {{"Notify team", "buddy.yml", 31, 20}};
        hidden.reason = "pipeline \"deploy\" is not among its allowed pipelines";
        hidden.verdict = verdict::not_granted;
        const std::string text = latchkey::run::report_of({hidden}, "latchkey retry 42 --grant");
        CHECK_GOLDEN("runner/run/golden/hidden.txt", text);
        CHECK_EQ(text.find("grant"), std::string::npos);
    }

    TEST_CASE("names can't move a cursor: control characters are shown as question marks") {
        missing_integration m = slack();
        m.name = "a\033[2Jb\nc";
        m.used_by.front().action = "x\ry\xc2\x9bz\xe2\x80\xae";
        const std::string text = latchkey::run::report_of({m}, "g");
        CHECK_EQ(text.find('\033'), std::string::npos);
        CHECK_EQ(text.find('\r'), std::string::npos);
        CHECK_NE(text.find("a?[2Jb?c"), std::string::npos);
        CHECK_NE(text.find("x?y?z?"), std::string::npos);  // C1 and what turns the direction too
    }
}
