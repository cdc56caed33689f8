// SPDX-License-Identifier: Apache-2.0
//
// What starts runs without a person, as the store keeps it: secrets of projects, deliveries, events until they are
// dealt with, and schedules.
#include "tests/runner/store/either_store.hpp"
#include "tests/runner/store/team_world.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct trigger_store {
    temp_dir folder;
    store::stores all{open_stores(folder / "data")};
    team_world team = make_team(all);
    store::triggers& t = *all.triggers;

    store::project_secret_record secret(const std::string& name, policy::user_id by,
                                        const std::string& bytes = "x") const {
        return {name, {name, 1, 1, bytes}, by, at(100)};
    }
    policy::pipeline_id pipeline(const std::string& name, const std::string& events, store::facts more = {}) const {
        store::team_pipeline_record p;
        p.rights.project = team.web;
        p.name = name;
        p.created_at = at(1000);
        p.settings = {{"events", events}};
        p.settings.insert(p.settings.end(), more.begin(), more.end());
        return all.pipelines->add(std::move(p), team.admin).value().rights.id;
    }
};

}  // namespace

TEST_SUITE("store.triggers") {
    TEST_CASE("secrets: set, replaced and removed by who manages the project, and noted without their values") {
        const trigger_store w;
        CHECK(w.t.put_secret(w.team.web, w.secret("a", w.team.developer)).error().code == errc::denied);
        CHECK(w.t.put_secret(w.team.web, w.secret("a", w.team.stranger)).has_error());
        REQUIRE(w.t.put_secret(w.team.web, w.secret("a", w.team.admin, "one")).has_value());
        REQUIRE(w.t.put_secret(w.team.web, w.secret("a", w.team.owner, "two")).has_value());
        REQUIRE(w.t.put_secret(w.team.web, w.secret("b", w.team.admin)).has_value());
        const auto a = w.t.secret(w.team.web, "a").value();
        REQUIRE(a.has_value());
        CHECK_EQ(a->sealed.bytes, "two");
        CHECK(a->made_by == w.team.owner);
        CHECK(a->made_at == at(100));
        CHECK_FALSE(w.t.secret(w.team.web, "c").value().has_value());
        CHECK_EQ(w.t.secrets(w.team.web).value().size(), 2);
        CHECK(w.t.remove_secret(w.team.web, "a", w.team.viewer, at(200)).has_error());
        CHECK(w.t.remove_secret(w.team.web, "a", w.team.admin, at(200)).has_value());
        CHECK(w.t.remove_secret(w.team.web, "a", w.team.admin, at(200)).error().code == errc::not_found);
        CHECK_EQ(w.t.secrets(w.team.web).value().size(), 1);
    }

    TEST_CASE("deliveries: each once, with what it told, and forgotten after a while") {
        const trigger_store w;
        const std::vector<store::facts> told = {{{"event", "PUSH"}, {"ref", "refs/heads/ä=b"}},
                                                {{"event", "CREATE_REF"}}};
        const auto take = [&](const char* hook, const char* key, std::int64_t now) {
            return w.t.take(hook, key, w.team.web, w.team.admin, told, at(now), at(now - 100)).value();
        };
        CHECK(take("h", "1", 1000));
        CHECK_FALSE(take("h", "1", 1050));
        CHECK(take("i", "1", 1050));
        CHECK_FALSE(take("h", "1", 1099));
        CHECK(take("h", "1", 1101));
        const auto due = w.t.due_events(at(1050), 10).value();
        REQUIRE_EQ(due.size(), 4);
        CHECK(due[0].event == told[0]);
        CHECK(due[0].project == w.team.web);
        CHECK(due[0].actor == w.team.admin);
        CHECK(due[0].told_at == at(1000));
        CHECK_EQ(w.t.due_events(at(2000), 3).value().size(), 3);
        CHECK(*w.t.next_event().value() == at(1000));
        REQUIRE(w.t.try_again(due[0].id, at(3000)).has_value());
        CHECK_EQ(w.t.due_events(at(2000), 10).value().size(), 5);
        CHECK_EQ(w.t.due_events(at(3000), 10).value()[0].tries, 1);
        for (const auto& each : w.t.due_events(at(3000), 10).value()) REQUIRE(w.t.done(each.id).has_value());
        CHECK_FALSE(w.t.next_event().value().has_value());
    }

    TEST_CASE("of an event a pipeline has one run, however often it is made") {
        trigger_store w;
        store::new_run wanted;
        wanted.pipeline = w.team.deploy;
        wanted.actor = w.team.developer;
        wanted.at = at(100);
        wanted.source.origin = {{"triggered_on", "EVENT"}, {"repository_event", "7"}};
        const auto first = w.all.runs->create_run(wanted, "- pipeline: deploy\n").value();
        wanted.at = at(200);
        const auto again = w.all.runs->create_run(wanted, "- pipeline: deploy\n").value();
        CHECK_EQ(again.id, first.id);
        CHECK_EQ(again.number, first.number);
        CHECK(again.created_at == at(100));
        CHECK_EQ(w.all.runs->count_runs(w.team.deploy).value(), 1);
        // Of another event, of none, and of another pipeline there are others.
        wanted.source.origin = {{"triggered_on", "EVENT"}, {"repository_event", "8"}};
        CHECK_NE(w.all.runs->create_run(wanted, "- pipeline: deploy\n").value().id, first.id);
        wanted.source.origin = {{"triggered_on", "CLICK"}};
        const auto clicked = w.all.runs->create_run(wanted, "- pipeline: deploy\n").value();
        CHECK_NE(w.all.runs->create_run(wanted, "- pipeline: deploy\n").value().id, clicked.id);
        wanted.source.origin = {{"triggered_on", "EVENT"}, {"repository_event", "7"}};
        wanted.pipeline = w.pipeline("other", "[]");
        CHECK_NE(w.all.runs->create_run(wanted, "- pipeline: other\n").value().id, first.id);
    }

    TEST_CASE("schedules: of pipelines that can run, each up to when it is dealt with") {
        const trigger_store w;
        const std::string events = R"([{"type":"SCHEDULE","cron":"0 3 * * *"}])";
        const auto nightly = w.pipeline("nightly", events);
        w.pipeline("off", events, {{"disabled", "true"}});
        w.pipeline("paused", events, {{"paused", "true"}});
        w.pipeline("push", R"([{"type":"PUSH"}])");
        auto all = w.t.scheduled().value();
        REQUIRE_EQ(all.size(), 1);
        CHECK(all[0].pipeline == nightly);
        CHECK(all[0].project == w.team.web);
        CHECK(all[0].workspace == w.team.acme);
        CHECK(all[0].created_by == w.team.admin);
        CHECK_EQ(all[0].events, events);
        CHECK(all[0].seen == at(1000));
        REQUIRE(w.t.mark(all[0], at(5000)).has_value());
        CHECK(w.t.mark(all[0], at(6000)).error().code == errc::conflict);  // another was first
        CHECK(w.t.scheduled().value()[0].seen == at(5000));
        REQUIRE(w.t.mark(w.t.scheduled().value()[0], at(6000)).has_value());
        CHECK(w.t.scheduled().value()[0].seen == at(6000));
        // Another schedule begins when it was set.
        auto record = w.all.pipelines->get(w.team.web, nightly).value();
        record.settings = {{"events", R"([{"type":"SCHEDULE","cron":"0 4 * * *"}])"}};
        REQUIRE(w.all.pipelines->edit(record, w.team.admin, at(7000)).has_value());
        CHECK(w.t.scheduled().value()[0].seen == at(7000));
        REQUIRE(w.all.pipelines->remove(w.team.web, nightly, w.team.admin, at(8000)).has_value());
        CHECK(w.t.scheduled().value().empty());
    }
}
