// SPDX-License-Identifier: Apache-2.0
//
// How a run looks as it goes: plain lines in a pipe, one progress line on a terminal, a document a line with --json.
#include "runner/cli/console.hpp"

#include "runner/cli/json.hpp"
#include "runner/log/log_writer.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace latchkey;
using namespace std::chrono_literals;
using run::event;
using run::event_kind;
using run::status;

namespace {

policy::time_point at(std::chrono::milliseconds since_start) {
    return policy::time_point(std::chrono::seconds(1'700'000'000)) + since_start;
}

event event_of(event_kind kind, std::int32_t action, status s, std::chrono::milliseconds when,
               std::string text = {}) {
    event e;
    e.kind = kind;
    e.action = action;
    e.status = s;
    e.at = at(when);
    e.text = std::move(text);
    return e;
}

// One run of three actions on a screen.
struct screen {
    explicit screen(bool interactive, cli::console::settings how = {}) : context(in, out, out, interactive, false) {
        how.logs = latchkey::cli::log_files_in(folder.path());
        record.id = policy::run_id(5);
        record.number = 42;
        record.pipeline_name = "deploy\x1b[2J";
        record.attempts.resize(1);
        record.attempts[0].started_at = at(0ms);
        record.attempts[0].ended_at = at(2500ms);
        for (const char* name : {"Build", "Test\nit", "Publish"}) {
            plan.actions.emplace_back();
            plan.actions.back().name = name;
        }
        view.emplace(context, how);
        view->on_plan(record, 1, plan, source);
    }

    void play() {
        event tries = event_of(event_kind::action_started, 1, status::in_progress, 100ms);
        tries.number = 2;
        view->on_event(event_of(event_kind::attempt_started, -1, status::in_progress, 0ms));
        view->on_event(event_of(event_kind::warning, -1, status::in_progress, 0ms, "images are not used\x07"));
        view->on_event(event_of(event_kind::action_started, 0, status::in_progress, 0ms));
        view->on_event(event_of(event_kind::action_started, 1, status::in_progress, 0ms));
        view->on_event(event_of(event_kind::action_retrying, 1, status::failed, 90ms, "exit code 1"));
        view->on_event(tries);
        view->on_event(event_of(event_kind::action_ended, 0, status::successful, 1234ms));
        view->on_event(event_of(event_kind::action_ended, 1, status::failed, 2300ms, "exit code 7"));
        view->on_event(event_of(event_kind::action_ended, 2, status::skipped, 2400ms, "not on this branch"));
        record.attempts[0].error = "the action \"Test it\" failed";
    }

    run::finished_attempt ended(run::outcome o) {
        run::finished_attempt f;
        f.outcome = o;
        f.run = record;
        return f;
    }

    test::temp_dir folder;
    std::istringstream in;
    std::ostringstream out;
    cli::context context;
    store::run_record record;
    pipelines::plan plan;
    pipelines::source source{"buddy.yml", ""};
    std::optional<cli::console> view;
};

// Control characters made visible, so that a golden text shows them.
std::string visible(const std::string& text) {
    std::string shown;
    for (const char c : text) {
        if (c == '\r')
            shown += "<CR>";
        else if (c == '\x1b')
            shown += "<ESC>";
        else
            shown.push_back(c);
    }
    return shown;
}

}  // namespace

TEST_SUITE("cli.console") {
    TEST_CASE("a pipe: plain lines, the failed action's last lines, and what to do next") {
        screen s(false);
        std::string log;
        for (int i = 1; i <= 25; ++i) log += "line " + std::to_string(i) + "\n";
        test::write_file(log::log_path(s.folder.path(), 5, 1, 1), log + "\x1b[31mred");
        s.play();
        CHECK_EQ(s.view->finish(s.ended(run::outcome::failed)), cli::exit_run_failed);
        CHECK_GOLDEN("runner/cli/golden/console_pipe.txt", visible(s.out.str()));
        CHECK_EQ(s.out.str().find('\x1b'), std::string::npos);
        CHECK_EQ(s.out.str().find('\r'), std::string::npos);
    }

    TEST_CASE("a terminal: one progress line, drawn anew, and nothing of it left at the end") {
        screen s(true);
        s.play();
        CHECK_EQ(s.view->finish(s.ended(run::outcome::succeeded)), cli::exit_success);
        CHECK_GOLDEN("runner/cli/golden/console_terminal.txt", visible(s.out.str()));
        const std::string all = s.out.str();
        CHECK(all.substr(all.rfind("\033[K") + 3).find("…") == std::string::npos);
    }

    TEST_CASE("a terminal: a progress line is never wider than the screen") {
        screen s(true);
        for (int i = 0; i < 40; ++i) {
            s.plan.actions.emplace_back();
            s.plan.actions.back().name = "日本語の名前";
        }
        s.view.emplace(s.context, cli::console::settings{});
        s.view->on_plan(s.record, 1, s.plan, s.source);
        s.out.str("");
        for (int i = 3; i < 43; ++i)
            s.view->on_event(event_of(event_kind::action_started, i, status::in_progress, 0ms));
        const std::string all = s.out.str();
        const std::string last = all.substr(all.rfind('\r') + 1);
        CHECK(last.find("…") != std::string::npos);
        CHECK(last.size() < 80 * 2);  // two cells and three bytes a character
    }

    TEST_CASE("each outcome has its exit code") {
        using run::outcome;
        CHECK_EQ(cli::exit_code_of(outcome::succeeded), 0);
        CHECK_EQ(cli::exit_code_of(outcome::skipped), 0);
        CHECK_EQ(cli::exit_code_of(outcome::failed), 1);
        CHECK_EQ(cli::exit_code_of(outcome::invalid), 3);
        CHECK_EQ(cli::exit_code_of(outcome::denied), 4);
        CHECK_EQ(cli::exit_code_of(outcome::cancelled), 130);
    }

    TEST_CASE("output: all of a log, and the next line starts a line of its own") {
        screen s(false, {.show_output = true});
        test::write_file(log::log_path(s.folder.path(), 5, 1, 0), "one\ntwo without an end");
        s.view->on_event(event_of(event_kind::action_ended, 0, status::successful, 10ms));
        CHECK(s.out.str().ends_with("one\ntwo without an end\n  ✓ Build\n"));
    }

    TEST_CASE("json: each line is a document, bytes that are no UTF-8 are replaced") {
        screen s(false, {.json = true});
        s.play();
        s.view->on_event(event_of(event_kind::warning, -1, status::in_progress, 0ms, "\xff\"\n"));
        CHECK_EQ(s.view->finish(s.ended(run::outcome::failed)), cli::exit_run_failed);
        CHECK_GOLDEN("runner/cli/golden/console_json.txt", s.out.str());
    }
}
