// SPDX-License-Identifier: Apache-2.0
//
// Denied, granted, retried: the service's main job, with the real store, vault and processes.
#include "runner/run/executor_lock.hpp"
#include "runner/run/service.hpp"
#include "tests/runner/run/engine_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <thread>

using latchkey::errc;
using latchkey::run::event_kind;
using latchkey::run::outcome;
using latchkey::run::run_options;
using latchkey::run::status;
using latchkey::test::engine_world;
using latchkey::test::pipeline_of;

namespace {

std::string build(const std::string& name, const std::string& command, const std::string& more = "") {
    return "    - {action: " + name + ", type: BUILD, " + more + "execute_commands: ['" + command + "']}\n";
}

const std::string uses_gh = pipeline_of(
    "    - {action: First, type: BUILD, execute_commands: [echo first >> out]}\n"
    "    - {action: Use, type: GIT_HUB_CLI, integration: gh, execute_commands: [echo used >> out]}\n");

latchkey::policy::integration_id add_gh(engine_world& w) {
    return w.add("gh", "GIT_HUB", {{"token", "planted-token"}});
}

}  // namespace

TEST_SUITE("run.retry") {
    TEST_CASE("denied: no process has started, the attempt says why, nothing was opened") {
        engine_world w;
        add_gh(w);
        const auto f = w.run(uses_gh);
        REQUIRE(f.attempt.has_value());
        CHECK(f.attempt->outcome == outcome::denied);
        CHECK_EQ(w.file("out"), "");
        CHECK(f.started().empty());
        CHECK_EQ(f.attempt->missing.size(), 1);
        const auto record = w.store->run(f.attempt->run.id).value();
        CHECK(record.attempts.back().status == status::failed);
        CHECK_NE(record.attempts.back().error.find(
                     "Missing permissions to the following integration: The gh (gh)\n  used by    action \"Use\"  "
                     "(buddy.yml:4:53)\n"),
                 std::string::npos);
        CHECK_EQ(record.attempts.back().error, f.attempt->report);
        CHECK_EQ(w.unlocked, 0);
    }

    TEST_CASE("granted and retried: the bytes that were denied run, decided after the grant") {
        engine_world w;
        const auto gh = add_gh(w);
        w.run(uses_gh);
        auto request = w.again();
        request.grant = true;
        request.idempotency_key = "click";
        const auto f = w.retry(request);
        REQUIRE(f.attempt.has_value());
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK_EQ(f.attempt->attempt, 2);
        CHECK_EQ(w.file("out"), "first\nused\n");
        CHECK_EQ(w.store->grants(gh).value().size(), 1);
        CHECK(f.attempt->run.attempts.back().decided_at <= w.store->revision().value());
        CHECK_EQ(f.text_of(event_kind::attempt_created), "grant and retry");

        // The same click again: the same attempt, and nothing has run.
        const auto again = w.retry(request);
        REQUIRE(again.attempt.has_value());
        CHECK(again.attempt->outcome == outcome::succeeded);
        CHECK_EQ(again.attempt->attempt, 2);
        CHECK(again.events.empty());
        CHECK_EQ(w.store->run(f.attempt->run.id)->attempts.size(), 2);
        CHECK_EQ(w.file("out"), "first\nused\n");
    }

    TEST_CASE("all or nothing: one integration that can't be granted, and none is") {
        engine_world w;
        const auto gh = add_gh(w);
        const auto before = w.run(
            uses_gh + "    - {action: No, type: GIT_HUB_CLI, integration: nowhere, execute_commands: ['true']}\n");
        REQUIRE_EQ(before.attempt->missing.size(), 2);
        auto request = w.again();
        request.grant = true;
        const auto f = w.retry(request);
        CHECK(f.attempt->outcome == outcome::denied);
        CHECK(w.store->grants(gh).value().empty());
        CHECK_EQ(w.store->run(before.attempt->run.id)->attempts.size(), 1);
    }

    TEST_CASE("retried: what succeeded does not run again, what came after does") {
        engine_world w;
        const std::string yaml = pipeline_of(build("A", "echo a >> out") + build("B", "echo b >> out; test -e good") +
                                             build("C", "echo c >> out"));
        CHECK(w.run(yaml).attempt->outcome == outcome::failed);
        CHECK(w.retry(w.again()).attempt->outcome == outcome::failed);
        CHECK_EQ(w.file("out"), "a\nb\nb\n");
        latchkey::test::write_file(w.workspace() / "good", "");
        const auto f = w.retry(w.again());
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK_EQ(f.attempt->attempt, 3);
        CHECK(f.started() == std::vector<std::int32_t>{1, 2});
        CHECK_EQ(w.file("out"), "a\nb\nb\nb\nc\n");

        auto from = w.again();
        from.from_action = "B";
        CHECK(w.retry(from).started() == std::vector<std::int32_t>{1, 2});
        auto only = w.again();
        only.from_action = "A";
        only.only_that_action = true;
        CHECK(w.retry(only).started() == std::vector<std::int32_t>{0});
        auto all = w.again();
        all.everything = true;
        CHECK(w.retry(all).started() == std::vector<std::int32_t>{0, 1, 2});
        auto wrong = w.again();
        wrong.from_action = "Z";
        CHECK(w.retry(wrong).attempt.error().code == errc::usage);
    }

    TEST_CASE("refused: another source, a run that is executed, a secret that is not given again") {
        engine_world w;
        run_options options;
        options.secrets.emplace("TOKEN", latchkey::vault::secret(std::string("planted-supplied")));
        const auto first = w.run(pipeline_of(build("A", "exit 1")), std::move(options));
        REQUIRE(first.attempt.has_value());
        const auto moved = [](const latchkey::store::run_source&) {
            return latchkey::result<void>(latchkey::failure(errc::conflict, "the work tree is at another commit"));
        };
        CHECK(w.service->retry(w.again(), {}, moved).error().code == errc::conflict);
        CHECK(w.retry(w.again()).attempt.error().code == errc::usage);
        run_options wrong;
        wrong.secrets.emplace("TOKEN", latchkey::vault::secret(std::string("planted-supplied")));
        wrong.secrets.emplace("OTHER", latchkey::vault::secret(std::string("planted-supplied")));
        CHECK(w.retry(w.again(), std::move(wrong)).attempt.error().code == errc::usage);
        {
            const auto lock = latchkey::run::executor_lock::take(w.service->folder_of(first.attempt->run.id), "");
            REQUIRE(lock.has_value());
            CHECK(w.retry(w.again()).attempt.error().code == errc::conflict);
        }
        CHECK(w.retry(w.again(99)).attempt.error().code == errc::not_found);
        CHECK_EQ(w.store->run(first.attempt->run.id)->attempts.size(), 1);
    }

    TEST_CASE("waits: a run that waits for a permission goes on when it is granted, and ends when it is cancelled") {
        engine_world w;
        const auto gh = add_gh(w);
        std::thread granter;
        run_options options;
        options.wait_for_permission = true;
        options.on_event = [&](const latchkey::run::event& e) {
            if (e.kind == event_kind::waiting) granter = std::thread([&] { w.grant(gh); });
        };
        const auto f = w.run(uses_gh, std::move(options));
        granter.join();
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.file("out"), "first\nused\n");

        REQUIRE(w.store->revoke(gh, w.pipeline, w.owner, {}).has_value());
        run_options cancelled;
        cancelled.wait_for_permission = true;
        cancelled.on_event = [](const latchkey::run::event& e) {
            if (e.kind == event_kind::waiting) std::raise(SIGTERM);
        };
        const auto g = w.run(uses_gh, std::move(cancelled));
        CHECK(g.attempt->outcome == outcome::cancelled);
        CHECK(g.attempt->run.attempts.back().status == status::terminated);
        CHECK_EQ(w.file("out"), "first\nused\n");
    }
}
