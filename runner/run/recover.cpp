// SPDX-License-Identifier: Apache-2.0
//
// Attempts that nobody executes (any more): those that wait for their turn, those that are cancelled from elsewhere,
// and those whose executor died.
#include "runner/run/executor_lock.hpp"
#include "runner/run/service.hpp"

#include <algorithm>
#include <map>

namespace latchkey::run {

namespace {

// A run that was just made may not have its lock yet.
constexpr std::chrono::seconds time_to_take_the_lock{5};

run::status last_status(const store::run_record& run) {
    return run.attempts.back().status;
}

bool has_begun(const std::vector<event>& events) {
    return std::ranges::any_of(events, [](const event& e) {
        return e.kind == event_kind::attempt_started || e.kind == event_kind::attempt_ended || e.action >= 0;
    });
}

}  // namespace

result<std::int64_t> service::not_begun(const store::run_record& run) const {
    const store::attempt_record& attempt = run.attempts.back();
    const std::string name = run.pipeline_name + " #" + std::to_string(run.number);
    if (run::ended(attempt.status)) return failure(errc::conflict, name + " has ended already");
    auto events = around_.store.events(run.id, attempt.number, 0);
    if (!events) return events.error();
    if (has_begun(*events)) return failure(errc::conflict, name + " has begun already");
    return static_cast<std::int64_t>(events->size());
}

result<void> service::end_attempt(const store::run_record& run, status how, const std::string& why) {
    auto events = around_.store.events(run.id, run.attempts.back().number, 0);
    if (!events) return events.error();
    event e;
    e.sequence = static_cast<std::int64_t>(events->size()) + 1;
    e.at = around_.clock();
    e.kind = event_kind::attempt_ended;
    e.status = how;
    e.text = why;
    return around_.store.append_events(run.id, run.attempts.back().number, {&e, 1});
}

result<void> service::end_waiting(policy::run_id id, status how, const std::string& why) {
    // Whoever has the lock executes it.
    const auto lock = executor_lock::take(folder_of(id), around_.executor_mark);
    if (!lock) return lock.error();
    auto run = around_.store.run(id);
    if (!run) return run.error();
    if (auto open = not_begun(*run); !open) return open.error();
    return end_attempt(*run, how, why);
}

result<std::vector<store::run_record>> service::waiting() {
    auto runs = around_.store.unfinished_runs();
    if (!runs) return runs.error();
    std::erase_if(*runs, [&](const store::run_record& r) { return !not_begun(r); });
    std::ranges::sort(*runs, {}, &store::run_record::id);
    return runs;
}

void service::cancel_all(const std::string& by_whom) {
    const std::lock_guard lock(mutex_);
    for (const auto& [run, off] : here_) off->cancel(by_whom);
}

bool service::cancel_here(policy::run_id run, const std::string& by_whom) {
    const std::lock_guard lock(mutex_);
    const auto here = here_.find(run);
    if (here == here_.end()) return false;
    here->second->cancel(by_whom);
    return true;
}

result<void> service::cancel(const store::run_record& run, policy::user_id actor) {
    if (run::ended(last_status(run)))
        return failure(errc::conflict, run.pipeline_name + " #" + std::to_string(run.number) + " has ended already");
    if (auto stopped = stop(run, actor); !stopped) return stopped;
    return around_.store.audit(policy::audit_kind::run_cancelled, actor, {{"run", std::to_string(run.id.value())}},
                               around_.clock());
}

result<void> service::stop(const store::run_record& run, policy::user_id actor) {
    auto user = around_.store.user(actor);
    if (!user) return user.error();
    if (cancel_here(run.id, user->email)) return {};
    if (around_.shared) {
        auto ended = end_waiting(run.id, status::terminated, "cancelled by " + user->email + " before it began");
        // Whoever began it in between may be asked once more.
        return ended || ended.error().code != errc::conflict
                   ? ended
                   : failure(errc::conflict, run.pipeline_name + " #" + std::to_string(run.number) +
                                                 " is about to begin or to end: try again");
    }
    auto asked = ask_executor_to_stop(folder_of(run.id));
    if (asked || asked.error().code != errc::not_found) return asked;
    auto recovered = recover_one(run);
    if (!recovered) return recovered.error();
    if (*recovered == 0)
        return failure(errc::conflict, "the process that executes this run can't be reached from here");
    return {};
}

result<int> service::recover() {
    auto runs = around_.store.unfinished_runs();
    if (!runs) return runs.error();
    int count = 0;
    for (const store::run_record& run : *runs) {
        auto one = recover_one(run);
        if (!one) return one.error();
        count += *one;
    }
    return count;
}

result<int> service::recover_one(const store::run_record& run) {
    const store::attempt_record& attempt = run.attempts.back();
    if (run::ended(attempt.status)) return 0;
    if (around_.shared && not_begun(run)) return 0;
    // An executor that had its lock and has it no more is dead. Without a lock there is one that is only beginning.
    const bool had_a_lock = executor_lock::exists(folder_of(run.id));
    if (!had_a_lock && around_.clock() - attempt.created_at < time_to_take_the_lock) return 0;
    const std::string mark = executor_lock::mark_in(folder_of(run.id));
    const auto lock = executor_lock::take(folder_of(run.id), around_.executor_mark);
    if (!lock) return lock.error().code == errc::conflict ? result<int>(0) : lock.error();
    // Before anybody can run it again.
    if (around_.kill_left_by && !mark.empty() && mark != around_.executor_mark)
        if (auto killed = around_.kill_left_by(mark); !killed) return killed.error();
    auto events = around_.store.events(run.id, attempt.number, 0);
    if (!events) return events.error();
    // Now that nobody else can write: what was running is lost, and the attempt has failed.
    std::map<std::int32_t, bool> running;
    for (const event& e : *events) {
        if (e.kind == event_kind::action_started) running[e.action] = true;
        if (e.kind == event_kind::action_ended) running[e.action] = false;
        if (e.kind == event_kind::attempt_ended) return 0;
    }
    std::vector<event> last;
    const auto add = [&](event_kind kind, std::int32_t action, end_reason reason, std::string text) {
        event e;
        e.sequence = static_cast<std::int64_t>(events->size() + last.size()) + 1;
        e.at = around_.clock();
        e.kind = kind;
        e.status = status::failed;
        e.action = action;
        e.reason = reason;
        e.text = std::move(text);
        last.push_back(std::move(e));
    };
    for (const auto& [action, is_running] : running)
        if (is_running) add(event_kind::action_ended, action, end_reason::lost, "its executor died");
    add(event_kind::attempt_ended, -1, end_reason::lost, "its executor died");
    if (auto written = around_.store.append_events(run.id, attempt.number, last); !written) return written.error();
    return 1;
}

}  // namespace latchkey::run
