// SPDX-License-Identifier: Apache-2.0
//
// What an attempt must not do, whatever earlier ones did: print what they were given, take their results for its own.
#include "runner/run/executor_lock.hpp"
#include "runner/run/service.hpp"
#include "tests/runner/run/engine_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using latchkey::run::event;
using latchkey::run::event_kind;
using latchkey::run::outcome;
using latchkey::run::run_options;
using latchkey::run::status;
using latchkey::test::engine_world;
using latchkey::test::pipeline_of;
using started = std::vector<std::int32_t>;

namespace {

std::string step(const std::string& name, const std::string& command, const std::string& more = "type: BUILD") {
    return "    - {action: " + name + ", " + more + ", execute_commands: ['" + command + "']}\n";
}

constexpr const char* with_gh = "type: GIT_HUB_CLI, integration: gh";

}  // namespace

TEST_SUITE("run.retry_safety") {
    TEST_CASE("masked: what an action of an earlier attempt was given and left in the workspace") {
        engine_world w;
        const auto gh = w.add("gh", "GIT_HUB", {{"token", "planted-token-value"}}, {}, true);
        const std::string yaml =
            pipeline_of(step("Give", "echo $GITHUB_TOKEN > left", with_gh) + step("Show", "cat left; test -e good"));
        CHECK(w.run(yaml).attempt->outcome == outcome::failed);
        latchkey::test::write_file(w.workspace() / "good", "");
        const auto f = w.retry(w.again());
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK(f.started() == started{1});
        CHECK_EQ(w.log(1, 1), "***\n");
        CHECK_EQ(w.log(2, 1), "***\n");
        CHECK(w.files_with("planted-token-value").empty());
        CHECK_NE(w.audit().find("secret_opened integration=" + std::to_string(gh.value())), std::string::npos);
    }

    TEST_CASE("not denied, but warned: an integration of an action that is not executed again was taken away") {
        engine_world w;
        const auto gh = w.add("gh", "GIT_HUB", {{"token", "planted-token-value"}});
        w.grant(gh);
        const std::string yaml = pipeline_of(step("Give", "echo given", with_gh) + step("Then", "test -e good"));
        CHECK(w.run(yaml).attempt->outcome == outcome::failed);
        REQUIRE(w.store->revoke(gh, w.pipeline, w.owner, {}).has_value());
        latchkey::test::write_file(w.workspace() / "good", "");
        const auto f = w.retry(w.again());
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK(f.started() == started{1});
        CHECK_EQ(f.text_of(event_kind::warning),
                 "what an earlier attempt was given of the integration The gh can't be masked: it is not allowed any "
                 "more");
        // Executed again, it is denied.
        auto all = w.again();
        all.everything = true;
        CHECK(w.retry(all).attempt->outcome == outcome::denied);
    }

    TEST_CASE("masked: what an action is given while another runs beside it") {
        engine_world w;
        w.add("gh", "GIT_HUB", {{"token", "planted-token-value"}}, {}, true);
        REQUIRE_EQ(::mkfifo((w.workspace() / "gate").c_str(), 0600), 0);
        run_options options;
        options.jobs = 2;
        const auto f = w.run(pipeline_of(step("Spy", "cat gate", "type: BUILD, run_next: IN_SOFT_PARALLEL") +
                                         step("Owner", "echo $GITHUB_TOKEN > gate", with_gh)),
                             std::move(options));
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.log(1, 0), "***\n");
    }

    TEST_CASE("executed again: what succeeded before an earlier action was executed anew") {
        engine_world w;
        const std::string yaml = pipeline_of(step("Build", "echo build >> out; test ! -e broken") +
                                             step("Deploy", "echo deploy >> out") + step("Tell", "echo tell >> out"));
        CHECK(w.run(yaml).attempt->outcome == outcome::succeeded);
        latchkey::test::write_file(w.workspace() / "broken", "");
        auto from = w.again();
        from.from_action = "Build";
        CHECK(w.retry(from).attempt->outcome == outcome::failed);
        std::filesystem::remove(w.workspace() / "broken");
        const auto f = w.retry(w.again());
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK(f.started() == started{0, 1, 2});
        CHECK_EQ(w.file("out"), "build\ndeploy\ntell\nbuild\nbuild\ndeploy\ntell\n");
        // And then nothing is left to do.
        CHECK(w.retry(w.again()).started().empty());
    }

    TEST_CASE("ended: a second cancel does not wait for an action that waits to be tried again") {
        engine_world w;
        run_options options;
        options.on_event = [](const event& e) {
            if (e.kind == event_kind::action_started && e.action == 0) std::raise(SIGTERM);
            if (e.kind == event_kind::action_retrying) std::raise(SIGTERM);
        };
        const auto f = w.run(
            pipeline_of(step("Long", "sleep 1000") + step("After", "exit 1",
                                                          "type: BUILD, trigger_time: ON_TERMINATE, retry_count: 2, "
                                                          "retry_interval: 1000")),
            std::move(options));
        CHECK(f.attempt->outcome == outcome::cancelled);
        CHECK(f.end_of(1) == status::terminated);
    }

    TEST_CASE("cancelled: a signal that comes as soon as others can see who executes the run") {
        engine_world w;
        w.on_clock = [&] {
            // The lock tells the process; the attempt has no loop yet.
            if (std::filesystem::exists(w.data() / "runs/1/lock")) {
                std::raise(SIGTERM);
                w.on_clock = nullptr;
            }
        };
        const auto f = w.run(pipeline_of(step("Long", "sleep 1000")));
        CHECK(f.attempt->outcome == outcome::cancelled);
        CHECK(f.attempt->run.attempts.back().status == status::terminated);
    }

    TEST_CASE("held: a run's lock that others can see") {
        const latchkey::test::temp_dir folder;
        using latchkey::run::executor_lock;
        std::atomic<int> taken{0};
        std::thread other([&] {
            for (int i = 0; i < 200; ++i) {
                const auto run = folder.path() / std::to_string(i);
                while (!executor_lock::exists(run) && taken >= 0 && taken <= i) std::this_thread::yield();
                // Its first owner holds it, or has held it and let it go.
                const bool before = taken <= i;
                const bool free = executor_lock::take(run, "").has_value();
                if (free && before && taken <= i) taken = -1000;
            }
        });
        for (int i = 0; i < 200 && taken >= 0; ++i) {
            auto lock = executor_lock::take(folder.path() / std::to_string(i), "");
            taken = lock && taken >= 0 ? i + 1 : -1000;
            std::this_thread::yield();
        }
        other.join();
        CHECK_GE(taken, 0);
    }

    TEST_CASE("nothing is left: the engine was killed, without namespaces") {
        const latchkey::test::temp_dir folder;
        {
            const engine_world w(folder.path());
        }
        const auto gate = folder / "gate";
        REQUIRE_EQ(::mkfifo(gate.c_str(), 0600), 0);
        const pid_t victim = ::fork();
        if (victim == 0) {
            engine_world w(folder.path());
            w.namespaces = false;
            w.run(pipeline_of(step("Long", "setsid sleep 1000 & echo $! > " + gate.string() + "; sleep 1000")));
            ::_exit(1);
        }
        pid_t left = 0;
        std::ifstream(gate) >> left;
        REQUIRE_GT(left, 1);
        ::kill(victim, SIGKILL);
        REQUIRE_EQ(::waitpid(victim, nullptr, 0), victim);
        CHECK_EQ(::kill(left, 0), 0);  // it lives on …
        engine_world w(folder.path());
        w.ahead = std::chrono::seconds(6);
        CHECK_EQ(w.service->recover().value(), 1);
        // … until the run is taken for dead. Who reaps it is not us.
        std::ifstream state("/proc/" + std::to_string(left) + "/stat");
        std::string text;
        std::getline(state, text);
        CHECK((text.empty() || text.find(") Z ") != std::string::npos));
        CHECK(w.store->run(latchkey::policy::run_id(1))->attempts.back().status == status::failed);
    }
}
