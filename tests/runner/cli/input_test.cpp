// SPDX-License-Identifier: Apache-2.0
//
// What people type: times, refs, variables, secrets; and what git prints.
#include "runner/cli/commands.hpp"
#include "runner/cli/environment.hpp"
#include "runner/cli/secret_input.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct desk {
    explicit desk(const std::string& typed = {}, bool interactive = false)
        : in(typed), context(in, out, err, interactive, false) {}
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    cli::context context;
};

bool says_yes(const std::string& typed) {
    desk d(typed, true);
    return cli::ask_yes(d.context, "Sure?");
}

std::string message(const auto& r) {
    return r ? "no failure" : r.error().what;
}

}  // namespace

TEST_SUITE("cli.input") {
    TEST_CASE("times from now: a count and a unit, at most ten years") {
        desk d;
        const auto now = d.context.now();
        const auto in_two_hours = cli::time_from_now(d.context, "2h");
        REQUIRE(in_two_hours.has_value());
        CHECK(*in_two_hours - now >= 2h);
        CHECK(*in_two_hours - now < 2h + 1min);
        for (const char* good : {"1s", "30m", "7d", "3650d"}) CHECK(cli::time_from_now(d.context, good).has_value());
        for (const char* bad : {"", "h", "2", "2y", "-2h", "0h", "2h ", " 2h", "2.5h", "3651d",
                                "99999999999999999999d", "9223372036854775807s", "0x2h", "2H"}) {
            CAPTURE(bad);
            CHECK_FALSE(cli::time_from_now(d.context, bad).has_value());
        }
    }

    TEST_CASE("refs: full names only, and the type is what the name says") {
        CHECK_EQ(cli::ref_named("refs/heads/main")->type, policy::ref_type::branch);
        CHECK_EQ(cli::ref_named("refs/tags/v1")->type, policy::ref_type::tag);
        CHECK_EQ(cli::ref_named("refs/pull/7")->type, policy::ref_type::pull_request);
        for (const char* bad : {"", "main", "heads/main", "refs/", "REFS/heads/main", "refs/notes/x"}) {
            CAPTURE(bad);
            CHECK_FALSE(cli::ref_named(bad).has_value());
        }
    }

    TEST_CASE("variables: the first equals sign ends the key") {
        const auto all = cli::parameters_of({"A=1", "B=", "C=x=y"});
        REQUIRE(all.has_value());
        CHECK((*all == store::facts{{"A", "1"}, {"B", ""}, {"C", "x=y"}}));
        CHECK_FALSE(cli::parameters_of({"A"}).has_value());
        CHECK_FALSE(cli::parameters_of({"=1"}).has_value());
    }

    TEST_CASE("secret files: a wrong line is named by its number, never by what is in it") {
        const auto good = cli::secrets_in("# a comment\n\nA=1\r\nB==x\nA=2", "f");
        REQUIRE(good.has_value());
        REQUIRE_EQ(good->size(), 2);
        CHECK_EQ(good->at("A").reveal(), "2");
        CHECK_EQ(good->at("B").reveal(), "=x");
        for (const char* bad : {"A=1\nplanted secret", "A=1\n=planted secret"}) {
            const auto wrong = cli::secrets_in(bad, "f");
            CHECK_EQ(message(wrong), "f:2: not a line of the form KEY=value or KEY<<END");
        }
        const auto lines = cli::secrets_in("KEY<<END\r\none\r\n\ntwo=2\nEND\nB=<<END\nC<<\nthree\n\nD=4", "f");
        REQUIRE(lines.has_value());
        REQUIRE_EQ(lines->size(), 4);
        CHECK_EQ(lines->at("KEY").reveal(), "one\n\ntwo=2");
        CHECK_EQ(lines->at("B").reveal(), "<<END");
        CHECK_EQ(lines->at("C").reveal(), "three");
        CHECK_EQ(lines->at("D").reveal(), "4");
        CHECK_EQ(message(cli::secrets_in("A=1\nKEY<<END\nplanted secret\nend", "f")),
                 "f:2: a value of several lines has no end: the word after << on a line of its own");
    }

    TEST_CASE("a secret comes from a file or standard input, without its line end") {
        const test::temp_dir folder;
        test::write_file(folder / "token", "planted\r\n");
        desk d("from the pipe\n");
        CHECK_EQ(cli::secret_from(d.context, "@" + (folder / "token").string())->reveal(), "planted");
        CHECK_EQ(cli::secret_from(d.context, "-")->reveal(), "from the pipe");
        CHECK_EQ(message(cli::secret_from(d.context, "planted")).find("planted"), std::string::npos);
        CHECK_FALSE(cli::secret_from(d.context, "-").has_value());  // nothing is left
        CHECK_FALSE(cli::secret_from(d.context, "@" + (folder / "none").string()).has_value());
        CHECK_FALSE(cli::secret_from(d.context, "@" + folder.path().string()).has_value());
        test::write_file(folder / "empty", "\n");
        CHECK_FALSE(cli::secret_from(d.context, "@" + (folder / "empty").string()).has_value());
        test::write_file(folder / "huge", std::string((1U << 20U) + 1, 'x'));
        CHECK_FALSE(cli::secret_from(d.context, "@" + (folder / "huge").string()).has_value());
        test::write_file(folder / "large", std::string(1U << 20U, 'x'));
        CHECK_EQ(cli::secret_from(d.context, "@" + (folder / "large").string())->size(), 1U << 20U);
    }

    TEST_CASE("nobody is there: nothing is asked, and no is the answer") {
        desk d("y\n");
        CHECK_FALSE(cli::ask_yes(d.context, "Sure?"));
        CHECK_FALSE(cli::ask_secret(d.context, "token").has_value());
        CHECK_EQ(d.out.str(), "");
    }

    TEST_CASE("a question: only a clear yes is one") {
        for (const char* yes : {"y\n", "Y\n", "yes\n"}) CHECK(says_yes(yes));
        for (const char* no : {"\n", "", "n\n", "yy\n", "yes please\n", " y\n"}) {
            CAPTURE(no);
            CHECK_FALSE(says_yes(no));
        }
    }

    TEST_CASE("git: commit, branch and changes from what it printed") {
        const auto clean = cli::facts_in("# branch.oid 0123abcd\n# branch.head main\n# branch.ab +0 -0\n");
        CHECK_EQ(clean.commit, "0123abcd");
        CHECK_EQ(clean.ref.name, "refs/heads/main");
        CHECK_FALSE(clean.dirty);
        CHECK(cli::facts_in("# branch.oid 01\n# branch.head x\n1 .M N... 100644 100644 100644 a b f").dirty);
        const auto detached = cli::facts_in("# branch.oid 01\n# branch.head (detached)\n");
        CHECK_EQ(detached.ref.name, "");
        CHECK_EQ(detached.ref.type, policy::ref{}.type);
        CHECK_EQ(cli::facts_in("# branch.oid (initial)\n# branch.head main\n").commit, "");
        CHECK_EQ(cli::facts_in("").commit, "");
    }
}
