// SPDX-License-Identifier: Apache-2.0
#include "pipelines/condition.hpp"

#include <doctest/doctest.h>

using namespace latchkey::pipelines;

namespace {

using kind = condition_kind;

condition about_variable(kind of, std::string value, std::string name = "V") {
    condition out;
    out.kind = of;
    out.variable = std::move(name);
    out.value = std::move(value);
    return out;
}

condition of_value(kind of, std::string value) {
    condition out;
    out.kind = of;
    out.value = std::move(value);
    return out;
}

condition of_status(kind of, std::string status) {
    condition out = of_value(of, std::move(status));
    out.action = "Build";
    return out;
}

condition either(std::vector<condition> operands) {
    condition out;
    out.kind = kind::any_of;
    out.operands = std::move(operands);
    return out;
}

condition of_kind(kind of) {
    condition out;
    out.kind = of;
    return out;
}

condition_result with_value(kind of, std::string actual, std::string wanted) {
    condition_facts facts;
    facts.variables["V"] = std::move(actual);
    return evaluate(about_variable(of, std::move(wanted)), facts);
}

condition changed_at(std::vector<std::string> paths) {
    condition out = of_kind(kind::on_change_at_path);
    out.paths = std::move(paths);
    return out;
}

}  // namespace

TEST_SUITE("pipelines.condition") {
    TEST_CASE("met or not: what a variable is and holds") {
        CHECK(with_value(kind::var_is, "main", "main").met);
        CHECK_FALSE(with_value(kind::var_is, "Main", "main").met);
        CHECK(with_value(kind::var_is, "dev", "main").why_not == "`V` is `dev`, not `main`");
        CHECK(with_value(kind::var_is_not, "dev", "main").met);
        CHECK_FALSE(with_value(kind::var_is_not, "main", "main").met);
        CHECK(with_value(kind::var_contains, "release-1", "release").met);
        CHECK_FALSE(with_value(kind::var_contains, "main", "release").met);
        CHECK(with_value(kind::var_not_contains, "main", "release").met);
        CHECK_FALSE(with_value(kind::var_not_contains, "release-1", "release").met);
    }

    TEST_CASE("an empty text: a variable that is not set") {
        CHECK(evaluate(about_variable(kind::var_is, ""), {}).met);
        CHECK(evaluate(about_variable(kind::var_is_not, "x"), {}).met);
        CHECK_FALSE(evaluate(about_variable(kind::var_is, "x"), {}).met);
        CHECK_FALSE(evaluate(about_variable(kind::var_less_than, "1"), {}).met);
    }

    TEST_CASE("by value, not by letters: numbers") {
        CHECK(with_value(kind::var_less_than, "9", "10").met);
        CHECK_FALSE(with_value(kind::var_less_than, "10", "10").met);
        CHECK(with_value(kind::var_less_than_or_equal, "10.0", "10").met);
        CHECK(with_value(kind::var_greater_than, "-2", "-10").met);
        CHECK(with_value(kind::var_greater_than_or_equal, " 007 ", "7").met);
        CHECK(with_value(kind::var_greater_than, "0.25", ".2").met);
        CHECK(with_value(kind::var_less_than_or_equal, "-0", "0").met);
        CHECK(with_value(kind::var_greater_than, "9007199254740993", "9007199254740992").met);
        CHECK(with_value(kind::var_less_than, "10", "9").why_not == "`V` is `10`, not less than `9`");
        CHECK(with_value(kind::var_greater_than_or_equal, "1", "9").why_not ==
              "`V` is `1`, not greater than or equal to `9`");
    }

    TEST_CASE("not met with the reason: what is no number") {
        CHECK(with_value(kind::var_less_than, "many", "9").why_not == "`V` is `many`, not a number");
        CHECK(with_value(kind::var_less_than, "1", "many").why_not == "`many` is not a number");
        for (const char* wrong : {"", ".", "-", "1e3", "1,000", "0x1", "1.2.3", "--1"})
            CHECK_FALSE(with_value(kind::var_greater_than, wrong, "-5").met);
    }

    TEST_CASE("never met: a variable whose value is secret") {
        condition_facts facts;
        facts.secret_variables.insert("V");
        for (const kind of : {kind::var_is, kind::var_is_not, kind::var_not_contains, kind::var_less_than})
            CHECK_FALSE(evaluate(about_variable(of, "x"), facts).met);
    }

    TEST_CASE("not settled: a variable that an action can still set") {
        condition_facts facts;
        CHECK(evaluate(about_variable(kind::var_is, "x"), facts).settled);
        facts.changing_variables.insert("V");
        CHECK_FALSE(evaluate(about_variable(kind::var_is, "x"), facts).settled);
        CHECK_FALSE(evaluate(about_variable(kind::var_is_not, "x"), facts).settled);
    }

    TEST_CASE("everything changed: the changes are not known") {
        CHECK(evaluate(of_kind(kind::on_change), {}).met);
        CHECK(evaluate(changed_at({"src"}), {}).met);
    }

    TEST_CASE("by what changed: files, folders and patterns") {
        condition_facts facts;
        facts.changed_paths.emplace();
        CHECK_FALSE(evaluate(of_kind(kind::on_change), facts).met);
        CHECK_FALSE(evaluate(changed_at({"/"}), facts).met);
        *facts.changed_paths = {"src/lib/deep/a.cpp", "README.md"};
        CHECK(evaluate(of_kind(kind::on_change), facts).met);
        for (const char* yes : {"/", "src", "/src/", "./src/lib", "src/lib/deep/a.cpp", "src/*/deep", "src/**/a.cpp",
                                "**/a.cpp", "*.md", "*.cpp", "READM?.md", "/README.md", "src/**", "**"}) {
            CAPTURE(yes);
            CHECK(evaluate(changed_at({yes}), facts).met);
        }
        for (const char* no : {"sr", "src/li", "lib", "/*.cpp", "src/*/a.cpp", "readme.md", "src/lib/deep/a.cpp/b",
                               "*.js", "src/**/b.cpp", "READM?md"}) {
            CAPTURE(no);
            CHECK_FALSE(evaluate(changed_at({no}), facts).met);
        }
        CHECK(evaluate(changed_at({"docs", "*.js"}), facts).why_not == "nothing was changed in `docs`, `*.js`");
    }

    TEST_CASE("no endless search: a pattern of many stars") {
        condition_facts facts;
        facts.changed_paths = {std::string(4000, 'a')};
        std::string stars;
        for (int i = 0; i < 1000; ++i) stars += "*a";
        CHECK_FALSE(evaluate(changed_at({stars + "b"}), facts).met);
    }

    TEST_CASE("day and hour: in the condition's time zone") {
        using namespace std::chrono;
        condition_facts facts;
        facts.now = sys_days(2026y / July / 5) + 23h + 30min;  // a Sunday
        condition day = of_kind(kind::day);
        day.days = {7};
        CHECK(evaluate(day, facts).met);
        condition hour = of_kind(kind::hour);
        hour.hours = {22, 23};
        CHECK(evaluate(hour, facts).met);
        condition both = of_kind(kind::datetime);
        both.days = {7};
        both.hours = {23};
        CHECK(evaluate(both, facts).met);
        both.hours = {22};
        CHECK(evaluate(both, facts).why_not == "it is 23 o'clock in `UTC`");
        both.hours.clear();
        CHECK(evaluate(both, facts).met);
        facts.now += 30min;
        CHECK(evaluate(day, facts).why_not == "it is Monday in `UTC`");
        hour.hours = {24};
        CHECK(evaluate(hour, facts).met);
        hour.hours = {0};
        CHECK(evaluate(hour, facts).met);
        hour.zone = "Nowhere/At_All";
        CHECK_FALSE(evaluate(hour, facts).met);
        CHECK_FALSE(evaluate(hour, facts).why_not.empty());
    }

    TEST_CASE("who started it: users and groups") {
        condition_facts facts;
        facts.user = "Ana@acme.test";
        facts.groups = {"deployers"};
        CHECK(evaluate(of_value(kind::triggering_user_is, "ana@acme.test"), facts).met);
        CHECK_FALSE(evaluate(of_value(kind::triggering_user_is, "bo@acme.test"), facts).met);
        CHECK_FALSE(evaluate(of_value(kind::triggering_user_is_not, "ana@acme.test"), facts).met);
        CHECK(evaluate(of_value(kind::triggering_user_is_in_group, "deployers"), facts).met);
        CHECK_FALSE(evaluate(of_value(kind::triggering_user_is_in_group, "Deployers"), facts).met);
        CHECK_FALSE(evaluate(of_value(kind::triggering_user_is_not_in_group, "deployers"), facts).met);
        CHECK(evaluate(of_value(kind::triggering_user_is_not_in_group, "others"), facts).met);
        facts.user.clear();
        for (const kind of : {kind::triggering_user_is, kind::triggering_user_is_not,
                              kind::triggering_user_is_in_group, kind::triggering_user_is_not_in_group})
            CHECK_FALSE(evaluate(of_value(of, "others"), facts).met);
    }

    TEST_CASE("another pipeline's success: with and without its project") {
        condition_facts facts;
        facts.project = "shop";
        facts.successful_pipelines = {{"shop", "build"}, {"site", "test"}};
        condition wanted = of_kind(kind::success_pipeline);
        wanted.pipeline = "build";
        CHECK(evaluate(wanted, facts).met);
        wanted.pipeline = "test";
        CHECK_FALSE(evaluate(wanted, facts).met);
        wanted.project = "site";
        CHECK(evaluate(wanted, facts).met);
    }

    TEST_CASE("an action's status: before and after its end") {
        condition_facts facts;
        for (const kind of : {kind::action_status_is, kind::action_status_is_not}) {
            const condition_result before = evaluate(of_status(of, "FAILED"), facts);
            CHECK_FALSE(before.met);
            CHECK_FALSE(before.settled);
        }
        facts.action_status["Build"] = "SUPPRESSED";
        CHECK(evaluate(of_status(kind::action_status_is, "SUPRESSED"), facts).met);
        CHECK(evaluate(of_status(kind::action_status_is_not, "FAILED"), facts).met);
        CHECK(evaluate(of_status(kind::action_status_is, "FAILED"), facts).why_not ==
              "the action `Build` is SUPPRESSED, not FAILED");
    }

    TEST_CASE("never met: a condition that is not known") {
        CHECK_FALSE(evaluate(of_kind(kind::unknown), {}).met);
        CHECK(evaluate(of_kind(kind::unknown), {}).settled);
        CHECK_FALSE(evaluate(either({}), {}).met);
    }

    TEST_CASE("all and any: what is met and what is settled") {
        const condition yes = of_kind(kind::always);
        const condition no = of_kind(kind::unknown);
        const condition maybe = of_status(kind::action_status_is, "FAILED");
        const auto all = [](std::vector<condition> list) { return evaluate(list, {}); };
        const auto any = [](std::vector<condition> list) { return evaluate(either(std::move(list)), {}); };
        CHECK(all({}).met);
        CHECK(all({yes, yes}).met);
        CHECK_FALSE(all({yes, no}).met);
        CHECK(all({maybe, no}).settled);
        CHECK(all({no, maybe}).settled);
        CHECK_FALSE(all({yes, maybe}).settled);
        CHECK_FALSE(all({maybe, yes}).met);
        CHECK(any({no, yes}).met);
        CHECK(any({maybe, yes}).met);
        CHECK(any({maybe, yes}).settled);
        CHECK_FALSE(any({no, maybe}).settled);
        CHECK_FALSE(any({no, no}).met);
        CHECK(any({either({no, either({no, yes})})}).met);
        CHECK(any({about_variable(kind::var_is, "a", "A"), about_variable(kind::var_is, "b", "B")}).why_not ==
              "`A` is ``, not `a`, and `B` is ``, not `b`");
    }

    TEST_CASE("joins its neighbours: an OR between siblings") {
        const condition yes = of_kind(kind::always);
        const condition no = of_kind(kind::unknown);
        const condition bare = of_kind(kind::any_of);
        const auto list = [](std::vector<condition> items) { return evaluate(items, {}).met; };
        CHECK(list({no, bare, yes}));
        CHECK(list({yes, no, bare, yes}));
        CHECK(list({no, bare, no, bare, yes}));
        CHECK_FALSE(list({no, yes, bare, yes}));
        CHECK_FALSE(list({no, bare, yes, no}));
        CHECK_FALSE(list({bare, yes}));
        CHECK_FALSE(list({yes, bare}));
        CHECK_FALSE(list({yes, bare, bare, yes}));
    }
}
