// SPDX-License-Identifier: Apache-2.0
// Identity of projects and pipelines, users, wrapped keys, decision ids.
#include "tests/runner/store/conformance_parts.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace latchkey::test {
namespace {

std::vector<std::string> names_of(const std::vector<store::pipeline_record>& pipelines) {
    std::vector<std::string> names;
    for (const auto& pipeline : pipelines) names.push_back(pipeline.name);
    std::ranges::sort(names);
    return names;
}

}  // namespace

void check_identity(const fresh_store& fresh) {
    const auto open = fresh();
    const auto store = open();

    SUBCASE("the same root is the same project, another root another") {
        const auto first = store->project_at("/a/shop").value();
        CHECK(first.name == "shop");
        CHECK(open()->project_at("/a/shop").value().id == first.id);
        CHECK(store->project_at("/a/SHOP").value().id != first.id);
        CHECK(store->project_at("").error().code == errc::usage);
    }
    SUBCASE("a name that vanishes is retired, and gets a new id when it comes back") {
        const auto project = store->project_at("/a").value().id;
        const std::string both[] = {"deploy", "test"};
        const std::string one[] = {"test"};
        const auto before = store->sync_pipelines(project, "buddy.yml", both, {}).value();
        REQUIRE(before.size() == 2);
        CHECK(store->sync_pipelines(project, "buddy.yml", both, {}).value()[0].id == before[0].id);
        CHECK(names_of(store->sync_pipelines(project, "buddy.yml", one, {}).value()) ==
              std::vector<std::string>{"test"});
        CHECK(store->pipeline(before[0].id).value().retired);
        CHECK(names_of(store->pipelines(project).value()) == std::vector<std::string>{"test"});
        const auto after = store->sync_pipelines(project, "buddy.yml", both, {}).value();
        REQUIRE(after.size() == 2);
        for (const auto& pipeline : after) CHECK(pipeline.id != before[0].id);
        CHECK(store->snapshot(before[0].id, {}).value().find(before[0].id) == nullptr);
    }
    SUBCASE("twins by case, by Unicode form and by file are different pipelines") {
        const auto project = store->project_at("/a").value().id;
        const std::string twins[] = {"deploy", "Deploy", "d\xc3\xa9ploy", "de\xcc\x81ploy", "deploy", "deploy "};
        const auto made = store->sync_pipelines(project, "buddy.yml", twins, {}).value();
        CHECK(made.size() == 5);
        const std::string one[] = {"deploy"};
        const auto copied = store->sync_pipelines(project, "copy.yml", one, {}).value();
        REQUIRE(copied.size() == 1);
        for (const auto& pipeline : made) CHECK(pipeline.id != copied[0].id);
        CHECK(store->sync_pipelines(policy::project_id(99), "buddy.yml", one, {}).error().code == errc::not_found);
    }
    SUBCASE("the local owner is there from the start and can be named") {
        const auto owner = store->local_owner().value();
        CHECK(owner.rights.id == policy::user_id(1));
        CHECK(owner.rights.role == policy::workspace_role::owner);
        REQUIRE(store->name_user(owner.rights.id, "ana@acme.test", "Ana").has_value());
        CHECK(open()->user(owner.rights.id).value().email == "ana@acme.test");
        CHECK(store->name_user(policy::user_id(2), "x", "y").error().code == errc::not_found);
        CHECK(store->user(policy::user_id(2)).error().code == errc::not_found);
    }
    SUBCASE("wrapped keys come back byte for byte, and a key in use can't be dropped by a rotation") {
        const auto made = make_world(*store);
        CHECK(store->keys().value() == std::vector<vault::wrapped_key>{{1, std::string("\0wrapped", 8)}});
        CHECK(store->add_key({1, "other"}).error().code == errc::conflict);
        const vault::wrapped_key without[] = {{2, "new"}};
        CHECK(store->replace_keys(without, made.owner, at(1)).error().code == errc::conflict);
        CHECK(store->keys().value().size() == 1);
        const vault::wrapped_key with[] = {{1, "again"}, {2, "new"}};
        REQUIRE(store->replace_keys(with, made.owner, at(1)).has_value());
        CHECK(store->keys().value() == std::vector<vault::wrapped_key>(std::begin(with), std::end(with)));
        CHECK(verify_audit(*store) > 0);
    }
    SUBCASE("decision ids are ranges that never overlap") {
        const auto first = store->next_decision_id(3).value();
        CHECK(open()->next_decision_id(1).value().value() == first.value() + 3);
        CHECK(store->next_decision_id(0).error().code == errc::usage);
    }
}

}  // namespace latchkey::test
