// SPDX-License-Identifier: Apache-2.0
#include "runner/run/run_driver.hpp"

#include "pipelines/catalogue.hpp"
#include "runner/async/offload.hpp"
#include "runner/run/action_request.hpp"
#include "runner/run/container_request.hpp"
#include "runner/run/report.hpp"
#include "runner/run/variable_files.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <cstring>

namespace latchkey::run {

namespace {

constexpr std::size_t read_size = 256UL * 1024;

std::string signal_text(int number) {
    const char* name = ::sigabbrev_np(number);
    return name != nullptr ? "was ended by SIG" + std::string(name) : "was ended by signal " + std::to_string(number);
}

}  // namespace

// One try of one action, while it runs.
struct run_driver::running {
    std::uint32_t action = 0;
    std::unique_ptr<exec::execution> execution;
    std::unique_ptr<log::masker_stream> masker;
    log::log_writer* log = nullptr;
    std::optional<failure> log_failure;
    end_reason stopped = end_reason::none;  // why we asked it to end
    bool over = false;                      // it has ended: nothing is left to stop
    boost::asio::steady_timer kill_at;
    async::task_group helpers;
    boost::asio::cancellation_signal starting;  // ends a start that takes long: an image that is pulled

    void say(const std::string& line) {
        if (log_failure) return;
        if (auto written = log->write(masker->feed(line + "\n")); !written) log_failure = written.error();
    }
    explicit running(const boost::asio::any_io_executor& ex) : kill_at(ex), helpers(ex) {}
};

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
        failed_action_ = context_.plan.actions[action].name;
    journal_.push(std::move(e));
    if (run::ended(fsm_.status_of(action))) logs_.erase(action);
    perform();
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
    running_[action] = &r;
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

// Starts the action and its helpers. Where it can't be started, says why, and there is no execution.
async::task<std::string> run_driver::execute(std::uint32_t action, running& r) {
    const pipelines::action& definition = *context_.plan.actions[action].definition;
    const pipelines::action_type* type = pipelines::find_action_type(definition.type.value);
    if (type == nullptr || type->execution == pipelines::execution_kind::unsupported)
        co_return "this version can't run actions of the type " + definition.type.value;

    // A deployment must not be forgotten: neither that one begins nor that one has ended.
    if (uses_integrations_[action] || unrecorded_) {
        unrecorded_ = uses_integrations_[action];
        if (auto written = co_await journal_.flush(); !written)
            co_return "can't record that it starts: " + written.error().what;
    }
    access::delivery delivery;
    if (uses_integrations_[action]) {
        auto delivered = co_await deliver(action);
        if (!delivered) co_return delivered.error().what;
        if (!delivered->denied.empty()) {
            r.stopped = end_reason::refused;
            co_return report_of(delivered->denied, options_.grant_command);
        }
        delivery = std::move(*delivered);
        maskers_.learn(delivery.secrets);
    }
    auto placed = files_of_variables(context_.plan, action, context_.supplied);
    if (!placed) co_return placed.error().what;
    for (placed_file& p : *placed) {
        if (p.secret) maskers_.learn(p.file.content);
        delivery.secrets.files.push_back(std::move(p.file));
    }
    auto masker = co_await maskers_.for_action(action);
    if (!masker) co_return masker.error().what;
    r.masker = std::make_unique<log::masker_stream>(*masker);

    auto at = logs_.find(action);
    if (at == logs_.end()) {
        auto made = log::log_writer::create(
            log::log_path(options_.logs, context_.run.value(), context_.attempt, static_cast<int>(action)));
        if (!made) co_return made.error().what;
        at = logs_.emplace(action, std::move(*made)).first;
    }
    r.log = &at->second;
    // It was cancelled while its secrets were being opened.
    if (r.stopped != end_reason::none) co_return "was cancelled before it started";

    exec::request request = request_for(context_.plan, action, context_.supplied, delivery.secrets,
                                        options_.base_environment, options_.workspace);
    if (!failed_action_.empty()) request.environment.emplace_back("BUDDY_FAILED_ACTION_NAME", failed_action_);
    if (options_.containers) {
        auto container = container_for(context_.plan, action, delivery.secrets, context_.supplied,
                                       {options_.workspace, options_.caches});
        if (!container) co_return container.error().what;
        request.container = std::move(*container);
    }
    request.say = [&r](const std::string& line) { r.say(line); };
    auto started = co_await start(r, std::move(request));
    if (!started) co_return started.error().what;
    r.execution = std::move(*started);
    r.helpers.spawn(carry_output(r));
    if (definition.timeout > 0) r.helpers.spawn(limit_time(r, std::chrono::seconds(definition.timeout)));
    if (r.stopped != end_reason::none) r.execution->terminate();
    co_return std::string();
}

// A cancel ends it, and nothing of it is left.
async::task<result<std::unique_ptr<exec::execution>>> run_driver::start(running& r, exec::request request) {
    co_return co_await boost::asio::co_spawn(
        executor_, backend_.start(std::move(request)),
        boost::asio::bind_cancellation_slot(r.starting.slot(), boost::asio::use_awaitable));
}

async::task<> run_driver::carry_output(running& r) {
    std::unique_ptr<char[]> buffer;
    if (buffers_.empty()) {
        buffer = std::make_unique_for_overwrite<char[]>(read_size);
    } else {
        buffer = std::move(buffers_.back());
        buffers_.pop_back();
    }
    for (;;) {
        const auto n = co_await r.execution->read(boost::asio::buffer(buffer.get(), read_size));
        if (!n || *n == 0) break;
        // A log that can't be written does not stop the action; it is said at its end.
        const auto masked = r.masker->feed({buffer.get(), *n});
        if (!r.log_failure)
            if (auto written = r.log->write(masked); !written) r.log_failure = written.error();
    }
    buffers_.push_back(std::move(buffer));
}

// Asks the action to end when the time is over, and kills it when it does not. Also after a cancel.
async::task<> run_driver::limit_time(running& r, std::chrono::milliseconds limit) {
    r.kill_at.expires_after(limit);
    const auto [ended_before] = co_await r.kill_at.async_wait(async::nothrow);
    if (ended_before) co_return;
    if (r.stopped == end_reason::none) {
        r.stopped = end_reason::timed_out;
        r.execution->terminate();
        r.kill_at.expires_after(options_.grace);
        const auto [ended_then] = co_await r.kill_at.async_wait(async::nothrow);
        if (ended_then) co_return;
    }
    r.execution->kill();
}

void run_driver::stop(running& r, end_reason why) {
    if (r.over) return;
    if (r.stopped == end_reason::none) r.stopped = why;
    if (!r.execution) {
        // execute() looks at `stopped` before and after the start.
        r.starting.emit(boost::asio::cancellation_type::terminal);
        return;
    }
    r.execution->terminate();
    r.kill_at.cancel();  // its own limit no longer counts
    r.helpers.spawn(limit_time(r, options_.grace));
}

async::task<result<access::delivery>> run_driver::deliver(std::uint32_t action) {
    auto ask = [this, action] { return access_.deliver(context_.plan, context_.source, action); };
    co_return co_await async::offload(pool_, std::move(ask));
}

}  // namespace latchkey::run
