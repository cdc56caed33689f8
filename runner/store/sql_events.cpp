// SPDX-License-Identifier: Apache-2.0
// The event stream of an attempt, and what it says about the attempt.
#include "runner/store/sql_outbox.hpp"
#include "runner/store/sql_parts.hpp"
#include "runner/store/sql_store.hpp"

namespace latchkey::store {
namespace {

using event_row = std::tuple<std::int64_t, std::int64_t, std::string, std::string, std::int64_t, std::string,
                             std::int64_t, std::string>;

struct attempt_state {
    run::status status = run::status::initial;
    std::optional<std::int64_t> started_at;
    std::optional<std::int64_t> ended_at;
    std::string error;
    std::int64_t last_event = 0;
};

std::string named(policy::run_id run, int attempt) {
    return "attempt " + std::to_string(attempt) + " of run " + to_fact(run);
}

result<attempt_state> load_state(sql_connection& in, policy::run_id run, int attempt) {
    using maybe = std::optional<std::int64_t>;
    auto row = in.one<std::string, maybe, maybe, std::string, std::int64_t>(
        "SELECT status, started_at, ended_at, error, last_event FROM attempts WHERE run = :run AND number = :number",
        run.value(), attempt);
    if (!row) return failure(errc::not_found, "there is no " + named(run, attempt));
    const auto status = run::status_from(std::get<0>(*row));
    if (!status) return failure(errc::corrupt, named(run, attempt) + " is damaged: restore the store from a backup");
    return attempt_state{*status, std::get<1>(*row), std::get<2>(*row), std::get<3>(*row), std::get<4>(*row)};
}

result<void> apply(attempt_state& to, const run::event& event, policy::run_id run, int attempt) {
    if (run::ended(to.status)) {
        return failure(errc::conflict, named(run, attempt) + " has ended: it takes no more events");
    }
    if (event.sequence != to.last_event + 1) {
        return failure(errc::conflict, named(run, attempt) + " expects event " + std::to_string(to.last_event + 1) +
                                           " and got " + std::to_string(event.sequence) + ": read its events again");
    }
    to.last_event = event.sequence;
    switch (event.kind) {
        case run::event_kind::denied:
            to.error = event.text;
            break;
        case run::event_kind::waiting:
            if (run::ended(event.status)) {
                return failure(errc::usage, named(run, attempt) + " can't wait in a status that has ended");
            }
            to.status = event.status;
            break;
        case run::event_kind::answered:
            if (run::ended(event.status))
                return failure(errc::usage, named(run, attempt) + " can't end by an answer");
            to.status = event.status;
            break;
        case run::event_kind::attempt_started:
            to.status = run::status::in_progress;
            if (!to.started_at) to.started_at = to_stored(event.at);
            break;
        case run::event_kind::attempt_ended:
            if (!run::ended(event.status)) {
                return failure(errc::usage, named(run, attempt) + " can't end in a status that has not ended");
            }
            to.status = event.status;
            to.ended_at = to_stored(event.at);
            // The report of missing permissions says more than the last line.
            if (to.error.empty()) to.error = event.text;
            break;
        case run::event_kind::attempt_created:
            if (event.status == run::status::enqueued) to.status = event.status;
            break;
        case run::event_kind::action_started:
        case run::event_kind::action_retrying:
        case run::event_kind::action_ended:
        case run::event_kind::cancel_requested:
        case run::event_kind::warning:
        case run::event_kind::variable_passed:
        case run::event_kind::tests_read:
        case run::event_kind::missing:
            break;
    }
    return {};
}

std::optional<run::event> event_from(event_row& row) {
    auto& [sequence, at, kind, status, action, reason, number, text] = row;
    const auto known_kind = run::event_kind_from(kind);
    const auto known_status = run::status_from(status);
    const auto known_reason = run::end_reason_from(reason);
    if (!known_kind || !known_status || !known_reason) return std::nullopt;
    run::event event;
    event.sequence = sequence;
    event.at = from_stored(at);
    event.kind = *known_kind;
    event.status = *known_status;
    event.action = static_cast<std::int32_t>(action);
    event.reason = *known_reason;
    event.number = static_cast<int>(number);
    event.text = std::move(text);
    return event;
}

}  // namespace

result<void> add_events(sql_connection& in, policy::run_id run, int attempt, std::span<const run::event> events) {
    auto state = load_state(in, run, attempt);
    if (!state) return state.error();
    const run::status before = state->status;
    for (const auto& event : events) {
        const run::status at_first = state->status;
        const bool begun = state->started_at.has_value();
        if (auto fits = apply(*state, event, run, attempt); !fits) return fits;
        if (run::ended(state->status))
            leave_notice(in, run, attempt, notice_kind::ended, state->status, event.at);
        else if (!begun && state->started_at)
            leave_notice(in, run, attempt, notice_kind::started, state->status, event.at);
        else if (state->status != at_first)
            leave_notice(in, run, attempt, notice_kind::changed, state->status, event.at);
        in.exec(
            "INSERT INTO events (run, attempt, sequence, at, kind, status, action, reason, number, text) "
            "VALUES (:run, :attempt, :sequence, :at, :kind, :status, :action, :reason, :number, :text)",
            run.value(), attempt, event.sequence, to_stored(event.at), run::to_string(event.kind),
            run::to_string(event.status), int{event.action}, run::to_string(event.reason), event.number, event.text);
    }
    in.exec(
        "UPDATE attempts SET status = :status, is_open = :is_open, started_at = :started_at, "
        "ended_at = :ended_at, error = :error, last_event = :last_event WHERE run = :run AND number = :number",
        run::to_string(state->status), !run::ended(state->status), state->started_at, state->ended_at, state->error,
        state->last_event, run.value(), attempt);
    if (state->status != before) mark_changed(in, run);
    return {};
}

result<void> sql_store::append_events(policy::run_id run, int attempt, std::span<const run::event> events) {
    if (events.empty()) return {};
    return write([&](sql_connection& in) { return add_events(in, run, attempt, events); });
}

result<std::vector<run::event>> sql_store::events(policy::run_id run, int attempt, std::int64_t after) {
    return read([&](sql_connection& in) -> result<std::vector<run::event>> {
        const auto state = load_state(in, run, attempt);
        if (!state) return state.error();
        std::vector<run::event> found;
        for (auto& row :
             in.rows<std::int64_t, std::int64_t, std::string, std::string, std::int64_t, std::string, std::int64_t,
                     std::string>("SELECT sequence, at, kind, status, action, reason, number, text FROM events "
                                  "WHERE run = :run AND attempt = :attempt AND sequence > :after ORDER BY sequence",
                                  run.value(), attempt, after)) {
            auto event = event_from(row);
            if (!event) {
                return failure(errc::corrupt,
                               "an event of " + named(run, attempt) + " is damaged: restore the store from a backup");
            }
            found.push_back(std::move(*event));
        }
        return found;
    });
}

result<std::vector<run::event>> sql_store::events_of_kind(policy::run_id run, int attempt, run::event_kind wanted) {
    return read([&](sql_connection& in) -> result<std::vector<run::event>> {
        std::vector<run::event> found;
        for (auto& row : in.rows<std::int64_t, std::int64_t, std::string, std::string, std::int64_t, std::string,
                                 std::int64_t, std::string>(
                 "SELECT sequence, at, kind, status, action, reason, number, text FROM events WHERE run = :run AND "
                 "attempt = :attempt AND kind = :kind ORDER BY sequence",
                 run.value(), attempt, run::to_string(wanted)))
            if (auto event = event_from(row)) found.push_back(std::move(*event));
        return found;
    });
}

}  // namespace latchkey::store
