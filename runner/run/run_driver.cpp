// SPDX-License-Identifier: Apache-2.0
#include "runner/run/run_driver.hpp"

#include "runner/log/log_reader.hpp"
#include "runner/run/report.hpp"
#include "runner/run/running_action.hpp"

#include <csignal>
#include <cstring>

namespace latchkey::run {

namespace {

// Of the action that failed, for a message about it.
constexpr std::uint64_t lines_of_failure = 100;
constexpr std::size_t bytes_of_failure = 16UL * 1024;

std::string signal_text(int number) {
    const char* name = ::sigabbrev_np(number);
    return name != nullptr ? "was ended by SIG" + std::string(name) : "was ended by signal " + std::to_string(number);
}

}  // namespace

run_driver::run_driver(const boost::asio::any_io_executor& executor, boost::asio::thread_pool& pool,
                       exec::backend& backend, access& a, journal& j, attempt_context context, driver_options options)
    : executor_(executor),
      pool_(pool),
      backend_(backend),
      access_(a),
      journal_(j),
      context_(std::move(context)),
      options_(std::move(options)),
      fsm_(shape_of(context_, options_.jobs)),
      tasks_(executor),
      finished_(executor),
      uses_integrations_(context_.plan.actions.size()),
      maskers_(pool, context_.plan, context_.supplied, [this](std::string text) { warn(std::move(text)); }) {
    for (const pipelines::integration_use& use : context_.plan.uses) uses_integrations_[use.action] = true;
}

run_driver::~run_driver() = default;

async::task<status> run_driver::run() {
    event started;
    started.kind = event_kind::attempt_started;
    started.status = status::in_progress;
    journal_.push(std::move(started));
    fsm_.begin(commands_);
    perform();
    while (!fsm_.finished()) co_await finished_.wait();
    co_await tasks_.join();

    event e;
    e.kind = event_kind::attempt_ended;
    e.status = end_;
    if (end_ == status::failed) e.text = "the action \"" + failed_action_ + "\" failed";
    if (end_ == status::terminated) e.text = "the run was cancelled";
    journal_.push(std::move(e));
    co_return end_;
}

void run_driver::cancel(const std::string& by_whom) {
    if (fsm_.finished()) return;
    if (++cancels_ == 1) {
        event e;
        e.kind = event_kind::cancel_requested;
        e.text = by_whom;
        journal_.push(std::move(e));
        fsm_.cancel(commands_);
        perform();
        for (auto& [action, timer] : retries_) timer.cancel();
        return;
    }
    fsm_.cancel(commands_);
    perform();
    for (auto& [action, timer] : retries_) timer.cancel();
    for (const auto& [action, r] : running_)
        if (r->execution) r->execution->kill();
}

void run_driver::perform() {
    // What is performed may end at once and add commands: they are seen by the loop that is under way, however many.
    if (performing_) return;
    performing_ = true;
    for (std::size_t i = 0; i < commands_.size(); ++i) {
        const command c = commands_[i];
        switch (c.kind) {
            case command_kind::start:
                tasks_.spawn(run_action(c.action, c.number));
                break;
            case command_kind::retry_in:
                tasks_.spawn(retry_later(c.action, c.number));
                break;
            case command_kind::stop:
                if (const auto at = running_.find(c.action); at != running_.end())
                    stop(*at->second, end_reason::cancelled);
                break;
            case command_kind::finish:
                end_ = c.status;
                finished_.notify();
                break;
        }
    }
    commands_.clear();
    performing_ = false;
}

async::task<> run_driver::retry_later(std::uint32_t action, int seconds) {
    const auto timer = retries_.try_emplace(action, executor_, std::chrono::seconds(seconds)).first;
    co_await timer->second.async_wait(async::nothrow);
    retries_.erase(timer);
    if (run::ended(fsm_.status_of(action))) {
        event e;
        e.kind = event_kind::action_ended;
        e.status = fsm_.status_of(action);
        e.action = static_cast<std::int32_t>(action);
        e.reason = end_reason::cancelled;
        e.text = "was cancelled while it waited to be tried again";
        journal_.push(std::move(e));
        logs_.erase(action);
        co_return;
    }
    fsm_.retry_due(action, commands_);
    perform();
}

void run_driver::warn(std::string text) {
    event e;
    e.kind = event_kind::warning;
    e.text = std::move(text);
    journal_.push(std::move(e));
}

std::string run_driver::why_skipped(std::uint32_t action) const {
    const pipelines::planned_action& p = context_.plan.actions[action];
    if (!p.may_run) return p.skipped_because;
    if (p.definition->conditions.empty()) return {};
    pipelines::condition_facts facts = context_.facts;
    for (const auto* environment : {&context_.plan.environment, &p.environment})
        for (const pipelines::environment_entry& e : *environment) {
            // The action's own, which come last, win.
            facts.secret_variables.erase(e.name);
            facts.variables.erase(e.name);
            if (e.secret)
                facts.secret_variables.insert(e.name);
            else
                facts.variables[e.name] = e.value;
        }
    for (const auto& [name, value] : passed_.plain()) facts.variables[name] = value;
    for (std::uint32_t i = 0; i < context_.plan.actions.size(); ++i)
        if (run::ended(fsm_.status_of(i)))
            facts.action_status[context_.plan.actions[i].definition->name.value] = to_string(fsm_.status_of(i));
    return pipelines::evaluate(p.definition->conditions, facts).why_not;
}

void run_driver::ended(std::uint32_t action, int number, end_reason reason, int code, std::string text,
                       bool success) {
    fsm_.ended(action, success, commands_);
    event e;
    e.action = static_cast<std::int32_t>(action);
    e.status = fsm_.status_of(action);
    e.reason = reason;
    e.text = std::move(text);
    // Still in progress: it will be tried again.
    e.kind = run::ended(e.status) ? event_kind::action_ended : event_kind::action_retrying;
    e.number = run::ended(e.status) ? code : number;
    if (e.status == status::failed && !context_.plan.actions[action].definition->ignore_errors &&
        failed_action_.empty())
        tell_of_failure(action);
    journal_.push(std::move(e));
    // One that tells of a wait may be started again, for another one.
    if (run::ended(fsm_.status_of(action)) &&
        context_.plan.actions[action].definition->trigger_time != pipelines::trigger_time::on_wait_for_approve)
        logs_.erase(action);
    perform();
}

// For the actions that run because of it: its name, and the end of what it printed, which is masked already.
void run_driver::tell_of_failure(std::uint32_t action) {
    failed_action_ = context_.plan.actions[action].name;
    passed_.set("BUDDY_FAILED_ACTION_NAME", failed_action_);
    const auto file = log::log_path(options_.logs, context_.run.value(), context_.attempt, static_cast<int>(action));
    auto log = log::log_reader::open(file);
    if (!log) return;  // it printed nothing
    auto text = log->last_lines(lines_of_failure, bytes_of_failure);
    if (!text) return;
    if (text->size() == bytes_of_failure) text->erase(0, text->find('\n') + 1);  // whole lines
    while (text->ends_with('\n')) text->pop_back();
    std::erase(*text, '\0');
    passed_.set("BUDDY_FAILED_ACTION_LOGS", std::move(*text));
}

async::task<> run_driver::run_action(std::uint32_t action, int number) {
    if (journal_.failed()) {
        // Fails closed: what can't be recorded is not started.
        if (cancels_ == 0) cancel("the store, which takes no more events");
        ended(action, number, end_reason::not_started, 0, "nothing can be recorded any more", false);
        co_return;
    }
    if (number == 1) {
        if (std::string why = why_skipped(action); !why.empty()) {
            event e;
            e.kind = event_kind::action_ended;
            e.status = status::skipped;
            e.action = static_cast<std::int32_t>(action);
            e.text = std::move(why);
            journal_.push(std::move(e));
            fsm_.skipped(action, commands_);
            perform();
            co_return;
        }
    }
    event e;
    e.kind = event_kind::action_started;
    e.status = status::in_progress;
    e.action = static_cast<std::int32_t>(action);
    e.number = number;
    journal_.push(std::move(e));

    running r(executor_);
    r.action = action;
    r.began = std::time(nullptr);
    running_[action] = &r;
    if (is_flow(*context_.plan.actions[action].definition)) {
        co_await run_flow(action, number, r);
        co_return;
    }
    std::string not_started = co_await execute(action, r);
    if (!r.execution) {
        running_.erase(action);
        const end_reason why = r.stopped != end_reason::none ? r.stopped : end_reason::not_started;
        ended(action, number, why, 0, std::move(not_started), false);
        co_return;
    }
    const auto end = co_await r.execution->wait();
    r.over = true;
    r.kill_at.cancel();
    co_await r.helpers.join();
    pass_on(r);
    co_await read_reports(r);
    running_.erase(action);
    if (auto written = r.log->write(r.masker->finish()); !written && !r.log_failure) r.log_failure = written.error();
    if (r.log_failure)
        warn("the log of \"" + context_.plan.actions[action].name + "\" is not whole: " + r.log_failure->what);
    if (!end) {
        ended(action, number, end_reason::lost, 0, end.error().what, false);
    } else if (r.stopped != end_reason::none) {
        const int timeout = context_.plan.actions[action].definition->timeout;
        ended(action, number, r.stopped, end->number,
              r.stopped == end_reason::timed_out ? "took longer than its " + std::to_string(timeout) + " seconds"
                                                 : "was cancelled",
              false);
    } else if (end->signalled) {
        ended(action, number, end_reason::signalled, end->number, signal_text(end->number), false);
    } else {
        ended(action, number, end_reason::exited, end->number,
              end->number == 0 ? "" : "exit code " + std::to_string(end->number), end->number == 0);
    }
}

}  // namespace latchkey::run
