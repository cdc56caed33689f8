// SPDX-License-Identifier: Apache-2.0
// What a server's store keeps besides people, pipelines and integrations: variables, environments, webhooks with
// their queue, addresses and keys, sign-on, badges.
#include "tests/runner/store/either_store.hpp"
#include "tests/runner/store/team_world.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace latchkey;
using namespace latchkey::test;
using std::chrono::milliseconds;

namespace {

struct opened {
    temp_dir folder;
    store::stores all = open_stores(folder / "data");
    team_world w = make_team(all);
};

template <class T>
errc code(const result<T>& r) {
    REQUIRE(r.has_error());
    return r.error().code;
}

store::variable_record variable(const team_world& w, store::variable_level level, const std::string& key) {
    store::variable_record v;
    v.owner = {level, w.acme, w.web, w.deploy, {}};
    if (level == store::variable_level::workspace) v.owner = {level, w.acme, {}, {}, {}};
    v.key = key;
    v.value = "plain";
    v.created_at = at(100);
    return v;
}

store::variables::sealer sealer_of(const std::string& bytes) {
    return [bytes](policy::variable_id) { return vault::sealed_field{"value", 1, 0, bytes}; };
}

store::environment_record environment(const team_world& w, policy::project_id project = {}) {
    store::environment_record e;
    e.workspace = w.acme;
    e.project = project;
    e.name = "Live";
    e.identifier = "live";
    e.created_at = at(100);
    return e;
}

store::webhook_record webhook(const team_world& w, std::vector<std::string> events) {
    store::webhook_record h;
    h.workspace = w.acme;
    h.target = "https://hooks.example.test/secret-path";
    h.events = std::move(events);
    h.created_at = at(100);
    return h;
}

std::string audit_text(store::store& s) {
    std::string all;
    REQUIRE(s.walk_audit(1, [&](const policy::audit_entry& e) {
                 for (const auto& [key, value] : e.facts) all += key + "=" + value + "\n";
                 return true;
             }).has_value());
    return all;
}

}  // namespace

TEST_SUITE("store.resources") {
    TEST_CASE("a run gets the variables of its workspace, project and pipeline, outer ones first") {
        opened o;
        store::variables& values = *o.all.values;
        using level = store::variable_level;
        REQUIRE(values.add(variable(o.w, level::pipeline, "A"), nullptr, o.w.developer).has_value());
        REQUIRE(values.add(variable(o.w, level::project, "A"), sealer_of("sealed-bytes"), o.w.developer).has_value());
        REQUIRE(values.add(variable(o.w, level::workspace, "A"), nullptr, o.w.admin).has_value());
        REQUIRE(values.add(variable(o.w, level::workspace, "B"), nullptr, o.w.admin).has_value());
        const auto all = values.variables_for(o.w.deploy).value();
        REQUIRE_EQ(all.size(), 4);
        CHECK_EQ(all[0].owner.level, level::workspace);
        CHECK_EQ(all[1].key, "B");
        CHECK_EQ(all[2].owner.level, level::project);
        CHECK(all[2].encrypted);
        CHECK_EQ(all[2].value, "");
        REQUIRE(all[2].sealed.has_value());
        CHECK_EQ(all[2].sealed->bytes, "sealed-bytes");
        CHECK_EQ(all[3].owner.level, level::pipeline);
        REQUIRE(o.all.pipelines->remove(o.w.web, o.w.deploy, o.w.developer, at(200)).has_value());
        CHECK_EQ(code(values.variables_for(o.w.deploy)), errc::not_found);
        CHECK_EQ(code(values.get(o.w.acme, all[3].id)), errc::not_found);
    }

    TEST_CASE("what the server makes for itself is made once, whoever asks") {
        opened o;
        store::variables& values = *o.all.values;
        using level = store::variable_level;
        const auto wanted = variable(o.w, level::workspace, "K");
        const auto first = values.add_once(wanted, sealer_of("first")).value();
        const auto second = values.add_once(wanted, sealer_of("second")).value();
        CHECK_EQ(first.id, second.id);
        CHECK_EQ(second.sealed->bytes, "first");
        CHECK_EQ(values.list(wanted.owner).value().size(), 1);
        auto of_other = variable(o.w, level::project, "K");
        of_other.owner.workspace = o.w.other;
        CHECK_EQ(code(values.add_once(of_other, sealer_of("x"))), errc::not_found);
        REQUIRE(values.remove(o.w.acme, first.id, o.w.admin, at(110)).has_value());
        CHECK_EQ(values.add_once(wanted, sealer_of("third")).value().sealed->bytes, "third");
        CHECK(verify_audit(*o.all.runs) > 0);
    }

    TEST_CASE("who may write a variable is whose place it is") {
        opened o;
        store::variables& values = *o.all.values;
        using level = store::variable_level;
        const auto add = [&](level l, policy::user_id who) {
            return values.add(variable(o.w, l, "K"), nullptr, who);
        };
        CHECK_EQ(code(add(level::workspace, o.w.developer)), errc::denied);
        CHECK_EQ(code(add(level::workspace, o.w.stranger)), errc::not_found);
        CHECK_EQ(code(add(level::project, o.w.viewer)), errc::denied);
        CHECK_EQ(code(add(level::project, o.w.outsider)), errc::not_found);
        CHECK_EQ(code(add(level::pipeline, o.w.viewer)), errc::denied);
        CHECK_EQ(code(add(level::pipeline, o.w.outsider)), errc::not_found);
        auto made = add(level::pipeline, o.w.developer).value();
        CHECK_EQ(code(add(level::pipeline, o.w.developer)), errc::conflict);
        CHECK_EQ(code(values.edit(made, o.w.viewer, at(110))), errc::denied);
        CHECK_EQ(code(values.remove(o.w.acme, made.id, o.w.viewer, at(110))), errc::denied);
        CHECK_EQ(code(values.get(o.w.other, made.id)), errc::not_found);
        const auto old = made;
        made.value = "a new value that is not for the audit log";
        made = values.edit(made, o.w.developer, at(110)).value();
        CHECK_EQ(code(values.edit(old, o.w.developer, at(120))), errc::conflict);
        REQUIRE(values.remove(o.w.acme, made.id, o.w.developer, at(130)).has_value());
        CHECK_EQ(code(values.get(o.w.acme, made.id)), errc::not_found);
        CHECK_EQ(audit_text(*o.all.runs).find("not for the audit log"), std::string::npos);
        CHECK(verify_audit(*o.all.runs) > 0);
    }

    TEST_CASE("a data key that still seals a variable is kept") {
        opened o;
        REQUIRE(o.all.runs->add_key({1, "one"}).has_value());
        auto v = variable(o.w, store::variable_level::project, "K");
        REQUIRE(o.all.values
                    ->add(
                        v, [](policy::variable_id) { return vault::sealed_field{"value", 1, 1, "b"}; }, o.w.developer)
                    .has_value());
        const vault::wrapped_key other{2, "two"};
        CHECK_EQ(code(o.all.runs->replace_keys({&other, 1}, o.w.owner, at(200))), errc::conflict);
    }

    TEST_CASE("the level on an environment: own row, else the groups', else others, else the role in the project") {
        opened o;
        store::environments& places = *o.all.places;
        using level = store::environment_level;
        CHECK_EQ(code(places.add(environment(o.w, o.w.web), o.w.developer)), errc::denied);
        CHECK_EQ(code(places.add(environment(o.w, o.w.web), o.w.outsider)), errc::not_found);
        CHECK_EQ(code(places.add(environment(o.w), o.w.developer)), errc::denied);
        auto e = places.add(environment(o.w, o.w.web), o.w.admin).value();
        CHECK_EQ(e.hash_id.size(), 24);
        CHECK_EQ(code(places.add(environment(o.w, o.w.web), o.w.admin)), errc::conflict);
        const auto of = [&](policy::user_id who) { return places.level_of(e, who).value(); };
        CHECK_EQ(of(o.w.owner), level::manage);
        CHECK_EQ(of(o.w.developer), level::use_only);
        CHECK_EQ(of(o.w.viewer), level::denied);
        CHECK_EQ(of(o.w.outsider), level::denied);
        CHECK_EQ(of(o.w.stranger), level::denied);
        e.others = level::denied;
        e.users = {{o.w.developer, level::manage}};
        e.groups = {{o.w.viewers, level::use_only}};
        e = places.edit(e, o.w.admin, at(110)).value();
        CHECK_EQ(of(o.w.developer), level::manage);
        CHECK_EQ(of(o.w.viewer), level::use_only);
        CHECK_EQ(of(o.w.outsider), level::denied);
        // A variable of it goes with it; who manages it may make one.
        auto v = variable(o.w, store::variable_level::environment, "K");
        v.owner.environment = e.id;
        CHECK_EQ(code(o.all.values->add(v, nullptr, o.w.viewer)), errc::denied);
        const auto made = o.all.values->add(v, sealer_of("x"), o.w.developer).value();
        CHECK_EQ(made.owner.project, o.w.web);
        CHECK_EQ(code(places.remove(o.w.acme, e.id, o.w.viewer, at(120))), errc::denied);
        CHECK_EQ(code(places.remove(o.w.acme, e.id, o.w.outsider, at(120))), errc::not_found);
        REQUIRE(places.remove(o.w.acme, e.id, o.w.developer, at(120)).has_value());
        CHECK_EQ(code(places.get(o.w.acme, e.hash_id)), errc::not_found);
        CHECK_EQ(code(o.all.values->get(o.w.acme, made.id)), errc::not_found);
    }

    TEST_CASE("webhooks are the administrators', and their addresses' paths are not in the audit log") {
        opened o;
        store::webhooks& hooks = *o.all.hooks;
        CHECK_EQ(code(hooks.add(webhook(o.w, {"PUSH"}), nullptr, o.w.developer)), errc::denied);
        CHECK_EQ(code(hooks.add(webhook(o.w, {"PUSH"}), nullptr, o.w.stranger)), errc::not_found);
        auto other = webhook(o.w, {"PUSH"});
        other.projects = {policy::project_id(999)};
        CHECK_EQ(code(hooks.add(other, nullptr, o.w.admin)), errc::not_found);
        auto made =
            hooks
                .add(
                    webhook(o.w, {"PUSH"}),
                    [](policy::webhook_id) { return vault::sealed_field{"secret_key", 1, 0, "sealed"}; }, o.w.admin)
                .value();
        REQUIRE(made.secret.has_value());
        CHECK_EQ(code(hooks.edit(made, o.w.developer, at(110))), errc::denied);
        const auto old = made;
        made.projects = {o.w.web};
        made = hooks.edit(made, o.w.admin, at(110)).value();
        CHECK_EQ(made.projects, std::vector{o.w.web});
        CHECK_EQ(made.secret, old.secret);
        CHECK_EQ(code(hooks.edit(old, o.w.admin, at(120))), errc::conflict);
        CHECK_EQ(code(hooks.get(o.w.other, made.id)), errc::not_found);
        CHECK_NE(audit_text(*o.all.runs).find("hooks.example.test"), std::string::npos);
        CHECK_EQ(audit_text(*o.all.runs).find("secret-path"), std::string::npos);
        CHECK_EQ(code(hooks.remove(o.w.acme, made.id, o.w.developer, at(120))), errc::denied);
        REQUIRE(hooks.remove(o.w.acme, made.id, o.w.admin, at(120)).has_value());
        CHECK(hooks.list(o.w.acme).value().empty());
    }

    TEST_CASE("a delivery is sent by one sender at a time, again when it fails, and is there until it is done") {
        opened o;
        store::webhooks& hooks = *o.all.hooks;
        const auto push = hooks.add(webhook(o.w, {"PUSH"}), nullptr, o.w.admin).value();
        auto elsewhere = webhook(o.w, {"PUSH", "EXECUTION_STARTED"});
        elsewhere.projects = {
            o.all.people->add_project(o.w.acme, {{}, {}, "shop", "", {}, {}, {}}, o.w.admin, at(100)).value().id};
        REQUIRE(hooks.add(elsewhere, nullptr, o.w.admin).has_value());
        CHECK_EQ(hooks.enqueue(o.w.web, "EXECUTION_STARTED", "{}", at(100)).value(), 0);
        CHECK_EQ(hooks.enqueue(o.w.web, "PUSH", "{\"n\":1}", at(100)).value(), 1);
        CHECK(hooks.claim(10, at(99), milliseconds(1000)).value().empty());
        const auto first = hooks.claim(10, at(100), milliseconds(1000)).value();
        REQUIRE_EQ(first.size(), 1);
        CHECK_EQ(first[0].body, "{\"n\":1}");
        CHECK_EQ(first[0].tries, 1);
        CHECK_EQ(first[0].workspace, o.w.acme);
        CHECK(hooks.claim(10, at(100), milliseconds(1000)).value().empty());
        // Its sender died: it is due again, and the late one may not finish it.
        const auto second = hooks.claim(10, at(100) + milliseconds(1000), milliseconds(1000)).value();
        REQUIRE_EQ(second.size(), 1);
        CHECK_EQ(code(hooks.finish(first[0].id, first[0].tries, {"200", true, {}}, at(102))), errc::conflict);
        REQUIRE(hooks.finish(second[0].id, second[0].tries, {"503", false, at(300)}, at(102)).has_value());
        CHECK(hooks.claim(10, at(299), milliseconds(1000)).value().empty());
        const auto third = hooks.claim(10, at(300), milliseconds(1000)).value();
        REQUIRE_EQ(third.size(), 1);
        CHECK_EQ(third[0].tries, 3);
        REQUIRE(hooks.finish(third[0].id, third[0].tries, {"200", true, {}}, at(301)).has_value());
        CHECK(hooks.claim(10, at(9999), milliseconds(1000)).value().empty());
        const auto last = hooks.last_deliveries(push.id, 20).value();
        REQUIRE_EQ(last.size(), 1);
        CHECK_EQ(last[0].response, "200");
        CHECK_EQ(last[0].state, store::delivery_state::delivered);
    }

    TEST_CASE("thousands that wait for a webhook that does not answer hold nobody up") {
        opened o;
        store::webhooks& hooks = *o.all.hooks;
        const auto dead = hooks.add(webhook(o.w, {"PUSH"}), nullptr, o.w.admin).value();
        const auto good = hooks.add(webhook(o.w, {"EXECUTION_STARTED"}), nullptr, o.w.admin).value();
        // In one transaction.
        REQUIRE(o.all.triggers->take("hook", "one", o.w.web, o.w.admin, {{{"kind", "PUSH"}}}, at(50), at(0)).value());
        const auto notice = o.all.outgoing->notices(1).value();
        REQUIRE_EQ(notice.size(), 1);
        const std::vector<store::outgoing_message> many(4000, {"PUSH", "{}"});
        REQUIRE_EQ(o.all.outgoing->dispatch(notice[0], many, false, at(100)).value(), 4000);
        const auto first = hooks.claim(1, at(100), milliseconds(1000)).value();
        REQUIRE_EQ(first.size(), 1);
        REQUIRE(hooks.finish(first[0].id, 1, {"timeout", false, at(99)}, at(101)).has_value());
        const auto retry = hooks.claim(10, at(101), milliseconds(60'000)).value();
        REQUIRE_EQ(retry.size(), 1);
        CHECK_EQ(retry[0].id, first[0].id);

        // Far from what it takes, and from the seconds that it takes where all that wait are looked at.
        const auto begun = std::chrono::steady_clock::now();
        CHECK(hooks.claim(1, at(102), milliseconds(1000)).value().empty());
        CHECK(std::chrono::steady_clock::now() - begun < milliseconds(500));
        // Nothing is due until the retry has its end: nobody has to look again and again.
        const auto now = o.all.outgoing->look().value();
        CHECK_EQ(now.deliveries, 4000);
        CHECK(now.next == at(101) + milliseconds(60'000));
        REQUIRE_EQ(hooks.enqueue(o.w.web, "EXECUTION_STARTED", "{}", at(102)).value(), 1);
        CHECK(o.all.outgoing->look()->next == at(102));
        const auto other = hooks.claim(10, at(102), milliseconds(1000)).value();
        REQUIRE_EQ(other.size(), 1);
        CHECK_EQ(other[0].webhook, good.id);
        REQUIRE(hooks.finish(other[0].id, 1, {"200", true, {}}, at(103)).has_value());
        // And then the next of them.
        REQUIRE(hooks.finish(retry[0].id, 2, {"timeout", false, at(500)}, at(103)).has_value());
        CHECK(o.all.outgoing->look()->next == at(100));
        const auto next = hooks.claim(10, at(103), milliseconds(1000)).value();
        REQUIRE_EQ(next.size(), 1);
        CHECK_EQ(next[0].webhook, dead.id);
        CHECK_NE(next[0].id, first[0].id);
    }

    TEST_CASE("of what was sent the last twenty are kept") {
        opened o;
        store::webhooks& hooks = *o.all.hooks;
        const auto hook = hooks.add(webhook(o.w, {"PUSH"}), nullptr, o.w.admin).value();
        for (int i = 0; i < 25; ++i) {
            REQUIRE_EQ(hooks.enqueue(o.w.web, "PUSH", std::to_string(i), at(100 + i)).value(), 1);
            const auto one = hooks.claim(1, at(100 + i), milliseconds(1000)).value();
            REQUIRE_EQ(one.size(), 1);
            REQUIRE(
                hooks.finish(one[0].id, 1, {i % 2 == 0 ? "200" : "gone", i % 2 == 0, {}}, at(100 + i)).has_value());
        }
        const auto last = hooks.last_deliveries(hook.id, 100).value();
        REQUIRE_EQ(last.size(), 20);
        CHECK_EQ(last.front().body, "24");
        CHECK_EQ(last.back().body, "5");
    }

    TEST_CASE("further addresses are notes: nobody is found by one, and none blocks its owner") {
        opened o;
        store::accounts& persons = *o.all.persons;
        CHECK_EQ(code(persons.add_email(o.w.viewer, "no address", at(100))), errc::usage);
        CHECK_EQ(code(persons.add_email(o.w.viewer, "OLGA@acme.test", at(100))), errc::conflict);
        CHECK_FALSE(persons.add_email(o.w.viewer, "new@acme.test", at(100)).value().confirmed);
        CHECK_EQ(code(persons.add_email(o.w.viewer, "New@acme.test", at(100))), errc::conflict);
        CHECK_EQ(code(o.all.people->find_user("new@acme.test")), errc::not_found);
        CHECK_NE(o.all.people->user_with_email("new@acme.test", "N").value().rights.id, o.w.viewer);
        const auto all = persons.emails(o.w.viewer).value();
        REQUIRE_EQ(all.size(), 2);
        CHECK_EQ(all[0].email, "vi@acme.test");
        CHECK_EQ(code(persons.remove_email(o.w.viewer, "vi@acme.test", at(110))), errc::refused);
        CHECK_EQ(code(persons.remove_email(o.w.developer, "new@acme.test", at(110))), errc::not_found);
        REQUIRE(persons.remove_email(o.w.viewer, "NEW@acme.test", at(110)).has_value());
        for (int i = 0; i < 20; ++i)
            REQUIRE(persons.add_email(o.w.viewer, std::to_string(i) + "@acme.test", at(120)).has_value());
        CHECK_EQ(code(persons.add_email(o.w.viewer, "x@acme.test", at(120))), errc::refused);
    }

    TEST_CASE("a key is its owner's and is there once") {
        opened o;
        store::accounts& persons = *o.all.persons;
        store::public_key_record key;
        key.user = o.w.viewer;
        key.title = "laptop";
        key.content = "ssh-ed25519 AAAA";
        key.fingerprint = "SHA256:x";
        const auto made = persons.add_key(key).value();
        CHECK_EQ(code(persons.add_key(key)), errc::conflict);
        CHECK_EQ(code(persons.key(o.w.developer, made.id)), errc::not_found);
        CHECK_EQ(code(persons.remove_key(o.w.developer, made.id, at(110))), errc::not_found);
        CHECK_EQ(persons.keys(o.w.viewer).value().size(), 1);
        REQUIRE(persons.remove_key(o.w.viewer, made.id, at(110)).has_value());
        CHECK_EQ(code(persons.key(o.w.viewer, made.id)), errc::not_found);
    }

    TEST_CASE("sign-on is there while it is enabled, and keeps what was set") {
        opened o;
        store::sign_on& sso = *o.all.sso;
        CHECK_EQ(code(sso.get(o.w.acme)), errc::not_found);
        CHECK_EQ(code(sso.enable(o.w.acme, o.w.developer, at(100))), errc::denied);
        REQUIRE(sso.enable(o.w.acme, o.w.admin, at(100)).has_value());
        auto record = sso.get(o.w.acme).value();
        record.settings = {{"issuer", "https://id.example.test"}};
        record.secret = vault::sealed_field{"client_secret", 1, 0, "sealed"};
        CHECK_EQ(code(sso.edit(record, o.w.developer, at(110))), errc::denied);
        REQUIRE(sso.edit(record, o.w.admin, at(110)).has_value());
        CHECK_EQ(code(sso.edit(record, o.w.admin, at(120))), errc::conflict);
        REQUIRE(sso.disable(o.w.acme, o.w.admin, at(130)).has_value());
        CHECK_EQ(code(sso.get(o.w.acme)), errc::not_found);
        CHECK_EQ(code(sso.edit(record, o.w.admin, at(140))), errc::not_found);
        REQUIRE(sso.enable(o.w.acme, o.w.admin, at(150)).has_value());
        CHECK_EQ(sso.get(o.w.acme).value().settings, record.settings);
        CHECK_EQ(sso.get(o.w.acme).value().secret, record.secret);
    }

    TEST_CASE("a badge's token is the pipeline's while it is there") {
        opened o;
        const auto token = o.all.pipelines->badge(o.w.web, o.w.deploy).value();
        CHECK_EQ(token.size(), 64);
        CHECK_EQ(o.all.pipelines->badge(o.w.web, o.w.deploy).value(), token);
        CHECK_EQ(o.all.pipelines->with_badge(token).value(), o.w.deploy);
        CHECK_EQ(code(o.all.pipelines->with_badge("")), errc::not_found);
        CHECK_EQ(code(o.all.pipelines->badge(policy::project_id(999), o.w.deploy)), errc::not_found);
        REQUIRE(o.all.pipelines->remove(o.w.web, o.w.deploy, o.w.developer, at(200)).has_value());
        CHECK_EQ(code(o.all.pipelines->with_badge(token)), errc::not_found);
    }
}
