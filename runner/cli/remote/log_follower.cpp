// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/remote/log_follower.hpp"

#include "runner/cli/remote/run_view.hpp"

#include <ostream>

namespace latchkey::cli::remote {

log_follower::log_follower(place& p, std::string path, std::vector<std::string> names, std::string only)
    : place_(p), path_(std::move(path)), names_(std::move(names)), only_(std::move(only)) {}

log_follower::~log_follower() {
    {
        const std::lock_guard lock(mutex_);
        for (auto& [action, r] : readings_) r.ended = true;
    }
    readings_.clear();  // joins
}

result<void> log_follower::follow(int attempt) {
    std::optional<failure> wrong;
    const auto tell = [&](const client::server_event& e) {
        auto data = client::json_from(e.data, place_.api().where().host);
        if (!data) return true;
        if (number_in(*data, "attempt") != attempt) return false;
        const auto event = event_of(*data);
        if (!event || event->action < 0 || static_cast<std::size_t>(event->action) >= names_.size()) return true;
        const auto action = static_cast<std::size_t>(event->action);
        if (!only_.empty() && names_[action] != only_) return true;
        if (event->kind == run::event_kind::action_started) start(action);
        if (event->kind == run::event_kind::action_ended) end(action);
        return true;
    };
    auto done = place_.api().follow(own(path_) + "/events", std::to_string(attempt) + ".0", tell, {});
    if (!done) return done.error();
    std::vector<std::size_t> open;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [action, r] : readings_) open.push_back(action);
    }
    for (const std::size_t action : open) end(action);
    if (in_line_) place_.c().out << "\n";
    return {};
}

void log_follower::start(std::size_t action) {
    const auto now = place_.api().get(path_);
    if (!now) return;
    const auto& all = list_in(*now, "action_executions");
    if (action >= all.size()) return;
    const std::lock_guard lock(mutex_);
    reading& r = readings_[action];
    if (r.reader.joinable()) return;  // another try of it: its log goes on
    r.action_path = path_ + "/action_executions/" + client::in_path(text_in(all[action], "action_execution_id"));
    if (!text_in(all[action], "finish_date").empty()) return;  // end() is told soon, and reads all of it
    r.reader = std::jthread([this, action, &r] { read(action, r); });
}

void log_follower::read(std::size_t action, reading& r) {
    const auto tell = [&](const client::server_event& e) {
        const auto data = client::json_from(e.data, "the server");
        const std::string text = data ? text_in(*data, "text") : "";
        const std::lock_guard lock(mutex_);
        if (r.ended) return false;
        count(r, text);
        print(action, text);
        return true;
    };
    const auto go_on = [&] {
        const std::lock_guard lock(mutex_);
        return !r.ended;
    };
    // What is left when it ends, or where this fails, is read by end().
    (void)place_.api().follow(own(r.action_path) + "/log", "", tell, go_on);
}

void log_follower::count(reading& r, std::string_view text) {
    for (std::size_t at = 0; (at = text.find('\n')) != std::string_view::npos; text.remove_prefix(at + 1)) {
        ++r.lines;
        r.in_line = 0;
    }
    r.in_line += text.size();
}

void log_follower::end(std::size_t action) {
    std::jthread reader;
    reading* r = nullptr;
    {
        const std::lock_guard lock(mutex_);
        const auto at = readings_.find(action);
        if (at == readings_.end()) return;
        r = &at->second;
        r->ended = true;
        reader = std::move(r->reader);
    }
    if (reader.joinable()) reader.join();
    std::size_t skip = r->in_line;
    const auto piece = [&](std::string_view text) {
        const std::lock_guard lock(mutex_);
        text.remove_prefix(std::min(skip, text.size()));
        skip = 0;
        print(action, text);
    };
    (void)read_log_lines(place_, r->action_path, r->lines, piece);
    const std::lock_guard lock(mutex_);
    readings_.erase(action);
}

void log_follower::print(std::size_t action, std::string_view text) {
    if (text.empty()) return;
    context& c = place_.c();
    if (shown_ != action) {
        if (in_line_) c.out << "\n";
        if (only_.empty()) c.out << c.bold("── " + plain(names_[action])) << "\n";
        shown_ = action;
    }
    if (c.interactive)
        c.out << plain_lines(text);
    else
        c.out << text;
    c.out.flush();
    in_line_ = !text.ends_with('\n');
}

}  // namespace latchkey::cli::remote
