// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/store/either_store.hpp"
#include "tests/runner/store/team_world.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct opened_logins {
    temp_dir folder;
    store::stores all = open_stores(folder / "data");
    team_world w = make_team(all);
    store::sign_ins& logins = *all.logins;

    void begin(const std::string& hash, policy::user_id user, std::int64_t began, std::int64_t used) {
        REQUIRE(logins.begin_session({hash, user, "password", at(began), at(used), {}}, "127.0.0.1").has_value());
    }
    bool has(const std::string& hash) { return logins.session(hash).has_value(); }
};

}  // namespace

TEST_SUITE("store.sign_ins") {
    TEST_CASE("a session is what it was begun as, until it ends or is old") {
        opened_logins o;
        o.begin("a", o.w.viewer, 100, 100);
        const auto kept = o.logins.session("a").value();
        CHECK_EQ(kept.user, o.w.viewer);
        CHECK_EQ(kept.how, "password");
        CHECK_EQ(kept.created_at, at(100));
        CHECK_FALSE(kept.confirmed_at.has_value());
        REQUIRE(o.logins.session_used("a", at(150)).has_value());
        REQUIRE(o.logins.session_confirmed("a", at(160)).has_value());
        CHECK_EQ(o.logins.session("a").value().used_at, at(150));
        CHECK_EQ(o.logins.session("a").value().confirmed_at, at(160));
        o.begin("b", o.w.viewer, 100, 200);
        o.begin("c", o.w.admin, 50, 300);
        REQUIRE(o.logins.drop_old_sessions(at(60), at(150)).has_value());
        CHECK_FALSE(o.has("a"));  // not used since
        CHECK(o.has("b"));
        CHECK_FALSE(o.has("c"));  // began before
        REQUIRE(o.logins.end_session("b", at(400)).has_value());
        CHECK_EQ(o.logins.end_session("b", at(400)).error().code, errc::not_found);
        CHECK_EQ(o.logins.session_confirmed("b", at(400)).error().code, errc::not_found);
        // One that ended is not used again, even where a call was under way.
        REQUIRE(o.logins.session_used("b", at(500)).has_value());
        CHECK_FALSE(o.has("b"));
        CHECK_EQ(o.logins.begin_session({"x", policy::user_id(999), "password", at(1), at(1), {}}, "").error().code,
                 errc::not_found);
    }

    TEST_CASE("ending one user's sessions leaves the others' alone") {
        opened_logins o;
        o.begin("mine", o.w.viewer, 100, 100);
        o.begin("mine too", o.w.viewer, 100, 100);
        o.begin("theirs", o.w.admin, 100, 100);
        REQUIRE(o.logins.change_password(o.w.viewer, "h", "mine", at(200)).has_value());
        CHECK(o.has("mine"));
        CHECK_FALSE(o.has("mine too"));
        REQUIRE(o.logins.end_sessions(o.w.viewer, at(300)).has_value());
        CHECK_FALSE(o.has("mine"));
        CHECK(o.has("theirs"));
    }

    TEST_CASE("another issuer's subject is one user, and its issuer's only") {
        opened_logins o;
        REQUIRE(o.logins.add_outside_user("https://a.test", "1", o.w.viewer, at(1)).has_value());
        CHECK_EQ(o.logins.outside_user("https://a.test", "1").value(), o.w.viewer);
        CHECK_EQ(o.logins.outside_user("https://b.test", "1").error().code, errc::not_found);
        CHECK_EQ(o.logins.outside_user("https://a.test", "2").error().code, errc::not_found);
        CHECK_EQ(o.logins.add_outside_user("https://a.test", "1", o.w.admin, at(2)).error().code, errc::conflict);
    }

    TEST_CASE("a password link is in the audit log of the workspace whose administrator made it") {
        opened_logins o;
        const auto count = [&] { return o.all.runs->audit_of(o.w.acme, 1'000'000, 100).value().size(); };
        const auto before = count();
        REQUIRE(o.logins.add_password_link({"l", o.w.viewer, o.w.admin, at(999), o.w.acme}, at(1)).has_value());
        CHECK_EQ(count(), before + 1);
    }

    TEST_CASE("of two that rotate at once one does, and what was retired long ago is forgotten") {
        opened_logins o;
        store::signing_keys& keys = *o.all.signing;
        const auto add = [&](const std::string& id, const std::string& instead_of, std::int64_t now) {
            return keys.add({id, "{}", {id, 1, 1, "bytes"}, at(now), {}}, instead_of, at(now - 100), o.w.owner);
        };
        REQUIRE(add("a", "", 1000).has_value());
        CHECK_EQ(add("other", "", 1000).error().code, errc::conflict);
        REQUIRE(add("b", "a", 1050).has_value());
        CHECK_EQ(add("other", "a", 1050).error().code, errc::conflict);
        auto all = keys.all().value();
        REQUIRE_EQ(all.size(), 2);
        CHECK_EQ(all[0].id, "b");
        CHECK_FALSE(all[0].retired_at.has_value());
        CHECK_EQ(all[0].sealed, vault::sealed_field{"b", 1, 1, "bytes"});
        CHECK_EQ(all[1].retired_at, at(1050));
        REQUIRE(add("c", "b", 1200).has_value());
        all = keys.all().value();
        REQUIRE_EQ(all.size(), 2);
        CHECK_EQ(all[1].id, "b");
    }
}
