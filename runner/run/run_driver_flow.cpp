// SPDX-License-Identifier: Apache-2.0
//
// Actions that no process performs: they wait for people, end the run early, or run another pipeline.
#include "runner/async/offload.hpp"
#include "runner/run/running_action.hpp"
#include "runner/run/variable_values.hpp"

#include <boost/asio/post.hpp>

#include <sstream>

namespace latchkey::run {

namespace {

// A person needs no faster answer, and a store no more questions.
constexpr std::chrono::milliseconds between_looks{100};

}  // namespace

async::task<> run_driver::run_flow(std::uint32_t action, int number, running& r) {
    flow_end end;
    const pipelines::action& definition = *context_.plan.actions[action].definition;
    if (std::string why_not = co_await open_log(action, r); !why_not.empty()) {
        end.text = std::move(why_not);
    } else if (definition.type.value == "EARLY_EXIT") {
        const auto* reason = pipelines::field_of(definition, "reason");
        const std::string text =
            reason == nullptr ? ""
                              : pipelines::interpolate(reason->text, plain_variables(context_.plan, action, passed_));
        passed_.set("BUDDY_ACTION_EARLY_EXIT_REASON", text);
        r.say(text.empty() ? "the run ends here" : "the run ends here: " + text);
        fsm_.exit_early();
        end.success = true;
    } else if (definition.type.value == "RUN_NEXT_PIPELINE") {
        end = co_await run_pipeline(action, r);
    } else {
        end = co_await ask_people(action, r);
    }
    r.over = true;
    r.kill_at.cancel();
    co_await r.helpers.join();
    running_.erase(action);
    if (r.masker && !r.log_failure)
        if (auto written = r.log->write(r.masker->finish()); !written) r.log_failure = written.error();
    if (r.stopped == end_reason::timed_out)
        end = {false, "took longer than its " + std::to_string(definition.timeout) + " seconds"};
    if (r.stopped == end_reason::cancelled) end = {false, "was cancelled"};
    const end_reason why = r.stopped != end_reason::none ? r.stopped : end_reason::exited;
    ended(action, number, why, 0, std::move(end.text), end.success);
}

async::task<run_driver::flow_end> run_driver::ask_people(std::uint32_t action, running& r) {
    const pipelines::planned_action& p = context_.plan.actions[action];
    auto q = question_of(*p.definition, p.name, plain_variables(context_.plan, action, passed_));
    if (!q) co_return flow_end{false, q.error().what};

    // What was given to the run beforehand answers it, unless that is not for everybody who may start the run.
    if (is_approval(*p.definition)) {
        put_forward(*q, {context_.parameters.begin(), context_.parameters.end()});
    } else if (!q->variables.empty()) {
        answer given;
        given.accepted = true;
        for (const asked_variable& v : q->variables)
            if (const auto secret = context_.supplied.find(v.name); secret != context_.supplied.end() && v.secret)
                given.secrets.emplace(v.name, vault::secret(std::string(secret->second.reveal())));
            else if (const auto parameter = context_.parameters.find(v.name);
                     parameter != context_.parameters.end() && !v.secret)
                given.variables.emplace_back(v.name, parameter->second);
        if (given.variables.size() + given.secrets.size() == q->variables.size()) {
            if (auto good = complete(*q, given); !good) co_return flow_end{false, good.error().what};
            r.say("its values were given to the run");
            take(action, std::move(given));
            co_return flow_end{true, ""};
        }
    }

    ++waiting_;
    event e;
    e.kind = event_kind::waiting;
    e.action = static_cast<std::int32_t>(action);
    e.status = q->variables.empty() ? status::waiting_for_apply : status::waiting_for_variables;
    e.text = "\"" + p.name + "\" waits for " + (q->variables.empty() ? "an approval" : "values");
    if (!q->comment.empty()) e.text += ": " + q->comment;
    e.text += "\n";
    for (const asked_variable& v : q->variables) {
        e.text += "  " + v.name;
        if (v.secret) e.text += " (secret)";
        for (std::size_t i = 0; i < v.choices.size(); ++i) e.text += (i == 0 ? ": " : ", ") + v.choices[i];
        if (!v.suggestion.empty()) e.text += " [" + v.suggestion + "]";
        e.text += "\n";
    }
    if (!options_.answer_command.empty()) e.text += "  answer  " + options_.answer_command + "\n";
    journal_.push(std::move(e));
    if (q->variables.empty()) {
        fsm_.waits(commands_);
        perform();
    }

    std::optional<answer> got;
    std::string why_not;
    while (!got && why_not.empty() && r.stopped == end_reason::none) {
        if (options_.answer_here) got = options_.answer_here(action, *q);
        if (!got && options_.answer_in_store) {
            auto look = [this, action, &q] { return options_.answer_in_store(action, *q); };
            auto found = co_await async::offload(pool_, std::move(look));
            if (!found)
                why_not = "its answer can't be read: " + found.error().what;
            else if (*found)
                got = std::move(**found);
        }
        if (got || !why_not.empty()) break;
        r.kill_at.expires_after(between_looks);
        co_await r.kill_at.async_wait(async::nothrow);
    }
    --waiting_;
    event told;
    told.kind = event_kind::answered;
    told.action = static_cast<std::int32_t>(action);
    told.status = waiting_ > 0 ? status::waiting_for_apply : status::in_progress;
    if (got) {
        told.text = (got->accepted ? "approved by " : "declined by ") + got->by;
        r.say(told.text);
    }
    journal_.push(std::move(told));
    if (!got) co_return flow_end{false, why_not};
    if (!got->accepted) co_return flow_end{false, "was declined by " + got->by};
    if (auto good = complete(*q, *got); !good) co_return flow_end{false, good.error().what};
    take(action, std::move(*got));
    co_return flow_end{true, ""};
}

// For the actions after it; on record for a retry, but for secrets.
void run_driver::take(std::uint32_t action, answer a) {
    const auto record = [&](std::string text) {
        event e;
        e.kind = event_kind::variable_passed;
        e.action = static_cast<std::int32_t>(action);
        e.text = std::move(text);
        journal_.push(std::move(e));
    };
    for (auto& [name, value] : a.variables) {
        record(name + "=" + value);
        passed_.set(name, std::move(value));
    }
    for (auto& [name, value] : a.secrets) {
        record(name);
        maskers_.learn(value);
        passed_.set_secret(name, std::move(value));
    }
}

async::task<run_driver::flow_end> run_driver::run_pipeline(std::uint32_t action, running& r) {
    const pipelines::planned_action& p = context_.plan.actions[action];
    const auto plain = plain_variables(context_.plan, action, passed_);
    const pipelines::variable_lookup any = [&](std::string_view name) -> std::optional<std::string> {
        if (const auto s = context_.supplied.find(std::string(name)); s != context_.supplied.end())
            return std::string(s->second.reveal());
        if (const auto s = passed_.secrets().find(name); s != passed_.secrets().end())
            return std::string(s->second->reveal());
        return plain(name);
    };
    auto wanted = child_of(*p.definition, options_.project, plain, any);
    if (!wanted) co_return flow_end{false, wanted.error().what};
    if (!options_.run_child) co_return flow_end{false, "nothing here runs other pipelines"};

    // Told from the other thread when its run is there; whoever waits for that is woken on this loop.
    struct shared {
        explicit shared(const boost::asio::any_io_executor& ex) : changed(ex) {}
        cancel_switch off;
        std::string run;
        std::optional<child_end> end;
        async::notification changed;
    };
    auto both = std::make_shared<shared>(executor_);
    const bool wait = wanted->wait;
    const std::string name = wanted->pipeline;
    constexpr auto work = [](run_driver& d, std::shared_ptr<shared> s, child_request child) -> async::task<> {
        // A thread of its own: its loop, and the processes that it starts, live on it.
        boost::asio::thread_pool thread(1);
        auto made = [&d, s](std::string run) {
            boost::asio::post(d.executor_, [s, run = std::move(run)] {
                s->run = run;
                s->changed.notify();
            });
        };
        auto call = [&d, &s, &made, c = std::make_shared<child_request>(std::move(child))] {
            return d.options_.run_child(std::move(*c), made, s->off);
        };
        s->end = co_await async::offload(thread, std::move(call));
        s->changed.notify();
        thread.join();
        if (s->run.empty() || s->end->good) co_return;
        d.warn("the pipeline that was started ended so: " + s->end->text.substr(0, s->end->text.find('\n')));
    };
    // Joined with the run, also where the action does not wait for it.
    tasks_.spawn(work(*this, both, std::move(*wanted)));
    const auto timeout = p.definition->timeout;
    if (timeout > 0) r.helpers.spawn(limit_time(r, std::chrono::seconds(timeout)));
    r.child = &both->off;
    bool told = false;
    while (!both->end && (wait || both->run.empty())) {
        co_await both->changed.wait();
        if (!told && !both->run.empty()) r.say("started " + both->run);
        told = told || !both->run.empty();
    }
    r.child = nullptr;
    if (!told && !both->run.empty()) r.say("started " + both->run);
    if (!both->end) co_return flow_end{true, ""};
    std::istringstream lines(both->end->text);
    for (std::string line; std::getline(lines, line);) r.say(line);
    const std::string first = both->end->text.substr(0, both->end->text.find('\n'));
    co_return flow_end{both->end->good,
                       both->end->good ? "" : (both->run.empty() ? "can't run \"" + name + "\": " + first : first)};
}

}  // namespace latchkey::run
