// SPDX-License-Identifier: Apache-2.0
//
// Which refs a pattern names, and which pipelines an event starts: as tables.
#include "runner/triggers/event_filter.hpp"

#include "pipelines/parse.hpp"
#include "runner/triggers/ref_pattern.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace latchkey;
using namespace latchkey::triggers;
using policy::ref_type;

namespace {

policy::ref named(const std::string& name) {
    const ref_type type = name.starts_with("refs/heads/")  ? ref_type::branch
                          : name.starts_with("refs/tags/") ? ref_type::tag
                          : name.starts_with("refs/pull/") ? ref_type::pull_request
                                                           : ref_type::none;
    return {type, name};
}

// Of these, those that the pattern names; main is the default branch.
std::string named_by(std::string_view pattern) {
    std::string out;
    for (const char* name : {"refs/heads/main", "refs/heads/master", "refs/heads/dev", "refs/heads/dev/x",
                             "refs/heads/v1", "refs/tags/v1", "refs/tags/v1.0-rc2", "refs/pull/7", "refs/notes/x"})
        if (matches_ref(pattern, named(name), "main")) out += (out.empty() ? "" : " ") + std::string(name).substr(5);
    return out;
}

repository_event pushed(const std::string& name, event_kind kind = event_kind::push) {
    repository_event e;
    e.kind = kind;
    e.ref = named(name);
    e.fork = false;
    return e;
}

repository_event request(const std::string& action, const std::string& base = "main") {
    repository_event e;
    e.kind = event_kind::pull_request;
    e.action = action;
    e.ref = named("refs/pull/7");
    e.base_branch = base;
    return e;
}

start_rules rules(const std::string& events, const std::string& refs = "[]") {
    auto read = rules_of_settings(events, refs);
    REQUIRE_MESSAGE(read.has_value(), read.error().what);
    return *read;
}

bool begins(const start_rules& r, const repository_event& e) {
    const candidate c{1, r};
    return !starts_of({&c, 1}, {&e, 1}, "main").empty();
}

// The older syntaxes and the newest, as files have them.
start_rules of_file(const std::string& keys) {
    const pipelines::source file("buddy.yml", "- pipeline: p\n" + keys + "  actions: []\n");
    const pipelines::parsed read = pipelines::parse(file);
    REQUIRE_EQ(read.model.pipelines.size(), 1);
    return rules_of(read.model.pipelines[0]);
}

}  // namespace

TEST_SUITE("triggers.event_filter") {
    TEST_CASE("patterns: which refs each names") {
        struct row {
            const char* pattern;
            const char* named;
        };
        const char* all = "heads/main heads/master heads/dev heads/dev/x heads/v1 tags/v1 tags/v1.0-rc2";
        for (const row& r : {
                 row{"refs/heads/main", "heads/main"},
                 row{"main", "heads/main"},
                 row{"v1", "heads/v1"},  // a tag is named with refs/tags/
                 row{"refs/tags/v1", "tags/v1"},
                 row{"refs/heads/*", "heads/main heads/master heads/dev heads/dev/x heads/v1"},
                 row{"refs/heads/dev*", "heads/dev heads/dev/x"},
                 row{"dev*", "heads/dev heads/dev/x"},
                 row{"*/x", "heads/dev/x"},
                 row{"refs/tags/*", "tags/v1 tags/v1.0-rc2"},
                 row{"refs/tags/v*-rc*", "tags/v1.0-rc2"},
                 row{"refs/*", all},
                 row{"*", all},
                 row{"refs/pull/*", "pull/7"},
                 row{"refs/pull/7", "pull/7"},
                 row{":default", "heads/main"},
                 row{"(^((?!master$).)*$)", "heads/main heads/dev heads/dev/x heads/v1 tags/v1 tags/v1.0-rc2"},
                 row{"((refs/pull/\\d+)|(master))", "heads/master pull/7"},
                 row{"(refs/tags/.+-rc[0-9]+)", "tags/v1.0-rc2"},
                 row{"(refs/heads/(main|dev))", "heads/main heads/dev"},
                 row{"(main|dev)", "heads/main heads/dev"},
                 row{"(ma)", ""},  // the whole name, not a part of it
                 row{"(refs/pull/8)", ""},
                 row{"(", ""},
                 row{"(a", ""},
                 row{"((a)", ""},
                 row{"(a{2,1})", ""},
                 row{"", ""},
                 row{"refs/heads/MAIN", ""},
                 row{"refs/heads/mai?", ""},
                 row{"refs/heads/[m]ain", ""},
                 row{"heads/main", ""},
                 row{"refs/notes/x", ""},
             }) {
            CAPTURE(r.pattern);
            CHECK_EQ(named_by(r.pattern), r.named);
        }
        CHECK_FALSE(matches_ref(":default", named("refs/heads/main"), ""));
        // A branch called as a whole name of a tag is another ref.
        CHECK_FALSE(matches_ref("refs/tags/v1", named("refs/heads/refs/tags/v1"), "main"));
    }

    TEST_CASE("an expression that would take for ever is given up, and one that can't be used is told") {
        const std::string name = "refs/heads/" + std::string(60, 'a') + "b";
        const auto begin = std::chrono::steady_clock::now();
        CHECK_FALSE(matches_ref("((a+)+$)", named(name), "main"));
        CHECK_FALSE(matches_ref("((a|aa)*c)", named("refs/heads/" + std::string(900, 'a')), "main"));
        CHECK_FALSE(matches_ref("(" + std::string(200, '(') + std::string(200, ')') + ")", named(name), "main"));
        CHECK_FALSE(matches_ref("((?R)*)", named(name), "main"));
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
        CHECK_EQ(fault_of_pattern("(main|dev)"), "");
        CHECK_EQ(fault_of_pattern("refs/heads/*"), "");
        CHECK_EQ(fault_of_pattern(""), "it is empty");
        CHECK_EQ(fault_of_pattern("((a)"), "it is no regular expression: missing closing parenthesis");
        CHECK_EQ(fault_of_pattern(std::string(1001, 'a')), "it is longer than 1000 characters");
    }

    TEST_CASE("events of the API: each type by its own fields") {
        const start_rules push = rules(R"([{"type":"PUSH","refs":["refs/heads/main"],"events":[],"branches":[]}])");
        CHECK(begins(push, pushed("refs/heads/main")));
        CHECK_FALSE(begins(push, pushed("refs/heads/dev")));
        CHECK_FALSE(begins(push, pushed("refs/tags/main")));
        CHECK_FALSE(begins(push, pushed("refs/heads/main", event_kind::create_ref)));
        CHECK_FALSE(begins(push, pushed("refs/heads/main", event_kind::delete_ref)));
        CHECK_FALSE(begins(push, request("opened")));

        const start_rules created = rules(R"([{"type":"CREATE_REF","refs":["refs/tags/*"]}])");
        CHECK(begins(created, pushed("refs/tags/v1", event_kind::create_ref)));
        CHECK_FALSE(begins(created, pushed("refs/heads/v1", event_kind::create_ref)));
        CHECK_FALSE(begins(created, pushed("refs/tags/v1")));
        CHECK(begins(rules(R"([{"type":"DELETE_REF","refs":["feature/*"]}])"),
                     pushed("refs/heads/feature/x", event_kind::delete_ref)));

        // Refs: the event's, else the pipeline's, else any.
        CHECK(begins(rules(R"([{"type":"PUSH"}])", R"(["dev"])"), pushed("refs/heads/dev")));
        CHECK_FALSE(begins(rules(R"([{"type":"PUSH"}])", R"(["dev"])"), pushed("refs/heads/main")));
        CHECK_FALSE(begins(rules(R"([{"type":"PUSH","refs":["main"]}])", R"(["dev"])"), pushed("refs/heads/dev")));
        CHECK(begins(rules(R"([{"type":"PUSH","refs":null}])"), pushed("refs/tags/v1")));
        CHECK_FALSE(begins(rules(R"([{"type":"PUSH"}])"), request("opened")));
    }

    TEST_CASE("pull requests: where they go to, and what happened to them") {
        const start_rules any = rules(R"([{"type":"PULL_REQUEST"}])");
        for (const char* action : {"opened", "reopened", "synchronize"}) CHECK(begins(any, request(action)));
        for (const char* action : {"closed", "labeled", "edited", "assigned", ""})
            CHECK_FALSE(begins(any, request(action)));
        CHECK_FALSE(begins(any, pushed("refs/heads/main")));
        const start_rules to_main =
            rules(R"([{"type":"PULL_REQUEST","branches":["main","release/*"],"events":["labeled","closed"]}])");
        CHECK(begins(to_main, request("labeled")));
        CHECK(begins(to_main, request("closed", "release/2")));
        CHECK_FALSE(begins(to_main, request("closed", "dev")));
        CHECK_FALSE(begins(to_main, request("opened")));
        CHECK(begins(rules(R"([{"type":"PULL_REQUEST","branches":[":default"]}])"), request("opened")));
        CHECK(begins(rules(R"([{"type":"PULL_REQUEST","branches":["refs/heads/main"]}])"), request("opened")));
        CHECK_FALSE(begins(rules(R"([{"type":"PULL_REQUEST","refs":["refs/pull/8"]}])"), request("opened")));
        // As the older syntaxes say it.
        const start_rules old = rules(R"([{"type":"PUSH","refs":["refs/pull/*"]}])");
        CHECK(begins(old, request("synchronize")));
        CHECK_FALSE(begins(old, request("closed")));
        CHECK_FALSE(begins(rules(R"([{"type":"PUSH","refs":["*"]}])"), request("opened")));
        CHECK_FALSE(begins(rules(R"([{"type":"CREATE_REF","refs":["refs/pull/*"]}])"), request("opened")));
    }

    TEST_CASE("what can't be understood starts nothing") {
        for (const char* events :
             {"[]", "{}", "null", "[null]", "[1]", R"([{}])", R"([{"type":"push"}])", R"([{"type":"NONE"}])",
              R"([{"type":"PUSH","refs":"main"}])", R"([{"type":"PUSH","refs":[1]}])", R"([{"type":1}])",
              R"([{"type":"SCHEDULE","cron":"* * * * *"}])", R"([{"type":"WEBHOOK"}])",
              R"([{"type":"PUSH","refs":[""]}])"}) {
            CAPTURE(events);
            CHECK_FALSE(begins(rules(events), pushed("refs/heads/main")));
            CHECK_FALSE(begins(rules(events), request("opened")));
        }
        CHECK(rules_of_settings("[", "[]").has_error());
        CHECK(rules_of_settings("[]", "x").has_error());
        const start_rules timed = rules(
            R"([{"type":"SCHEDULE","cron":"0 9 * * *","timezone":"Europe/Warsaw"},{"type":"WEBHOOK","totp":true},)"
            R"({"type":"SCHEDULE","start_date":"2026-01-01","delay":5}])");
        REQUIRE_EQ(timed.events.size(), 3);
        CHECK_EQ(timed.events[0].timezone, "Europe/Warsaw");
        CHECK(timed.events[1].totp);
        CHECK_EQ(timed.events[2].delay, 5);
    }

    TEST_CASE("files: the three syntaxes") {
        const start_rules old = of_file("  trigger_mode: ON_EVERY_PUSH\n  ref_name: master\n  ref_type: BRANCH\n");
        CHECK(begins(old, pushed("refs/heads/master")));
        CHECK_FALSE(begins(old, pushed("refs/heads/main")));
        const start_rules wild = of_file(
            "  trigger_mode: ON_EVERY_PUSH\n  ref_name: '((refs/pull/\\d+)|(master))'\n  ref_type: WILDCARD\n");
        CHECK(begins(wild, pushed("refs/heads/master")));
        CHECK(begins(wild, request("opened")));
        CHECK_FALSE(begins(wild, pushed("refs/heads/dev")));
        const start_rules requests =
            of_file("  trigger_mode: ON_EVERY_PUSH\n  ref_name: pull/*\n  ref_type: PULL_REQUEST\n");
        CHECK(begins(requests, request("synchronize")));
        CHECK_FALSE(begins(requests, pushed("refs/heads/main")));
        CHECK_FALSE(begins(of_file("  trigger_mode: MANUAL\n  ref_name: master\n  ref_type: BRANCH\n"),
                           pushed("refs/heads/master")));
        const start_rules mid = of_file("  on: EVENT\n  events:\n    - type: PUSH\n      refs: [refs/heads/dev*]\n");
        CHECK(begins(mid, pushed("refs/heads/dev2")));
        CHECK_FALSE(begins(of_file("  on: CLICK\n  refs: [refs/heads/main]\n"), pushed("refs/heads/main")));
        const start_rules now = of_file(
            "  refs: [':default']\n  events:\n    - type: PUSH\n    - type: PULL_REQUEST\n      branches: [main]\n   "
            "   events: [opened]\n"
            "    - type: WEBHOOK\n      totp: true\n");
        CHECK(begins(now, pushed("refs/heads/main")));
        CHECK_FALSE(begins(now, pushed("refs/heads/dev")));
        CHECK(begins(now, request("opened")));
        CHECK_FALSE(begins(now, request("synchronize")));
        CHECK(now.events[2].totp);
    }

    TEST_CASE("a delivery of several: each pipeline once for a ref, in order, as a push where it is one") {
        const std::vector<repository_event> told = {
            pushed("refs/heads/new", event_kind::create_ref), pushed("refs/heads/new"),
            pushed("refs/tags/v1", event_kind::create_ref), pushed("refs/tags/v1")};
        const std::vector<candidate> all = {
            {1, rules(R"([{"type":"CREATE_REF"},{"type":"PUSH"}])")},
            {2, rules(R"([{"type":"CREATE_REF","refs":["new"]}])")},
            {3, rules(R"([{"type":"PUSH","refs":["refs/tags/*"]},{"type":"PUSH","refs":["refs/tags/v*"]}])")},
            {4, rules("[]")}};
        const std::vector<start> wanted = {{1, 1}, {1, 3}, {2, 0}, {3, 3}};
        CHECK(starts_of(all, told, "main") == wanted);
    }
}
