// SPDX-License-Identifier: Apache-2.0
//
// What a run does next, without doing it: a state machine that is told what happened and says what to do. The same
// events give the same commands, always. It knows no clock, process or store: run_driver performs its commands.
//
// The list's ordinary actions run stage by stage, at most `jobs` at once; one that is in hard parallel with the one
// before starts with it, whatever `jobs` says. The first failure (not ignored) lets what runs end, and what has not
// started is NOT_EXECUTED. Then the closing actions run: on success ON_SUCCESS, ON_BACK_TO_SUCCESS and ON_WARNING, on
// failure ON_FAILURE, after a cancel ON_TERMINATE. Which of them is settled when the first begins: one that fails
// fails the run, and keeps none of the others. While an action waits for an approval, those ON_WAIT_FOR_APPROVE run,
// one after another, each time. Cancel always wins. One owner, one thread. Every call costs amortised constant time;
// nothing is allocated after the start.
#pragma once

#include "pipelines/model.hpp"
#include "runner/run/events.hpp"

#include <cstdint>
#include <vector>

namespace latchkey::run {

struct action_shape {
    std::uint32_t stage = 0;  // never lower than the action's before
    pipelines::trigger_time when = pipelines::trigger_time::on_every_execution;
    bool ignore_errors = false;
    bool only_on_first_failure = false;
    bool beside_previous = false;  // in hard parallel with the action before
    std::int32_t retry_count = 0;
    std::int32_t retry_interval = 0;  // seconds
    bool carried = false;             // succeeded in an earlier attempt: counts as successful, is not executed
    bool left_out = false;            // not part of this attempt
};

struct run_shape {
    std::vector<action_shape> actions;
    int jobs = 1;
    bool previous_failed = false;  // the pipeline's run before this one
};

enum class command_kind : unsigned char {
    start,     // the action, for the `number`th time; answer with ended() or skipped()
    retry_in,  // after `number` seconds call retry_due()
    stop,      // terminate the running action; answer with ended()
    finish,    // the attempt has ended with `status`
};

struct command {
    command_kind kind = command_kind::start;
    std::uint32_t action = 0;
    std::int32_t number = 0;
    run::status status = run::status::initial;
    friend bool operator==(const command&, const command&) = default;
};

class run_fsm {
public:
    explicit run_fsm(run_shape);

    // Each appends what is to be done now. After finish nothing is appended any more. Calls that make no sense (an
    // action that does not run has ended) change nothing.
    void begin(std::vector<command>&);
    void ended(std::uint32_t action, bool success, std::vector<command>&);
    void skipped(std::uint32_t action, std::vector<command>&);
    void retry_due(std::uint32_t action, std::vector<command>&);
    void cancel(std::vector<command>&);
    // A running action waits for an approval.
    void waits(std::vector<command>&);
    // A running action wants the run to end well here: no further ordinary action starts.
    void exit_early() { early_ = true; }

    run::status status_of(std::uint32_t action) const { return states_[action].status; }
    bool finished() const { return phase_ == phase::finished; }
    bool cancelled() const { return cancelled_; }
    bool failed() const { return failed_; }

private:
    enum class phase : unsigned char { not_begun, ordinary, closing, finished };
    struct state {
        run::status status = run::status::initial;
        std::int32_t tries = 0;
        bool waits_for_retry = false;
    };

    bool takes_part(std::uint32_t action) const;
    bool may_start() const;
    bool joins_previous(std::uint32_t action) const;
    void advance(std::vector<command>&);
    void enter_closing();
    void tell_of_wait(std::vector<command>&);
    void finish(std::vector<command>&);
    void leave(std::uint32_t action, run::status);

    run_shape shape_;
    std::vector<state> states_;
    phase phase_ = phase::not_begun;
    std::uint32_t next_ = 0;  // the first action that this phase has not looked at
    std::uint32_t current_stage_ = 0;
    std::int32_t active_ = 0;  // running, or waiting to be tried again
    bool early_ = false;
    bool failed_ = false;
    bool closes_failed_ = false;  // the run had failed before the closing actions began
    bool tells_ = false;          // an action ON_WAIT_FOR_APPROVE runs
    bool tell_again_ = false;     // another approval is waited for meanwhile
    std::uint32_t next_told_ = 0;
    bool warned_ = false;
    bool cancelled_ = false;       // wins over failed
    bool cancel_closing_ = false;  // cancelled again while the closing actions ran
};

}  // namespace latchkey::run
