// SPDX-License-Identifier: Apache-2.0
#include "policy/grant.hpp"

#include "tests/policy/small_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey::policy;
using latchkey::test::small_world;

TEST_SUITE("policy.grant") {
    TEST_CASE("refused: each reason, and hidden things are unknown") {
        small_world w;
        const auto refusal = [&](std::int64_t user, std::int64_t integration = 1, std::int64_t pipeline = 1) {
            return to_string(may_grant(w.build(), user_id(user), integration_id(integration), pipeline_id(pipeline)));
        };
        CHECK_EQ(refusal(1), "none");
        CHECK_EQ(refusal(4), "none");  // Use is enough by default
        CHECK_EQ(refusal(9), "unknown_integration");
        CHECK_EQ(refusal(4, 9), "unknown_integration");
        CHECK_EQ(refusal(4, 1, 9), "unknown_pipeline");
        w.i.demanded_to_grant = level::manage;
        CHECK_EQ(refusal(4), "level_too_low");
        w.i.demanded_to_grant = static_cast<level>(0);
        CHECK_EQ(refusal(4), "level_too_low");  // what is neither Use nor Manage demands Manage
        w.i.demanded_to_grant = level::use_only;
        w.i.admins = level::denied;
        CHECK_EQ(refusal(2), "level_too_low");  // sees it to delete it
        w.p.others = pipeline_level::read_only;
        CHECK_EQ(refusal(4), "may_not_run_pipeline");
        w.p.others = pipeline_level::denied;
        CHECK_EQ(refusal(4), "unknown_pipeline");
        w.p.others = pipeline_level::run_only;
        w.i.scope = scope::project;
        CHECK_EQ(refusal(4), "none");
        CHECK_EQ(refusal(4, 1, 2), "other_project");
        w.i.others = level::denied;
        CHECK_EQ(refusal(4), "unknown_integration");
        CHECK_EQ(to_string(static_cast<grant_refusal>(99)), "unknown");
    }

    TEST_CASE("all or nothing: a request lists every integration that is refused") {
        small_world w;
        const snapshot s = w.build();
        const integration_id asked_for[] = {integration_id(1), integration_id(8), integration_id(9)};
        const auto refused = check_grants(s, user_id(4), asked_for, pipeline_id(1));
        REQUIRE_EQ(refused.size(), 2);
        CHECK(refused[0] == refused_grant{integration_id(8), grant_refusal::unknown_integration});
        CHECK(refused[1].integration == integration_id(9));
        CHECK_FALSE(refused[0] == refused[1]);
        CHECK_FALSE(refused[0] == refused_grant{integration_id(8), grant_refusal::other_project});
        CHECK(check_grants(s, user_id(4), std::span(asked_for, 1), pipeline_id(1)).empty());
    }

    TEST_CASE("who can grant: the asker first, then by id, and nobody for who may not see it") {
        small_world w;
        w.i.users = {{user_id(2), level::use_only}};
        const auto able = who_can_grant(w.build(), user_id(3), w.i.id, w.p.id);
        REQUIRE_EQ(able.size(), 4);
        CHECK(able[0] == grantor{user_id(3), level::use_only});
        CHECK(able[1] == grantor{user_id(1), level::manage});
        CHECK_FALSE(able[1] == grantor{user_id(1), level::use_only});
        CHECK_FALSE(able[1] == grantor{user_id(2), level::manage});
        CHECK(able[2].user == user_id(2));
        CHECK(able[3].user == user_id(4));
        w.i.others = level::denied;
        CHECK(who_can_grant(w.build(), user_id(3), w.i.id, w.p.id).empty());
        CHECK_EQ(who_can_grant(w.build(), user_id(1), w.i.id, w.p.id).size(), 2);
    }
}
