// SPDX-License-Identifier: Apache-2.0
//
// A process that runs, is denied, is granted and retries, again and again, is killed at random: whatever it showed is
// kept, every run is in a possible state, and goes on without doing anything twice that was known to be done.
#include "tests/runner/run/engine_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <random>
#include <spawn.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using latchkey::run::event;
using latchkey::run::event_kind;
using latchkey::run::outcome;
using latchkey::run::status;
using latchkey::test::engine_world;
using latchkey::test::temp_dir;

namespace {

constexpr const char* folder_variable = "LATCHKEY_CRASH_FOLDER";
constexpr int actions = 5;

// Each action says that it was executed, in the workspace: "RUN ACTION".
std::string work() {
    std::string text = "- pipeline: p\n  actions:\n";
    for (int i = 0; i < actions; ++i)
        text += "    - action: A" + std::to_string(i) + "\n      type: GIT_HUB_CLI\n      integration: gh\n" +
                "      execute_commands:\n        - test -n \"$GITHUB_TOKEN\"\n" + "        - echo $BUDDY_RUN_ID " +
                std::to_string(i) + " >> executed\n";
    return text;
}

latchkey::run::retry_request grant_again(const engine_world& w, std::int64_t run) {
    auto request = w.again(run);
    request.grant = true;
    request.spec.once = true;
    request.idempotency_key = "run " + std::to_string(run);
    return request;
}

std::string line_of(std::int64_t run, int attempt, const event& e) {
    return "event " + std::to_string(run) + " " + std::to_string(attempt) + " " + std::to_string(e.sequence) + " " +
           std::string(to_string(e.kind)) + " " + std::to_string(e.action) + " " + std::string(to_string(e.status)) +
           "\n";
}

// Starts this program again as the victim, kills it when it has shown so many events, and returns what it showed.
std::string killed_after(const std::filesystem::path& folder, int lines) {
    REQUIRE_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    int ends[2];
    REQUIRE_EQ(::pipe2(ends, O_CLOEXEC), 0);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    REQUIRE_EQ(::setenv(folder_variable, folder.c_str(), 1), 0);
    char program[] = "/proc/self/exe";
    char which[] = "-tc=victim*";
    char anyway[] = "--no-skip";
    char* words[] = {program, which, anyway, nullptr};
    pid_t pid = -1;
    REQUIRE_EQ(::posix_spawn(&pid, program, &files, nullptr, words, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    ::close(ends[1]);
    std::string text;
    char buffer[256];
    bool killed = false;
    for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(got));
        lines -= static_cast<int>(std::count(buffer, buffer + got, '\n'));
        if (lines <= 0 && !killed) killed = ::kill(pid, SIGKILL) == 0;
    }
    ::close(ends[0]);
    int state = 0;
    REQUIRE_EQ(::waitpid(pid, &state, 0), pid);
    // What it started dies with it, and comes to us meanwhile. Its namespace's first process shares its descriptors:
    // the run stays locked until that one is gone too.
    while (::waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) {
    }
    REQUIRE_MESSAGE(WIFSIGNALED(state), "the victim ended by itself: " << text);
    return text.substr(0, text.rfind('\n') + 1);
}

// How often an action of a run was executed.
int executions(const engine_world& w, std::int64_t run, int action) {
    std::istringstream lines(w.file("executed"));
    const std::string wanted = std::to_string(run) + " " + std::to_string(action);
    int count = 0;
    for (std::string line; std::getline(lines, line);) count += line == wanted ? 1 : 0;
    return count;
}

int rounds() {
    const char* wanted = std::getenv("LATCHKEY_CRASH_ROUNDS");
    return wanted != nullptr ? std::atoi(wanted) : 5;
}

}  // namespace

TEST_SUITE("run.crash") {
    TEST_CASE("victim: works until it is killed" * doctest::skip()) {
        const char* folder = std::getenv(folder_variable);
        REQUIRE(folder != nullptr);
        engine_world w{std::filesystem::path(folder)};
        REQUIRE(w.service->recover().has_value());
        std::int64_t number = 0;
        int attempt = 1;
        const auto show = [&](const event& e) {
            const std::string line = line_of(number, attempt, e);
            REQUIRE_EQ(::write(STDOUT_FILENO, line.data(), line.size()), static_cast<ssize_t>(line.size()));
        };
        for (;;) {
            latchkey::run::run_options options;
            options.on_event = show;
            const auto last = w.store->runs({}).value();
            number = last.empty() ? 1 : last.front().number + 1;
            attempt = 1;
            REQUIRE(w.run(work(), std::move(options)).attempt->outcome == outcome::denied);
            latchkey::run::run_options again;
            again.on_event = show;
            attempt = 2;
            REQUIRE(w.retry(grant_again(w, number), std::move(again)).attempt->outcome == outcome::succeeded);
        }
    }

    TEST_CASE("killed anywhere: nothing shown is lost, nothing impossible is left, and it goes on") {
        const temp_dir folder;
        const auto seed = std::random_device()();
        MESSAGE("seed " << seed);
        std::mt19937 random(seed);
        {
            engine_world w(folder.path());
            w.add("gh", "GIT_HUB", {{"token", "planted-token"}});
        }
        for (int round = 0; round < rounds(); ++round) {
            CAPTURE(round);
            // One run shows some 16 events: deaths fall into its beginning, the grant and the work alike.
            const std::string shown = killed_after(folder.path(), 1 + static_cast<int>(random() % 40));
            engine_world w(folder.path());
            w.ahead = std::chrono::seconds(6);
            REQUIRE_LE(w.service->recover().value(), 1);

            const auto runs = w.store->runs({std::nullopt, std::nullopt, 100'000}).value();
            std::string kept;
            for (const auto& run : runs) {
                CAPTURE(run.number);
                for (const auto& attempt : run.attempts) {
                    const auto events = w.store->events(run.id, attempt.number, 0).value();
                    REQUIRE_FALSE(events.empty());
                    CHECK(events.back().kind == event_kind::attempt_ended);
                    CHECK(latchkey::run::ended(attempt.status));
                    for (const event& e : events) kept += line_of(run.number, attempt.number, e);
                }
            }
            std::istringstream lines(shown);
            for (std::string line; std::getline(lines, line);)
                if (line.starts_with("event ")) CHECK_NE(kept.find(line + "\n"), std::string::npos);
            CHECK(w.files_with("planted-token").empty());
            w.audit();  // whole

            // A grant and the attempt that it made are there together, or neither is.
            REQUIRE_FALSE(runs.empty());
            const auto& last = runs.front();
            const auto gh = w.store->find_integration(w.project, "gh").value().rights.id;
            const auto grants = w.store->grants(gh).value();
            const auto of_last = std::ranges::count(grants, last.id, &latchkey::policy::grant::only_run);
            CHECK_EQ(of_last + 1, static_cast<std::ptrdiff_t>(last.attempts.size()));

            // What was known to have succeeded is not done again.
            std::vector<bool> known(actions);
            for (const auto& attempt : last.attempts)
                for (const event& e : w.store->events(last.id, attempt.number, 0).value())
                    if (e.kind == event_kind::action_ended && e.status == status::successful)
                        known[static_cast<std::size_t>(e.action)] = true;
            auto request = grant_again(w, last.number);
            request.idempotency_key += " after the crash";
            const auto done = w.retry(request);
            REQUIRE(done.attempt.has_value());
            CHECK(done.attempt->outcome == outcome::succeeded);
            for (int a = 0; a < actions; ++a) {
                const int times = executions(w, last.id.value(), a);
                CHECK_GE(times, 1);
                // Executed, but dead before that was known: then it is done again, once.
                CHECK_LE(times, known[static_cast<std::size_t>(a)] ? 1 : 2);
            }
        }
    }
}
