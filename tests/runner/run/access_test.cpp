// SPDX-License-Identifier: Apache-2.0
//
// Where a run meets the policy, against the real store and vault: what is decided, recorded, opened and given.
#include "runner/run/access.hpp"

#include "tests/runner/run/engine_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using latchkey::policy::verdict;
using latchkey::run::action_secrets;
using latchkey::run::missing_integration;
using latchkey::test::engine_world;
using latchkey::test::pipeline_of;

namespace {

// A run of these bytes that has been made and not started, with its plan.
struct planned {
    planned(engine_world& world, const std::string& yaml)
        : definition(latchkey::run::read_definition("buddy.yml", yaml, "p")),
          record(world.store->create_run(world.request_for(), yaml).value()) {
        const auto user = world.store->local_owner().value();
        const latchkey::store::project_record project{world.project, record.source.workspace, "shop"};
        const latchkey::run::compile_facts facts{record.source, project,           user, world.pipeline,
                                                 record.number, record.created_at, {}};
        compiled = latchkey::run::compile(*definition, facts);
        REQUIRE_FALSE(latchkey::pipelines::has_errors(compiled.problems));
    }

    std::vector<missing_integration> preflight(latchkey::run::access& a) const {
        return a.preflight(compiled.plan, definition->source).value();
    }
    latchkey::result<latchkey::run::access::delivery> deliver(latchkey::run::access& a, std::uint32_t action) const {
        return a.deliver(compiled.plan, definition->source, action);
    }

    std::unique_ptr<latchkey::run::definition> definition;
    latchkey::store::run_record record;
    latchkey::run::compiled compiled;
};

std::string use(const std::string& action, const std::string& type, const std::string& integration) {
    return "    - action: " + action + "\n      type: " + type + "\n      integration: " + integration +
           "\n      execute_commands: ['true']\n";
}

std::string value_of(const action_secrets& s, std::string_view name) {
    for (const auto& [key, value] : s.variables)
        if (key == name) return std::string(value.reveal());
    for (const auto& [key, value] : s.plain)
        if (key == name) return value;
    return "(none)";
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
    return n;
}

}  // namespace

TEST_SUITE("run.access") {
    TEST_CASE("missing: one entry an integration, in file order, with every place that names it") {
        engine_world w;
        const auto slack = w.add("slack_prod", "SLACK", {{"token", "planted-slack"}});
        const auto open = w.add("aws", "AMAZON", {{"access_key", "a"}, {"secret_key", "b"}}, {}, true);
        const auto hash = w.store->integration(slack).value().hash_id;
        const planned p(w,
                        pipeline_of(use("One", "GIT_HUB_CLI", "nowhere") + use("Two", "GIT_HUB_CLI", "slack_prod") +
                                    use("Cloud", "AWS_CLI", "aws") + use("Three", "GIT_HUB_CLI", "SLACK_prod") +
                                    use("Four", "GIT_HUB_CLI", "'" + hash + "'") +
                                    use("Five", "GIT_HUB_CLI", std::to_string(slack.value()))));
        auto access = w.access_for(p.record);
        const auto missing = p.preflight(access);
        REQUIRE_EQ(missing.size(), 2);
        CHECK_EQ(missing[0].name, "nowhere");
        CHECK(missing[0].verdict == verdict::unknown_integration);
        CHECK(missing[0].can_grant.empty());
        CHECK_FALSE(missing[0].may_grant);
        CHECK_EQ(missing[0].used_by.at(0).line, 5);
        CHECK_EQ(missing[0].used_by.at(0).column, 20);

        CHECK_EQ(missing[1].name, "The slack_prod (slack_prod)");
        CHECK(missing[1].integration == slack);
        CHECK(missing[1].verdict == verdict::not_granted);
        CHECK(missing[1].may_grant);
        REQUIRE_EQ(missing[1].can_grant.size(), 1);
        CHECK_EQ(missing[1].can_grant[0].who, "you");
        std::vector<std::string> places;
        for (const auto& place : missing[1].used_by) places.push_back(place.action + std::to_string(place.line));
        CHECK(places == std::vector<std::string>{"Two9", "Three17", "Four21", "Five25"});

        // Allow and deny alike are in the audit log, once each.
        const std::string audit = w.audit();
        CHECK_EQ(count(audit, "allowed=no"), 2);
        CHECK_EQ(count(audit, "allowed=yes"), 1);
        CHECK_NE(audit.find("integration=" + std::to_string(open.value()) + " "), std::string::npos);
        CHECK_NE(audit.find("action \"Two\" (buddy.yml:9:20), action \"Three\" (buddy.yml:17:20)"),
                 std::string::npos);
        CHECK_EQ(w.unlocked, 0);
    }

    TEST_CASE("hidden: somebody who may not see an integration learns neither its name nor who can grant") {
        engine_world w;
        w.add("slack_prod", "SLACK", {{"token", "planted-slack"}});
        const planned p(w, pipeline_of(use("Notify", "GIT_HUB_CLI", "slack_prod")));
        latchkey::run::access access(
            *w.store, [] { return latchkey::failure(latchkey::errc::refused, "nothing is to be opened"); },
            [] { return latchkey::policy::time_point(); },
            {p.record.id, w.project, w.pipeline, latchkey::policy::user_id(77), {}, p.record.source.trust, {}});
        const auto missing = p.preflight(access);
        REQUIRE_EQ(missing.size(), 1);
        CHECK(missing[0].name.empty());
        CHECK_FALSE(missing[0].integration.valid());
        CHECK(missing[0].can_grant.empty());
        CHECK_FALSE(missing[0].may_grant);
        CHECK_EQ(missing[0].used_by.at(0).action, "Notify");
    }

    TEST_CASE("refused at delivery: revoked after the preflight, and nothing is opened") {
        engine_world w;
        const auto gh = w.add("gh", "GIT_HUB", {{"token", "planted-token"}});
        w.grant(gh);
        const planned p(w, pipeline_of(use("Use", "GIT_HUB_CLI", "gh")));
        auto access = w.access_for(p.record);
        CHECK(p.preflight(access).empty());
        REQUIRE(w.store->revoke(gh, w.pipeline, w.owner, {}).has_value());
        const auto delivery = p.deliver(access, 0);
        REQUIRE(delivery.has_value());
        REQUIRE_EQ(delivery->denied.size(), 1);
        CHECK(delivery->denied[0].verdict == verdict::not_granted);
        CHECK(delivery->secrets.variables.empty());
        CHECK_EQ(w.unlocked, 0);
        CHECK_EQ(w.audit().find("secret_opened"), std::string::npos);
    }

    TEST_CASE("delivered: what the type says, and the identifier's names, each opening audited") {
        engine_world w;
        w.add("my-aws", "AMAZON", {{"access_key", "AKIAPLANTED"}, {"secret_key", "planted-key"}},
              {{"region", "eu-west-1"}}, true);
        w.add("google", "GOOGLE_SERVICE_ACCOUNT", {{"api_key", "{\"private_key\":\"planted-private\"}"}}, {}, true);
        w.add("hub", "DOCKER_HUB", {{"password", "planted-password"}}, {{"username", "ana"}}, true);
        w.add("own", "CUSTOM", {{"token", "planted-custom"}}, {}, true);
        const planned p(w, pipeline_of(use("A", "AWS_CLI", "my-aws") + use("G", "GOOGLE_CLOUD_CLI", "google") +
                                       use("D", "BUILD", "hub") + use("C", "BUILD", "own")));
        auto access = w.access_for(p.record);
        REQUIRE(p.preflight(access).empty());

        const auto aws = p.deliver(access, 0);
        CHECK_EQ(value_of(aws->secrets, "AWS_ACCESS_KEY_ID"), "AKIAPLANTED");
        CHECK_EQ(value_of(aws->secrets, "AWS_SECRET_ACCESS_KEY"), "planted-key");
        CHECK_EQ(value_of(aws->secrets, "AWS_DEFAULT_REGION"), "eu-west-1");
        CHECK_EQ(value_of(aws->secrets, "MY_AWS_SECRET_KEY"), "planted-key");
        CHECK_EQ(value_of(aws->secrets, "AWS_SESSION_TOKEN"), "(none)");
        REQUIRE_EQ(aws->secrets.integrations.size(), 1);
        CHECK_EQ(aws->secrets.integrations[0].fields.size(), 2);

        const auto google = p.deliver(access, 1);
        REQUIRE_EQ(google->secrets.files.size(), 1);
        CHECK_EQ(google->secrets.files[0].variable, "GOOGLE_APPLICATION_CREDENTIALS");
        CHECK_FALSE(google->secrets.files[0].directory);
        CHECK_EQ(google->secrets.files[0].content.reveal(), "{\"private_key\":\"planted-private\"}");
        CHECK_EQ(value_of(google->secrets, "AWS_ACCESS_KEY_ID"), "(none)");

        const auto docker = p.deliver(access, 2);
        REQUIRE_EQ(docker->secrets.files.size(), 1);
        CHECK_EQ(docker->secrets.files[0].variable, "DOCKER_CONFIG");
        CHECK(docker->secrets.files[0].directory);
        // base64 of ana:planted-password
        CHECK_NE(docker->secrets.files[0].content.reveal().find("YW5hOnBsYW50ZWQtcGFzc3dvcmQ="), std::string::npos);

        const auto custom = p.deliver(access, 3);
        CHECK_EQ(value_of(custom->secrets, "INTEGRATION_TOKEN"), "planted-custom");
        CHECK_EQ(value_of(custom->secrets, "OWN_TOKEN"), "planted-custom");
        CHECK_EQ(count(w.audit(), "secret_opened"), 4);
        CHECK(w.files_with("planted-").empty());
    }

    TEST_CASE("untrusted: a fork's code gets nothing, whatever is granted, and a grant is not offered") {
        engine_world w;
        w.grant(w.add("gh", "GIT_HUB", {{"token", "planted-token"}}));
        w.add("open", "GIT_HUB", {{"token", "planted-token"}}, {}, true);
        planned p(w, pipeline_of(use("Use", "GIT_HUB_CLI", "gh") + use("Open", "GIT_HUB_CLI", "open")));
        p.record.source.trust = latchkey::policy::source_trust::fork;
        auto access = w.access_for(p.record);
        const auto missing = p.preflight(access);
        REQUIRE_EQ(missing.size(), 2);
        for (const missing_integration& m : missing) {
            CHECK(m.verdict == verdict::untrusted_source);
            CHECK_FALSE(m.may_grant);
        }
        CHECK_EQ(p.deliver(access, 1)->denied.size(), 1);
    }

    TEST_CASE("fails closed: a store that can't be asked decides nothing") {
        bool broken = false;
        latchkey::store::sqlite_options options;
        options.before_statement = [&broken](std::string_view) {
            if (broken) throw std::runtime_error("the disk is gone");
        };
        engine_world w(std::move(options));
        w.add("gh", "GIT_HUB", {{"token", "planted-token"}}, {}, true);
        const planned p(w, pipeline_of(use("Use", "GIT_HUB_CLI", "gh")));
        auto access = w.access_for(p.record);
        broken = true;
        CHECK_FALSE(access.preflight(p.compiled.plan, p.definition->source).has_value());
        CHECK_FALSE(p.deliver(access, 0).has_value());
        broken = false;
        CHECK(p.preflight(access).empty());
        CHECK_EQ(w.unlocked, 0);
    }
}
