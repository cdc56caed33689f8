// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/console.hpp"

#include "pipelines/characters.hpp"
#include "runner/cli/json.hpp"
#include "runner/run/report.hpp"

#include <ostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace latchkey::cli {

namespace {

constexpr std::size_t lines_of_a_failure = 20;

std::size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

// At most `width` cells of the screen; what is cut ends in an ellipsis.
std::string shortened(std::string_view text, std::size_t width) {
    std::size_t cells = 0;
    for (std::size_t i = 0; i < text.size();) {
        const pipelines::character c = pipelines::decode(text.substr(i));
        cells += c.valid ? pipelines::width_of(c.code) : 1;
        if (cells >= width) return std::string(text.substr(0, i)) + "…";
        i += c.length;
    }
    return std::string(text);
}

}  // namespace

std::string_view words_for(run::status s) {
    switch (s) {
        case run::status::initial:
        case run::status::enqueued:
            return "waiting";
        case run::status::in_progress:
            return "running";
        case run::status::successful:
            return "succeeded";
        case run::status::failed:
            return "failed";
        case run::status::terminated:
            return "cancelled";
        case run::status::skipped:
            return "skipped";
        case run::status::waiting_for_apply:
            return "waiting for an approval";
        case run::status::waiting_for_variables:
            return "waiting for variables";
        case run::status::waiting_for_permission:
            return "waiting for a permission";
        case run::status::not_executed:
            return "not executed";
        case run::status::terminating:
            return "being cancelled";
    }
    return "unknown";
}

int exit_code_of(run::outcome o) {
    switch (o) {
        case run::outcome::succeeded:
        case run::outcome::skipped:
            return exit_success;
        case run::outcome::failed:
            return exit_run_failed;
        case run::outcome::denied:
            return exit_missing_permissions;
        case run::outcome::cancelled:
            return exit_cancelled;
        case run::outcome::invalid:
            return exit_invalid;
    }
    return exit_infrastructure;
}

console::console(context& c, settings s) : context_(c), settings_(std::move(s)) {}

void console::on_plan(const store::run_record& run, int attempt, const pipelines::plan& plan,
                      const pipelines::source&) {
    std::vector<std::string> names;
    names.reserve(plan.actions.size());
    for (const pipelines::planned_action& p : plan.actions) names.push_back(p.name);
    begin(run, attempt, std::move(names));
}

void console::begin(const store::run_record& run, int attempt, std::vector<std::string> actions) {
    run_ = run;
    attempt_ = attempt;
    names_ = std::move(actions);
    if (settings_.json) {
        context_.out << json_of_plan_start(run, attempt, names_) << "\n" << std::flush;
        return;
    }
    line(context_.bold(plain(run.pipeline_name) + " #" + std::to_string(run.number)) +
         (attempt > 1 ? ", attempt " + std::to_string(attempt) : "") + ": " + std::to_string(names_.size()) +
         (names_.size() == 1 ? " action" : " actions"));
}

std::string console::name_of(std::int32_t action) const {
    const auto index = static_cast<std::size_t>(action);
    return action >= 0 && index < names_.size() ? plain(names_[index]) : "?";
}

void console::on_event(const run::event& e) {
    if (settings_.json) {
        context_.out << json_of_event(e, names_) << "\n" << std::flush;  // a reader may act on it
        return;
    }
    switch (e.kind) {
        case run::event_kind::action_started:
            started_[e.action] = e.at;
            running_.insert(e.action);
            if (!context_.interactive)
                line("  ▸ " + name_of(e.action) + (e.number > 1 ? "  (try " + std::to_string(e.number) + ")" : ""));
            break;
        case run::event_kind::action_retrying:
            line("  ↻ " + name_of(e.action) + "  " + plain(e.text) + ": will be tried again");
            break;
        case run::event_kind::action_ended:
            action_ended(e);
            break;
        case run::event_kind::warning:
            line("  " + context_.bold("!") + " " + plain_lines(e.text));
            break;
        case run::event_kind::cancel_requested:
            line("  cancelling (" + plain(e.text) + ") …");
            break;
        case run::event_kind::waiting:
            line(plain_lines(e.text) + (e.action < 0 ? "waiting until somebody grants it (Ctrl-C gives up) …" : ""));
            break;
        case run::event_kind::answered:
            if (!e.text.empty()) line(plain(e.text));
            break;
        case run::event_kind::tests_read:
            tests_[e.action] = e.text;
            break;
        case run::event_kind::variable_passed:
        case run::event_kind::attempt_created:
        case run::event_kind::denied:
        case run::event_kind::missing:
        case run::event_kind::attempt_started:
        case run::event_kind::attempt_ended:
            break;
    }
    if (context_.interactive)
        draw_progress();
    else
        context_.out.flush();  // a pipe shows it when it happens
}

void console::action_ended(const run::event& e) {
    running_.erase(e.action);
    ++ended_;
    const auto began = started_.find(e.action);
    const std::string time = began == started_.end() ? "" : context_.dim("  " + duration_text(e.at - began->second));
    if (began != started_.end()) started_.erase(began);
    const std::string name = name_of(e.action);
    if (settings_.show_output) print_log(e.action, 0);
    switch (e.status) {
        case run::status::successful:
            line("  " + context_.green("✓") + " " + name + time);
            break;
        case run::status::skipped:
            line("  – " + name + context_.dim("  skipped: " + plain(e.text)));
            break;
        default:
            if (failed_ < 0 && e.status == run::status::failed) failed_ = e.action;
            line("  " + context_.red("✗") + " " + name + "  " + plain_lines(e.text) + time);
    }
}

void console::line(const std::string& text) {
    erase_progress();
    context_.out << text << "\n";
}

void console::draw_progress() {
    erase_progress();
    if (running_.empty()) {
        context_.out.flush();
        return;
    }
    std::string now = "  " + std::to_string(ended_) + "/" + std::to_string(names_.size()) + "  ";
    for (const std::int32_t action : running_) now += (action == *running_.begin() ? "" : ", ") + name_of(action);
    context_.out << "\r" << shortened(now + " …", terminal_width() - 1) << "\033[K" << std::flush;
    progress_shown_ = true;
}

void console::erase_progress() {
    if (progress_shown_) context_.out << "\r\033[K";
    progress_shown_ = false;
}

void console::print_log(std::int32_t action, std::size_t last_lines) {
    erase_progress();
    if (last_lines > 0) {
        const auto tail = settings_.logs->tail(run_, attempt_, action, last_lines);
        if (!tail) return;  // it never started, or printed nothing
        if (tail->lines_before > 0)
            context_.out << context_.dim("    (" + std::to_string(tail->lines_before) + " lines before)") << "\n";
        if (tail->cut) context_.out << context_.dim("    (cut: `latchkey logs` shows all of it)") << "\n";
        for (std::string_view rest = tail->text; !rest.empty();) {
            const std::size_t end = rest.find('\n');
            context_.out << "    " << plain(rest.substr(0, end)) << "\n";
            rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        }
        return;
    }
    bool in_line = false;
    settings_.logs->whole(run_, attempt_, action, [&](std::string_view text) {
        if (context_.interactive)
            context_.out << plain_lines(text);
        else
            context_.out << text;
        in_line = !text.ends_with('\n');
    });
    if (in_line) context_.out << "\n";
}

// What the tests of each action said, and the first that failed.
void console::show_tests() {
    for (const auto& [action, text] : tests_) {
        std::string_view rest = text;
        for (bool first = true; !rest.empty(); first = false) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            const std::string cell = plain(rest.substr(0, end));
            context_.out << (first ? "  " + name_of(action) + ": " + cell : "    " + cell) << "\n";
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
}

int console::finish(const run::finished_attempt& f) {
    const int code = exit_code_of(f.outcome);
    if (settings_.json) {
        context_.out << json_of_outcome(f, code) << "\n" << std::flush;
        return code;
    }
    erase_progress();
    if (f.outcome == run::outcome::invalid) {
        context_.err << f.report;
        return code;
    }
    show_tests();
    const store::attempt_record& attempt = f.run.attempts.back();
    const std::string name = plain(f.run.pipeline_name) + " #" + std::to_string(f.run.number);
    const std::string number = std::to_string(f.run.number);
    const std::string time =
        attempt.started_at && attempt.ended_at ? " in " + duration_text(*attempt.ended_at - *attempt.started_at) : "";
    switch (f.outcome) {
        case run::outcome::denied:
            context_.out << context_.red(run::headline_of(f.run.pipeline_name, f.run.number)) << "\n\n"
                         << plain_lines(f.report);
            break;
        case run::outcome::succeeded:
            context_.out << context_.green("✓") << " " << context_.bold(name) << " succeeded" << time << "\n";
            break;
        case run::outcome::skipped:
            context_.out << "– " << name << " was skipped: " << plain(f.report) << "\n";
            break;
        case run::outcome::cancelled:
            context_.out << context_.red("✗") << " " << context_.bold(name) << " was cancelled" << time << "\n";
            break;
        case run::outcome::failed:
            if (failed_ >= 0 && !settings_.show_output) print_log(failed_, lines_of_a_failure);
            context_.out << context_.red("✗") << " " << context_.bold(name) << " failed" << time << ": "
                         << plain_lines(attempt.error) << "\n"
                         << aligned({{"log", "latchkey logs " + number}, {"again", "latchkey retry " + number}},
                                    "  ");
            break;
        case run::outcome::invalid:
            break;
    }
    context_.out.flush();
    return code;
}

}  // namespace latchkey::cli
