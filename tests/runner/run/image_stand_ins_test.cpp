// SPDX-License-Identifier: Apache-2.0
#include "runner/run/image_stand_ins.hpp"

#include "pipelines/parse.hpp"
#include "runner/run/container_request.hpp"

#include <doctest/doctest.h>

#include <optional>

using latchkey::run::check_stand_ins;
using latchkey::run::stand_in_for;

TEST_SUITE("run.image_stand_ins") {
    TEST_CASE("the first pattern that fits replaces the image, and a star of it is what the pattern's stood for") {
        const latchkey::store::facts all = {
            {"node:18", "localhost/node:18"}, {"library/*", "mirror.test/*"}, {"*", "any:1"}};
        CHECK_EQ(stand_in_for(all, "node:18"), "localhost/node:18");
        CHECK_EQ(stand_in_for(all, "library/php:8.2"), "mirror.test/php:8.2");
        CHECK_EQ(stand_in_for(all, "node:20"), "any:1");
    }

    TEST_CASE("an image that no pattern fits, and an action without one, stay as they are") {
        const latchkey::store::facts all = {{"node:*-slim", "small:1"}, {"a*a", "b"}};
        CHECK_EQ(stand_in_for(all, "node:18"), "node:18");
        CHECK_EQ(stand_in_for(all, "node:18-slim"), "small:1");
        CHECK_EQ(stand_in_for(all, "a"), "a");
        CHECK_EQ(stand_in_for({{"*", "any:1"}}, ""), "");
    }

    TEST_CASE("a pair that can't be is refused with what can") {
        CHECK(check_stand_ins({{"node:*", "mirror.test/node:*"}, {"*", "x"}}).has_value());
        const auto why = [](const char* pattern, const char* image) {
            const auto checked = check_stand_ins({{pattern, image}});
            return checked ? std::string() : checked.error().what;
        };
        CHECK_EQ(why("node", ""),
                 "\"node=\" can't replace an image: write PATTERN=IMAGE, as in 'node:*=mirror.test/node:*'");
        CHECK_EQ(why("*/*", "x"), "\"*/*=x\" can't replace an image: each side may hold one *");
        CHECK_EQ(why("node", "m/*"),
                 "\"node=m/*\" can't replace an image: there is no * in the pattern that its * could stand for");
        CHECK_EQ(why("node", "a b"), "\"node=a b\" can't replace an image: an image's name has no spaces");
    }

    TEST_CASE("the login that an action writes is shown to the registry that it names, and to no other") {
        const auto parsed = latchkey::pipelines::parse(latchkey::pipelines::source("buddy.yml", R"yml(- pipeline: p
  actions:
    - {action: a, type: BUILD, docker_image_name: acme.test/tools, docker_image_tag: 1, login: ana, password: pw,
       execute_commands: ["true"], services: [{type: REDIS}]}
)yml"));
        latchkey::pipelines::diagnostics problems;
        const auto plan = latchkey::pipelines::compile(parsed.model.pipelines.at(0), {}, problems);
        const auto made = [&](const latchkey::store::facts& images) {
            auto c = latchkey::run::container_for(plan, 0, {}, {}, {}, {"/", "/", images});
            REQUIRE(c.has_value());
            REQUIRE(c->has_value());
            return std::move(**c);
        };
        const auto there = made({{"acme.test/tools:1", "acme.test/others:2"}});
        CHECK_EQ(there.image, "acme.test/others:2");
        REQUIRE(there.login.has_value());
        CHECK_EQ(there.login->server, "acme.test");
        const auto elsewhere = made({{"*", "mirror.test/*"}});
        CHECK_EQ(elsewhere.image, "mirror.test/acme.test/tools:1");
        CHECK_FALSE(elsewhere.login.has_value());
        CHECK_EQ(elsewhere.services.at(0).image.substr(0, 12), "mirror.test/");
    }
}
