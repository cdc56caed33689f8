// SPDX-License-Identifier: Apache-2.0
#include "tests/runner/store/changing_resources.hpp"

#include <doctest/doctest.h>

namespace latchkey::test {

namespace {

template <class T>
bool fine(const result<T>& outcome) {
    return outcome.has_value();
}

store::variable_record variable(const team_world& w, const std::string& key) {
    store::variable_record v;
    v.owner = {store::variable_level::pipeline, w.acme, w.web, w.deploy, {}};
    v.key = key;
    v.created_at = at(80);
    return v;
}

vault::sealed_field sealed(policy::variable_id) {
    return {"value", 1, 0, "bytes"};
}

store::environment_record environment(const team_world& w, const std::string& identifier) {
    store::environment_record e;
    e.workspace = w.acme;
    e.project = w.web;
    e.name = e.identifier = identifier;
    e.users = {{w.viewer, store::environment_level::use_only}};
    e.created_at = at(80);
    return e;
}

store::webhook_record webhook(const team_world& w) {
    store::webhook_record h;
    h.workspace = w.acme;
    h.target = "https://hooks.example.test/";
    h.events = {"PUSH"};
    h.projects = {w.web};
    h.created_at = at(80);
    return h;
}

store::public_key_record key_of(policy::user_id user, const std::string& fingerprint) {
    store::public_key_record key;
    key.user = user;
    key.fingerprint = fingerprint;
    return key;
}

// A run of deploy that lacked something.
policy::run_id run_of_deploy(store::stores& s, const team_world& w) {
    const auto runs = s.runs->runs({std::nullopt, w.deploy, 1});
    return runs && !runs->empty() ? runs->front().id : policy::run_id();
}

auto ask(store::stores& s, const team_world& w, policy::user_id who) {
    return s.wishes->ask(run_of_deploy(s, w), {&w.slack.rights.id, 1}, who, "please", at(90), at(80), 20);
}

}  // namespace

void add_resources(store::stores& s, const team_world& w) {
    REQUIRE(s.values->add(variable(w, "OLD"), sealed, w.developer).has_value());
    auto e = environment(w, "old");
    const auto made = s.places->add(e, w.admin).value();
    auto v = variable(w, "OF_IT");
    v.owner = {store::variable_level::environment, w.acme, w.web, {}, made.id};
    REQUIRE(s.values->add(v, sealed, w.admin).has_value());
    REQUIRE(s.hooks->add(webhook(w), [](policy::webhook_id) { return sealed({}); }, w.admin).has_value());
    REQUIRE_EQ(s.hooks->enqueue(w.web, "PUSH", "{}", at(80)).value(), 1);
    REQUIRE_EQ(s.hooks->enqueue(w.web, "PUSH", "{}", at(81)).value(), 1);
    REQUIRE_EQ(s.hooks->claim(1, at(80), std::chrono::milliseconds(1000)).value().size(), 1);
    REQUIRE(s.triggers->take("hook", "first", w.web, w.admin, {{{"event", "PUSH"}}}, at(80), at(0)).value());
    REQUIRE(s.persons->add_email(w.viewer, "old@acme.test", at(80)).has_value());
    REQUIRE(s.persons->add_key(key_of(w.viewer, "old")).has_value());
    REQUIRE(s.sso->enable(w.acme, w.admin, at(80)).has_value());
    store::new_run run;
    run.pipeline = w.deploy;
    run.actor = w.developer;
    run.at = at(80);
    run.source.trust = policy::source_trust::trusted;
    REQUIRE(s.runs->create_run(run, "- pipeline: deploy").has_value());
    REQUIRE_EQ(ask(s, w, w.viewer).value().all.size(), 1);
}

std::vector<changing_method> changing_resources() {
    using world = const team_world&;
    return {
        {"ask for a permission",
         [](auto& s, world w) {
             const auto asked = ask(s, w, w.outsider);
             return asked && asked->anything_new;
         }},
        {"dismiss a request",
         [](auto& s, world w) {
             store::access_requests::query q;
             q.workspace = w.acme;
             const auto all = s.wishes->list(q);
             return all && !all->empty() && fine(s.wishes->close(w.acme, all->front().id, w.admin, at(99)));
         }},
        {"grant what was asked for",
         [](auto& s, world w) {
             policy::grant wanted;
             wanted.integration = w.slack.rights.id;
             wanted.pipeline = w.deploy;
             wanted.granted_at = at(99);
             return fine(s.runs->add_grant(wanted, w.admin));
         }},
        {"add a variable",
         [](auto& s, world w) { return fine(s.values->add(variable(w, "NEW"), sealed, w.developer)); }},
        {"edit a variable",
         [](auto& s, world w) {
             auto all = s.values->list(variable(w, "").owner);
             if (!all || all->empty()) return false;
             all->front().sealed = vault::sealed_field{"value", 2, 0, "other"};
             return fine(s.values->edit(all->front(), w.developer, at(99)));
         }},
        {"remove a variable",
         [](auto& s, world w) {
             const auto all = s.values->list(variable(w, "").owner);
             return all && fine(s.values->remove(w.acme, all->front().id, w.developer, at(99)));
         }},
        {"add an environment", [](auto& s, world w) { return fine(s.places->add(environment(w, "new"), w.admin)); }},
        {"edit an environment",
         [](auto& s, world w) {
             auto all = s.places->list(w.acme);
             if (!all) return false;
             all->front().users = {{w.developer, store::environment_level::manage}};
             return fine(s.places->edit(all->front(), w.admin, at(99)));
         }},
        {"remove an environment",
         [](auto& s, world w) {
             const auto all = s.places->list(w.acme);
             return all && fine(s.places->remove(w.acme, all->front().id, w.admin, at(99)));
         }},
        {"add a webhook",
         [](auto& s, world w) {
             return fine(s.hooks->add(webhook(w), [](policy::webhook_id) { return sealed({}); }, w.admin));
         }},
        {"edit a webhook",
         [](auto& s, world w) {
             auto all = s.hooks->list(w.acme);
             if (!all) return false;
             all->front().events = {"EXECUTION_FAILED"};
             all->front().secret.reset();
             return fine(s.hooks->edit(all->front(), w.admin, at(99)));
         }},
        {"remove a webhook",
         [](auto& s, world w) {
             const auto all = s.hooks->list(w.acme);
             return all && fine(s.hooks->remove(w.acme, all->front().id, w.admin, at(99)));
         }},
        {"queue a delivery", [](auto& s, world w) { return fine(s.hooks->enqueue(w.web, "PUSH", "{}", at(99))); }},
        {"take a delivery",
         [](auto& s, world) { return fine(s.hooks->claim(9, at(2000), std::chrono::milliseconds(1000))); }},
        {"finish a delivery", [](auto& s, world) { return fine(s.hooks->finish(1, 1, {"200", true, {}}, at(99))); }},
        {"queue what a notice comes to",
         [](auto& s, world) {
             auto all = s.outgoing->notices(1);
             return all && !all->empty() && fine(s.outgoing->dispatch(all->front(), {{"PUSH", "{}"}}, true, at(99)));
         }},
        {"take what a hook tells",
         [](auto& s, world w) {
             return fine(s.triggers->take("hook", "second", w.web, w.admin, {{{"event", "PUSH"}}}, at(99), at(0)));
         }},
        {"make the address of a pipeline",
         [](auto& s, world w) {
             return fine(s.triggers->put_start({w.acme, w.web, w.deploy, "hash", sealed({}), 0, w.admin, at(99)}));
         }},
        {"add an address",
         [](auto& s, world w) { return fine(s.persons->add_email(w.viewer, "more@acme.test", at(99))); }},
        {"remove an address",
         [](auto& s, world w) { return fine(s.persons->remove_email(w.viewer, "old@acme.test", at(99))); }},
        {"add a key", [](auto& s, world w) { return fine(s.persons->add_key(key_of(w.viewer, "new"))); }},
        {"remove a key", [](auto& s, world w) { return fine(s.persons->remove_key(w.viewer, 1, at(99))); }},
        {"disable sign-on", [](auto& s, world w) { return fine(s.sso->disable(w.acme, w.admin, at(99))); }},
        {"edit sign-on",
         [](auto& s, world w) {
             auto known = s.sso->get(w.acme);
             if (!known) return false;
             known->settings = {{"issuer", "x"}};
             known->secret = sealed({});
             return fine(s.sso->edit(*known, w.admin, at(99)));
         }},
        {"make a badge", [](auto& s, world w) { return fine(s.pipelines->badge(w.web, w.deploy)); }},
    };
}

}  // namespace latchkey::test
