// SPDX-License-Identifier: Apache-2.0
#include "runner/run/run_fsm.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::run {

using pipelines::trigger_time;

run_fsm::run_fsm(run_shape shape) : shape_(std::move(shape)), states_(shape_.actions.size()) {
    shape_.jobs = std::max(shape_.jobs, 1);
}

// Whether the action belongs to this phase, as the run stands.
bool run_fsm::takes_part(std::uint32_t action) const {
    const action_shape& a = shape_.actions[action];
    if (a.left_out) return false;
    if (phase_ == phase::ordinary) return a.when == trigger_time::on_every_execution;
    if (cancelled_) return a.when == trigger_time::on_terminate;
    if (closes_failed_)
        return a.when == trigger_time::on_failure && !(a.only_on_first_failure && shape_.previous_failed);
    switch (a.when) {
        case trigger_time::on_success:
            return true;
        case trigger_time::on_back_to_success:
            return shape_.previous_failed;
        case trigger_time::on_warning:
            return warned_;
        default:
            return false;
    }
}

// Whether this phase may start another action: a failure closes the ordinary phase, a cancel both.
bool run_fsm::may_start() const {
    return phase_ == phase::ordinary ? !failed_ && !cancelled_ && !early_ : !cancel_closing_;
}

// It has to run at the same time as the action before, which has just been started.
bool run_fsm::joins_previous(std::uint32_t action) const {
    return action > 0 && shape_.actions[action].beside_previous && states_[action - 1].status == status::in_progress;
}

void run_fsm::begin(std::vector<command>& out) {
    if (phase_ != phase::not_begun) return;
    phase_ = phase::ordinary;
    for (std::uint32_t i = 0; i < shape_.actions.size(); ++i)
        if (shape_.actions[i].carried) states_[i].status = status::successful;
    advance(out);
}

void run_fsm::advance(std::vector<command>& out) {
    while (phase_ == phase::ordinary || phase_ == phase::closing) {
        while (may_start() && next_ < states_.size() && (active_ < shape_.jobs || joins_previous(next_))) {
            const std::uint32_t i = next_;
            if (states_[i].status != status::initial || !takes_part(i)) {
                ++next_;
                continue;
            }
            // The next stage waits until the one before has ended, retries too.
            if (active_ > 0 && shape_.actions[i].stage != current_stage_) break;
            current_stage_ = shape_.actions[i].stage;
            ++next_;
            states_[i].status = status::in_progress;
            states_[i].tries = 1;
            ++active_;
            out.push_back({command_kind::start, i, 1, status::in_progress});
        }
        if (active_ > 0) return;
        if (may_start() && next_ < states_.size()) continue;  // a stage has ended
        if (phase_ == phase::ordinary)
            enter_closing();
        else
            finish(out);
    }
}

void run_fsm::enter_closing() {
    phase_ = phase::closing;
    closes_failed_ = failed_;
    next_ = 0;
    for (std::uint32_t i = 0; i < states_.size(); ++i)
        if (states_[i].status == status::initial && shape_.actions[i].when == trigger_time::on_every_execution)
            states_[i].status = status::not_executed;
}

void run_fsm::finish(std::vector<command>& out) {
    for (state& s : states_)
        if (s.status == status::initial) s.status = status::not_executed;
    phase_ = phase::finished;
    out.push_back({command_kind::finish, 0, 0,
                   cancelled_ ? status::terminated
                   : failed_  ? status::failed
                              : status::successful});
}

void run_fsm::waits(std::vector<command>& out) {
    if (phase_ != phase::ordinary || cancelled_) return;
    if (tells_) {
        tell_again_ = true;
        return;
    }
    next_told_ = 0;
    tell_of_wait(out);
}

void run_fsm::tell_of_wait(std::vector<command>& out) {
    tells_ = false;
    if (cancelled_ || failed_ || phase_ != phase::ordinary) return;
    for (;; ++next_told_) {
        if (next_told_ == states_.size()) {
            if (!tell_again_) return;
            tell_again_ = false;
            next_told_ = 0;
        }
        const action_shape& a = shape_.actions[next_told_];
        if (a.when != trigger_time::on_wait_for_approve || a.left_out) continue;
        states_[next_told_] = {status::in_progress, 1, false};
        ++active_;
        tells_ = true;
        out.push_back({command_kind::start, next_told_++, 1, status::in_progress});
        return;
    }
}

void run_fsm::leave(std::uint32_t action, status s) {
    states_[action].status = s;
    --active_;
}

void run_fsm::ended(std::uint32_t action, bool success, std::vector<command>& out) {
    state& s = states_[action];
    if (s.status != status::in_progress && s.status != status::terminating) return;
    if (s.waits_for_retry) return;
    const action_shape& a = shape_.actions[action];
    if (s.status == status::terminating) {
        leave(action, status::terminated);
    } else if (success) {
        leave(action, status::successful);
    } else if (s.tries <= a.retry_count) {
        s.waits_for_retry = true;
        out.push_back({command_kind::retry_in, action, a.retry_interval, status::in_progress});
    } else {
        leave(action, status::failed);
        // An ignored error is a warning: the run goes on.
        (a.ignore_errors ? warned_ : failed_) = true;
    }
    if (a.when == trigger_time::on_wait_for_approve && run::ended(s.status)) tell_of_wait(out);
    advance(out);
}

void run_fsm::skipped(std::uint32_t action, std::vector<command>& out) {
    if (states_[action].status != status::in_progress || states_[action].waits_for_retry) return;
    leave(action, status::skipped);
    if (shape_.actions[action].when == trigger_time::on_wait_for_approve) tell_of_wait(out);
    advance(out);
}

void run_fsm::retry_due(std::uint32_t action, std::vector<command>& out) {
    state& s = states_[action];
    if (!s.waits_for_retry) return;
    s.waits_for_retry = false;
    ++s.tries;
    // It has kept its place meanwhile: a retry does not wait behind others of its stage.
    out.push_back({command_kind::start, action, s.tries, status::in_progress});
}

void run_fsm::cancel(std::vector<command>& out) {
    if (phase_ == phase::finished) return;
    if (phase_ == phase::closing) cancel_closing_ = true;
    cancelled_ = true;
    for (std::uint32_t i = 0; i < states_.size(); ++i) {
        state& s = states_[i];
        if (s.status != status::in_progress) continue;
        if (s.waits_for_retry) {
            s.waits_for_retry = false;
            leave(i, status::terminated);
        } else {
            s.status = status::terminating;
            out.push_back({command_kind::stop, i, 0, status::terminating});
        }
    }
    if (phase_ == phase::not_begun) phase_ = phase::ordinary;
    advance(out);
}

}  // namespace latchkey::run
