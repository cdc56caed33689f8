// SPDX-License-Identifier: Apache-2.0
//
// Refused before there is a run: an integration of another type than the action takes, fields that nothing is done
// with, and values that are encrypted elsewhere.
#include "runner/run/integration_fit.hpp"

#include "runner/run/definition.hpp"
#include "tests/runner/run/engine_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

using latchkey::run::outcome;
using latchkey::test::engine_world;
using latchkey::test::pipeline_of;

namespace {

// The report of a definition that is refused, and there is no run of it.
std::string refusal(engine_world& w, const std::string& actions) {
    const auto done = w.run(pipeline_of(actions));
    REQUIRE(done.attempt.has_value());
    CHECK(done.attempt->outcome == outcome::invalid);
    CHECK(done.events.empty());
    const auto runs = w.store->runs({std::nullopt, std::nullopt, 10});
    REQUIRE(runs.has_value());
    CHECK(runs->empty());
    return done.attempt->report;
}

}  // namespace

TEST_SUITE("run.integration_fit") {
    TEST_CASE("of another type: named with its place, whether the pipeline may use it or not") {
        engine_world w;
        w.add("hook", "SLACK", {{"webhook_address", "planted-hook"}}, {}, true);
        w.add("cloud", "AMAZON", {{"access_key", "planted-a"}, {"secret_key", "planted-s"}});
        CHECK_GOLDEN(
            "runner/run/golden/wrong_integration_type.txt",
            refusal(w,
                    "    - {action: Sync, type: AMAZON_S3, bucket_name: b, integration: hook}\n"
                    "    - {action: Tell, type: SENTRY, integration: cloud, organization_slug: o, version: v, "
                    "environment: e, projects: [p]}\n"));
        CHECK_EQ(w.unlocked, 0);
    }

    TEST_CASE("nothing is said of what the reader may not see, of what is not there, and of what any type may be") {
        engine_world w;
        w.add("hook", "SLACK", {{"webhook_address", "planted-hook"}}, {}, true);
        const auto d = latchkey::run::read_definition(
            "buddy.yml",
            pipeline_of("    - {action: A, type: AMAZON_S3, bucket_name: b, integration: hook}\n"
                        "    - {action: B, type: AMAZON_S3, bucket_name: b, integration: nowhere}\n"
                        "    - {action: C, type: BUILD, execute_commands: ['true'], integration: hook}\n"),
            "p", {});
        const auto said_to = [&](latchkey::policy::user_id reader) {
            latchkey::pipelines::diagnostics problems;
            latchkey::pipelines::diagnostics of_plan;
            const auto plan = latchkey::pipelines::compile(*d->pipeline, {}, of_plan);
            REQUIRE(latchkey::run::check_integration_types(*w.store, plan, w.project, w.pipeline, reader, problems)
                        .has_value());
            return problems.size();
        };
        CHECK_EQ(said_to(w.owner), 1);
        CHECK_EQ(said_to(latchkey::policy::user_id(77)), 0);
    }

    TEST_CASE("an integration that an action before it gives may be of any type") {
        engine_world w;
        w.add("cloud", "AMAZON", {{"access_key", "planted-a"}, {"secret_key", "planted-s"}}, {}, true);
        w.add("hub", "GIT_HUB", {{"token", "planted-t"}}, {}, true);
        const auto done =
            w.run(pipeline_of("    - {action: Give, type: INTEGRATION_VARIABLES, integration: cloud}\n"
                              "    - {action: Use, type: GIT_HUB_CLI, integration: hub, execute_commands: ['test -n "
                              "\"$AWS_ACCESS_KEY_ID\"']}\n"));
        REQUIRE(done.attempt.has_value());
        CAPTURE(done.attempt->report);
        CHECK(done.attempt->outcome == outcome::succeeded);
    }

    TEST_CASE("encrypted elsewhere, and without effect here: fields of actions, also below targets") {
        engine_world w;
        CHECK_GOLDEN(
            "runner/run/golden/fields_refused.txt",
            refusal(
                w,
                "    - {action: Send, type: SFTP, authentication_mode: ENV_KEY, env_key: 'secure!abc.def', host: "
                "h, port: 22, login: l}\n"
                "    - {action: Move, type: TRANSFER, targets: [{target: t, type: SSH, host: h, auth: {method: "
                "PASSWORD, username: u, password: !encrypted abc}}]}\n"
                "    - {action: Off, type: SFTP, disabled: true, password: 'secure!abc'}\n"
                "    - {action: Machine, type: NATIVE_BUILD_LINUX, distribution: UBUNTU_20_04, "
                "vm_from_prev_action: true, sync_paths: [{pipeline_path: a, vm_path: b}], commands: ['true']}\n"));
    }
}
