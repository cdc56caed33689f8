// SPDX-License-Identifier: Apache-2.0
//
// Who may have a credential tried: the table of levels, and that what may not be seen is unknown.
#include "policy/trial.hpp"

#include "tests/policy/small_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey::policy;
using latchkey::test::small_world;

namespace {

trial ask(const small_world& w, std::int64_t user, std::int64_t integration = 1) {
    return decide(w.build(), trial_request{decision_id(99), user_id(user), integration_id(integration)});
}

}  // namespace

TEST_SUITE("policy.trial") {
    TEST_CASE("table: each level and its verdict, of a member and of an administrator") {
        struct row {
            level of;
            trial_verdict member, administrator;
        };
        using v = trial_verdict;
        for (const row& r : {row{level::denied, v::unknown_integration, v::level_too_low},
                             row{level::delete_only, v::unknown_integration, v::level_too_low},
                             row{level::use_only, v::allowed_by_level, v::allowed_by_level},
                             row{level::manage, v::allowed_by_level, v::allowed_by_level},
                             row{static_cast<level>(200), v::unknown_integration, v::level_too_low}}) {
            small_world w;
            w.i.users = {{user_id(4), r.of}};
            w.i.admins = r.of;
            CHECK_EQ(to_string(ask(w, 4).verdict()), to_string(r.member));
            CHECK_EQ(to_string(ask(w, 1).verdict()), to_string(r.administrator));
            CHECK_EQ(ask(w, 4).allowed(), r.member == v::allowed_by_level);
        }
    }

    TEST_CASE("said: what was asked, by whom, and the facts' revision") {
        const trial t = ask(small_world(), 3);
        CHECK(t.allowed());
        CHECK(t.id() == decision_id(99));
        CHECK(t.user() == user_id(3));
        CHECK(t.integration() == integration_id(1));
        CHECK(t.revision() == revision(7));
    }

    TEST_CASE("denied: whoever and whatever is not in the facts, and pipelines change nothing of it") {
        small_world w;
        CHECK(ask(w, 9).verdict() == trial_verdict::unknown_integration);
        CHECK(ask(w, 1, 9).verdict() == trial_verdict::unknown_integration);
        CHECK_FALSE(ask(w, 0).allowed());
        w.i.others = level::denied;
        w.i.all_pipelines_allowed = true;
        w.grants = {w.granted()};
        CHECK_FALSE(ask(w, 4).allowed());
        CHECK_EQ(to_string(static_cast<trial_verdict>(99)), "unknown");
    }
}
