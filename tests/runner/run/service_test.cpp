// SPDX-License-Identifier: Apache-2.0
//
// Attempts from their first event to their last, with real processes.
#include "runner/run/service.hpp"

#include "runner/run/executor_lock.hpp"
#include "tests/runner/run/engine_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using latchkey::errc;
using latchkey::run::end_reason;
using latchkey::run::event;
using latchkey::run::event_kind;
using latchkey::run::outcome;
using latchkey::run::run_options;
using latchkey::run::status;
using latchkey::test::engine_world;
using latchkey::test::pipeline_of;

namespace {

std::string build(const std::string& name, const std::string& commands, const std::string& more = "") {
    return "    - {action: " + name + ", type: BUILD, " + more + "execute_commands: [" + commands + "]}\n";
}

const event& end_of(const engine_world::finished& f, std::int32_t action) {
    const auto at = std::ranges::find_if(
        f.events, [&](const event& e) { return e.kind == event_kind::action_ended && e.action == action; });
    REQUIRE(at != f.events.end());
    return *at;
}

// A file that a process waits at and a test writes to, or the other way round.
void make_gate(const engine_world& w, const char* name) {
    REQUIRE_EQ(::mkfifo((w.workspace() / name).c_str(), 0600), 0);
}

}  // namespace

TEST_SUITE("run.service") {
    TEST_CASE("succeeded: one gapless stream of events, kept as it was seen") {
        engine_world w;
        const auto f = w.run(pipeline_of(build("One", "echo 1 >> out") + build("Two", "echo 2 >> out")));
        REQUIRE(f.attempt.has_value());
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.file("out"), "1\n2\n");
        CHECK(f.events == w.store->events(f.attempt->run.id, 1, 0).value());
        for (std::size_t i = 0; i < f.events.size(); ++i)
            CHECK_EQ(f.events[i].sequence, static_cast<std::int64_t>(i) + 1);
        CHECK(f.events.front().kind == event_kind::attempt_created);
        CHECK(f.events.back().kind == event_kind::attempt_ended);
        CHECK(f.attempt->run.attempts.back().status == status::successful);
    }

    TEST_CASE("failed: the exit code is kept, nothing later is executed, ON_FAILURE is") {
        engine_world w;
        const auto f = w.run(pipeline_of(build("Bad", "exit 7") + build("Later", "touch later") +
                                         build("Alarm", "touch alarm", "trigger_time: ON_FAILURE, ")));
        CHECK(f.attempt->outcome == outcome::failed);
        CHECK(end_of(f, 0).status == status::failed);
        CHECK(end_of(f, 0).reason == end_reason::exited);
        CHECK_EQ(end_of(f, 0).number, 7);
        CHECK(f.started() == std::vector<std::int32_t>{0, 2});
        CHECK_FALSE(std::filesystem::exists(w.workspace() / "later"));
        CHECK_EQ(f.attempt->run.attempts.back().error, "the action \"Bad\" failed");
    }

    TEST_CASE("signalled: an action that a signal ended says which") {
        engine_world w;
        const auto f = w.run(pipeline_of(build("Bad", "kill -SEGV $$")));
        CHECK(end_of(f, 0).reason == end_reason::signalled);
        CHECK_EQ(end_of(f, 0).number, SIGSEGV);
        CHECK_EQ(end_of(f, 0).text, "was ended by SIGSEGV");
    }

    TEST_CASE("every command: the script goes on after a failure where it was asked to") {
        engine_world w;
        const auto f = w.run(pipeline_of(build("All", "'false', touch went_on", "execute_every_command: true, ")));
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK(std::filesystem::exists(w.workspace() / "went_on"));
    }

    TEST_CASE("refused before anything is stored: an image, a type, an unknown backend") {
        engine_world w;
        const auto image = w.run(pipeline_of(build("I", "'true'", "docker_image_name: node, ")));
        REQUIRE(image.attempt.has_error());
        CHECK(image.attempt.error().code == errc::engine);
        const auto type = w.run(pipeline_of("    - {action: T, type: SONAR_CLOUD_NO_SUCH}\n"));
        REQUIRE(type.attempt.has_value());
        CHECK(type.attempt->outcome == outcome::invalid);
        CHECK_FALSE(type.attempt->report.empty());
        CHECK(w.store->runs({}).value().empty());
        CHECK(image.events.empty());
    }

    TEST_CASE("over its time: a script that ignores being asked is killed after the grace") {
        engine_world w;
        w.grace = std::chrono::milliseconds(50);
        w.make_service();
        const auto f =
            w.run(pipeline_of(build("Deaf", "trap '' TERM, while :; do sleep 0.02; done", "timeout: 1, ")));
        CHECK(f.attempt->outcome == outcome::failed);
        CHECK(end_of(f, 0).reason == end_reason::timed_out);
        CHECK_EQ(end_of(f, 0).text, "took longer than its 1 seconds");
    }

    TEST_CASE("cancelled: what runs is ended with all it started, ON_TERMINATE runs, the rest does not") {
        engine_world w;
        make_gate(w, "up");
        engine_world::finished f{latchkey::failure(errc::io, ""), {}};
        std::thread canceller([&] {
            std::ifstream up(w.workspace() / "up");
            std::string line;
            std::getline(up, line);
            ::kill(::getpid(), SIGTERM);
            // The daemon holds the other end: only when it is gone is there an end here.
            CHECK_FALSE(std::getline(up, line));
        });
        f = w.run(pipeline_of(build("Long", "\"(setsid sh -c 'exec 3>up; echo >&3; sleep 1000' &)\", sleep 1000") +
                              build("Later", "touch later") +
                              build("Tidy", "touch tidy", "trigger_time: ON_TERMINATE, ")));
        canceller.join();
        CHECK(f.attempt->outcome == outcome::cancelled);
        CHECK(end_of(f, 0).status == status::terminated);
        CHECK(end_of(f, 0).reason == end_reason::cancelled);
        CHECK(f.started() == std::vector<std::int32_t>{0, 2});
        CHECK_EQ(f.text_of(event_kind::cancel_requested), "SIGTERM");
        CHECK(f.attempt->run.attempts.back().status == status::terminated);
    }

    TEST_CASE("cancelled twice: the second time nobody is asked") {
        engine_world w;  // with a grace of ten seconds, which nothing here waits for
        make_gate(w, "up");
        run_options options;
        options.on_event = [](const event& e) {
            if (e.kind == event_kind::cancel_requested) ::kill(::getpid(), SIGTERM);
        };
        std::thread canceller([&] {
            std::string line;
            std::ifstream up(w.workspace() / "up");
            std::getline(up, line);
            ::kill(::getpid(), SIGTERM);
        });
        const auto began = std::chrono::steady_clock::now();
        const auto f = w.run(pipeline_of(build("Deaf", "trap '' TERM, echo > up, while :; do sleep 0.02; done")),
                             std::move(options));
        canceller.join();
        CHECK(f.attempt->outcome == outcome::cancelled);
        CHECK_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(9));
    }

    TEST_CASE("cancelled while an action waits to be tried again: nothing is waited for") {
        engine_world w;
        run_options options;
        options.on_event = [](const event& e) {
            if (e.kind == event_kind::action_retrying) ::kill(::getpid(), SIGTERM);
        };
        const auto f = w.run(pipeline_of(build("Shaky", "exit 1", "retry_count: 3, retry_interval: 1000, ")),
                             std::move(options));
        CHECK(f.attempt->outcome == outcome::cancelled);
        CHECK_EQ(f.started().size(), 1);
        CHECK_EQ(f.text_of(event_kind::action_retrying), "exit code 1");
    }

    TEST_CASE("side by side: no more than `jobs` at once, and a stage ends before the next begins") {
        engine_world w;
        std::string actions;
        for (int i = 0; i < 12; ++i)
            actions += build("P" + std::to_string(i), "'true'", i < 11 ? "run_next: IN_SOFT_PARALLEL, " : "");
        actions += build("Last", "'true'");
        int running = 0;
        int most = 0;
        int ends = 0;
        run_options options;
        options.jobs = 3;
        options.on_event = [&](const event& e) {
            if (e.kind == event_kind::action_started) {
                most = std::max(most, ++running);
                if (e.action == 12) CHECK_EQ(ends, 12);
            }
            if (e.kind == event_kind::action_ended) {
                --running;
                ++ends;
            }
        };
        const auto f = w.run(pipeline_of(actions), std::move(options));
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK_EQ(most, 3);
        CHECK_EQ(ends, 13);
    }

    TEST_CASE("not recorded, not started: a store that takes no more events ends the run") {
        std::atomic<bool> broken = false;
        latchkey::store::sqlite_options options;
        options.before_statement = [&broken](std::string_view) {
            if (broken) throw std::runtime_error("the disk is full");
        };
        engine_world w(std::move(options));
        make_gate(w, "up");
        make_gate(w, "go");
        std::thread breaker([&] {
            std::string line;
            std::ifstream up(w.workspace() / "up");
            std::getline(up, line);
            broken = true;
            std::ofstream(w.workspace() / "go") << "go\n";
        });
        // How far it gets before the first refused commit is known depends on the machine: never to the end.
        std::string actions = build("First", "echo > up, cat go");
        for (int i = 0; i < 2000; ++i) actions += build("N", "echo " + std::to_string(i) + " >> out");
        const auto f = w.run(pipeline_of(actions));
        breaker.join();
        broken = false;
        REQUIRE(f.attempt.has_error());
        CHECK_EQ(w.file("out").find("\n1999\n"), std::string::npos);
        // What was lost is not made up: the attempt is taken for one whose executor died.
        CHECK_EQ(w.service->recover().value(), 1);
        CHECK(w.store->runs({}).value().front().attempts.back().status == status::failed);
    }

    TEST_CASE("a secret is in no file: not in logs, events, store or audit, and no sibling has it") {
        engine_world w;
        w.add("gh", "GIT_HUB", {{"token", "planted-token-1"}}, {}, true);
        run_options options;
        options.secrets.emplace("SUPPLIED", latchkey::vault::secret(std::string("planted-supplied")));
        const std::string yaml =
            "- pipeline: p\n  variables:\n    - {key: SUPPLIED, value: x, encrypted: true}\n  actions:\n" +
            std::string(
                "    - action: Use\n      type: GIT_HUB_CLI\n      integration: gh\n      execute_commands:\n"
                "        - echo token $GITHUB_TOKEN $SUPPLIED\n"
                "        - printf %s \"$GITHUB_TOKEN\" | base64\n"
                "        - printf %s \"$GITHUB_TOKEN\" | od -An -tx1 | tr -d ' \\n'\n"
                "        - printf %s \"$GITHUB_TOKEN\" > passed-on\n") +
            build("Sibling", "'echo has [$GITHUB_TOKEN] [$GH_TOKEN]', cat passed-on, exit 3");
        const auto f = w.run(yaml, std::move(options));
        REQUIRE(f.attempt.has_value());
        CHECK(f.attempt->outcome == outcome::failed);
        CHECK_EQ(w.file("passed-on"), "planted-token-1");
        const std::string log = w.log(1, 0);
        CHECK(log.starts_with("token *** ***\n***"));
        // A file of the workspace carried it on: masked there too.
        CHECK_EQ(w.log(1, 1), "has [] []\n***");
        for (const char* form : {"planted-token-1", "planted-supplied", "cGxhbnRlZC10b2tlbi0x", "706c616e746564"})
            CHECK(w.files_with(form).empty());
        for (const event& e : f.events) CHECK_EQ(e.text.find("planted"), std::string::npos);
        CHECK_EQ(w.audit().find("planted"), std::string::npos);
    }

    TEST_CASE("recovered: only attempts whose executor is gone, and not one that is only beginning") {
        engine_world w;
        auto request = w.request_for();
        const auto fresh = w.store->create_run(request, pipeline_of(build("One", "'true'"))).value();
        CHECK_EQ(w.service->recover().value(), 0);
        w.ahead = std::chrono::seconds(6);
        {
            const auto lock = latchkey::run::executor_lock::take(w.service->folder_of(fresh.id), "");
            REQUIRE(lock.has_value());
            CHECK_EQ(w.service->recover().value(), 0);
            CHECK(w.retry(w.again()).attempt.error().code == errc::conflict);
        }
        CHECK_EQ(w.service->recover().value(), 1);
        CHECK_EQ(w.service->recover().value(), 0);
        const auto after = w.store->run(fresh.id).value();
        CHECK(after.attempts.back().status == status::failed);
        CHECK_EQ(after.attempts.back().error, "its executor died");
        const auto events = w.store->events(fresh.id, 1, 0).value();
        CHECK(events.back().reason == end_reason::lost);
        CHECK(w.service->cancel(after, w.owner).error().code == errc::conflict);
        CHECK(w.retry(w.again()).attempt->outcome == outcome::succeeded);
    }

    TEST_CASE("FILE and SSH_KEY variables: private files while the action runs, masked where they are secret") {
        engine_world w;
        const std::string yaml =
            "- pipeline: p\n  variables:\n"
            "    - {key: KEY, type: SSH_KEY, encrypted: true, file_place: CONTAINER, file_path: ~/.ssh/id, "
            "file_chmod: '600'}\n"
            "    - {key: CONF, type: FILE, value: cGxhaW4gY29uZmlndXJhdGlvbgo=, file_place: CONTAINER, "
            "file_path: /etc/app.conf, file_chmod: '0500'}\n"
            "  actions:\n" +
            build("One", "'cat $KEY $CONF', 'stat -c %a $KEY $CONF', 'echo $KEY > where', 'basename $KEY $CONF'");
        run_options options;
        options.secrets.emplace("KEY", latchkey::vault::secret("-----BEGIN KEY\nplanted-line\n-----END KEY"));
        const auto f = w.run(yaml, std::move(options));
        REQUIRE(f.attempt.has_value());
        CHECK(f.attempt->outcome == outcome::succeeded);
        CHECK_EQ(w.log(1, 0), "***\nplain configuration\n600\n500\nid\n");
        CHECK_NE(f.text_of(event_kind::warning).find("FILE and SSH_KEY"), std::string::npos);
        const std::string where = w.file("where");
        CHECK_FALSE(std::filesystem::exists(where.substr(0, where.size() - 1)));
        CHECK(w.files_with("planted-line").empty());
    }

    TEST_CASE("not started: a FILE variable that is no base64") {
        engine_world w;
        const auto f = w.run(
            "- pipeline: p\n  variables:\n"
            "    - {key: F, type: FILE, value: '!', file_place: CONTAINER, file_path: /f}\n  actions:\n" +
            build("One", "touch started"));
        REQUIRE(f.attempt.has_value());
        CHECK(f.attempt->outcome == outcome::failed);
        CHECK_NE(end_of(f, 0).text.find("is not base64"), std::string::npos);
        CHECK_FALSE(std::filesystem::exists(w.workspace() / "started"));
    }
}
