// SPDX-License-Identifier: Apache-2.0
#include "pipelines/variables.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace latchkey::pipelines;

namespace {

std::optional<std::string> known(std::string_view name) {
    if (name == "NAME") return "value";
    if (name == "NAMES") return "values";
    if (name == "EMPTY") return "";
    if (name == "LOOP") return "$LOOP ${NAME}";
    if (name == "BUDDY_RUN_ID") return "42";
    return std::nullopt;
}

std::string filled(std::string_view field) {
    return interpolate(field, known);
}

}  // namespace

TEST_SUITE("pipelines.variables") {
    TEST_CASE("filled in: a name with and without braces") {
        CHECK(filled("") == "");
        CHECK(filled("plain") == "plain");
        CHECK(filled("$NAME") == "value");
        CHECK(filled("${NAME}") == "value");
        CHECK(filled("a${NAME}b$NAME-c") == "avaluebvalue-c");
        CHECK(filled("release_$BUDDY_RUN_ID[staging]") == "release_42[staging]");
        CHECK(filled("<$EMPTY>") == "<>");
    }

    TEST_CASE("the longest name: letters, digits and underscores follow") {
        CHECK(filled("$NAMES") == "values");
        CHECK(filled("$NAME_x|$NAME1") == "|");
        CHECK(filled("${NAME}_x") == "value_x");
    }

    TEST_CASE("left alone: what is not a reference") {
        for (const char* text : {"$", "a$", "$$", "$$NAME", "$1", "${}", "${", "${NAME", "${NAME[1]}", "${!NAME}",
                                 "${NAME:-x}", "$(NAME)", "${a.b}", "${1}", "$ NAME", "${NAME }", "\xff$\xff"})
            CHECK(filled(text) == text);
    }

    TEST_CASE("the new name: an old dotted reference") {
        CHECK(filled("${execution.id}/${execution.tag.name}") == "42/");
        CHECK(name_of_dotted("execution.to_revision.revision") == "BUDDY_RUN_COMMIT");
        CHECK(name_of_dotted("execution").empty());
        CHECK(name_of_dotted("zzz").empty());
    }

    TEST_CASE("empty and named: an unknown variable") {
        std::vector<std::string> unknown;
        CHECK(interpolate("$NOBODY-${execution.tag.name}", known, &unknown) == "-");
        CHECK(unknown == std::vector<std::string>{"NOBODY", "execution.tag.name"});
    }

    TEST_CASE("not looked at again: a value that holds references") {
        CHECK(filled("$LOOP") == "$LOOP ${NAME}");
    }

    TEST_CASE("cut: a result beyond the bound") {
        std::string field;
        for (int i = 0; i < 40; ++i) field += "$BIG";
        const std::string big(longest_interpolated / 8, 'x');
        CHECK(interpolate(field, [&](std::string_view) { return std::optional(big); }).size() ==
              longest_interpolated);
    }

    TEST_CASE("old and new names: the built-in variables") {
        run_facts facts;
        facts.run_number = "7";
        facts.commit = "abc";
        facts.pull_request_number = "3";
        facts.actor_email = "ana@acme.test";
        facts.pipeline_refs = "refs/heads/main";
        facts.refresh = true;
        const auto list = builtins(facts);
        CHECK(std::ranges::is_sorted(list));
        CHECK(std::ranges::adjacent_find(list, {}, [](const auto& each) { return each.first; }) == list.end());
        const auto value = [&](std::string_view name) {
            const auto found = std::ranges::find(list, name, [](const auto& each) { return each.first; });
            REQUIRE(found != list.end());
            return found->second;
        };
        for (const char* name : {"BUDDY_RUN_ID", "BUDDY_EXECUTION_ID"}) CHECK(value(name) == "7");
        for (const char* name : {"BUDDY_RUN_COMMIT", "BUDDY_EXECUTION_REVISION"}) CHECK(value(name) == "abc");
        for (const char* name : {"BUDDY_RUN_PR_NO", "BUDDY_EXECUTION_PULL_REQUEST_NO"}) CHECK(value(name) == "3");
        for (const char* name : {"BUDDY_TRIGGERING_ACTOR_EMAIL", "BUDDY_INVOKER_EMAIL"})
            CHECK(value(name) == "ana@acme.test");
        for (const char* name : {"BUDDY_PIPELINE_REFS", "BUDDY_PIPELINE_REF_NAME"})
            CHECK(value(name) == "refs/heads/main");
        CHECK(value("BUDDY") == "true");
        CHECK(value("BUDDY_EXECUTION_REFRESH") == "true");
        CHECK(value("BUDDY_EXECUTION_CLEAR_CACHE") == "false");
        CHECK(value("BUDDY_EXECUTION_TAG").empty());
    }

    TEST_CASE("every name that real environments have: the built-in variables") {
        const auto list = builtins({});
        for (const char* name : {"BUDDY_API_URL",
                                 "BUDDY_EXECUTION_APPROVE_URL",
                                 "BUDDY_EXECUTION_BRANCH",
                                 "BUDDY_EXECUTION_CHANGELOG",
                                 "BUDDY_EXECUTION_CHANGELOG_ADDED",
                                 "BUDDY_EXECUTION_COMMENT",
                                 "BUDDY_EXECUTION_EVENT_TYPE",
                                 "BUDDY_EXECUTION_HASH",
                                 "BUDDY_EXECUTION_MODE",
                                 "BUDDY_EXECUTION_PREVIOUS_REVISION",
                                 "BUDDY_EXECUTION_PREVIOUS_REVISION_SUBJECT",
                                 "BUDDY_EXECUTION_PULL_REQUEST_BASE_BRANCH",
                                 "BUDDY_EXECUTION_PULL_REQUEST_HEAD_BRANCH",
                                 "BUDDY_EXECUTION_PULL_REQUEST_ID",
                                 "BUDDY_EXECUTION_PULL_REQUEST_IS_DRAFT",
                                 "BUDDY_EXECUTION_REVISION_COMMITTER_EMAIL",
                                 "BUDDY_EXECUTION_REVISION_COMMITTER_NAME",
                                 "BUDDY_EXECUTION_REVISION_MESSAGE",
                                 "BUDDY_EXECUTION_REVISION_SHORT",
                                 "BUDDY_EXECUTION_REVISION_SUBJECT",
                                 "BUDDY_EXECUTION_REVISION_URL",
                                 "BUDDY_EXECUTION_START_DATE",
                                 "BUDDY_EXECUTION_URL",
                                 "BUDDY_INVOKER_AVATAR_URL",
                                 "BUDDY_PIPELINE_TARGET_SITE_URL",
                                 "BUDDY_PIPELINE_TRIGGER_MODE",
                                 "BUDDY_PROJECT_NAME_ID",
                                 "BUDDY_REPO_SLUG",
                                 "BUDDY_REPO_SSH_URL",
                                 "BUDDY_RUN_PRE_COMMIT",
                                 "BUDDY_RUN_REF_NAME",
                                 "BUDDY_RUN_REF_TYPE",
                                 "BUDDY_SCM_PROVIDER",
                                 "BUDDY_SCM_URL",
                                 "BUDDY_WORKSPACE_DOMAIN"}) {
            CAPTURE(name);
            CHECK(std::ranges::find(list, name, [](const auto& each) { return each.first; }) != list.end());
        }
    }
}
