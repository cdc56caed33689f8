// SPDX-License-Identifier: Apache-2.0
// Processes that work on one store are killed at random: what they were told is kept must be there.
#include "runner/store/sqlite_store.hpp"
#include "tests/runner/store/store_conformance.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <random>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct child {
    pid_t pid = -1;
    int output = -1;
};

child start(const std::filesystem::path& file, const world& in) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string words[] = {STORE_CRASH_CHILD, file.string(), std::to_string(in.pipeline.value()),
                           std::to_string(in.slack.rights.id.value())};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    child made;
    REQUIRE(::posix_spawn(&made.pid, arguments[0], &actions, nullptr, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    made.output = ends[0];
    return made;
}

// Reads at least `lines` lines, kills the child, and reads what is left.
std::string acknowledged_before_death(const child& of, int lines) {
    std::string text;
    char buffer[256];
    bool killed = false;
    for (ssize_t got = 0; (got = ::read(of.output, buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(got));
        lines -= static_cast<int>(std::count(buffer, buffer + got, '\n'));
        if (lines <= 0 && !killed) killed = ::kill(of.pid, SIGKILL) == 0;
    }
    ::close(of.output);
    int state = 0;
    REQUIRE(::waitpid(of.pid, &state, 0) == of.pid);
    REQUIRE_MESSAGE(WIFSIGNALED(state), "the child ended by itself: " << WEXITSTATUS(state));
    return text;
}

void check_acknowledged(store::store& store, const std::string& text) {
    std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
    std::string word;
    for (std::int64_t id = 0, attempt = 0, sequence = 0; lines >> word >> id >> attempt >> sequence;) {
        const auto run = store.run(policy::run_id(id));
        REQUIRE_MESSAGE(run.has_value(), "run " << id << " is lost");
        REQUIRE(run->attempts.size() >= static_cast<std::size_t>(attempt));
        const auto events = store.events(run->id, static_cast<int>(attempt), 0);
        REQUIRE(events.has_value());
        CHECK(events->size() >= static_cast<std::size_t>(sequence));
    }
}

void check_possible(store::store& store, const world& in) {
    const auto runs = store.runs({in.project, std::nullopt, 1'000'000}).value();
    std::map<std::int64_t, int> grants_of_run;
    for (const auto& grant : store.grants(in.slack.rights.id).value()) ++grants_of_run[grant.from_run.value()];
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto& run = runs[i];
        CHECK(run.number == static_cast<std::int64_t>(runs.size() - i));
        if (run.id == in.run.id) continue;
        CHECK(grants_of_run[run.id.value()] == static_cast<int>(run.attempts.size()) - 1);
        for (const auto& attempt : run.attempts) {
            const auto events = store.events(run.id, attempt.number, 0).value();
            // The first attempt's events come in pairs: half a pair would be half a transaction.
            if (attempt.number == 1) CHECK(events.size() % 2 == 0);
            const bool last_is_end = !events.empty() && events.back().kind == run::event_kind::attempt_ended;
            CHECK(last_is_end == run::ended(attempt.status));
        }
    }
    CHECK(verify_audit(store) > 0);
}

int rounds() {
    const char* asked = std::getenv("LATCHKEY_CRASH_ROUNDS");
    return asked ? std::atoi(asked) : 8;
}

}  // namespace

TEST_SUITE("store.crash") {
    TEST_CASE("kept: what was acknowledged before two workers were killed at once") {
        const temp_dir folder;
        const auto file = folder / "data" / "store.db";
        world made;
        {
            auto store = store::open_sqlite(file).value();
            made = make_world(*store);
        }
        const auto seed = std::random_device()();
        MESSAGE("seed " << seed);
        std::mt19937 random(seed);
        for (int round = 0; round < rounds(); ++round) {
            CAPTURE(round);
            const auto first = start(file, made);
            const auto second = start(file, made);
            const auto told_by_first = acknowledged_before_death(first, 1 + static_cast<int>(random() % 60));
            const auto told_by_second = acknowledged_before_death(second, 1 + static_cast<int>(random() % 60));
            auto store = store::open_sqlite(file).value();
            check_acknowledged(*store, told_by_first);
            check_acknowledged(*store, told_by_second);
            check_possible(*store, made);
        }
    }
}
