// SPDX-License-Identifier: Apache-2.0
//
// What happens in a run, as values: one stream of events feeds the store, the console, live views and `logs -f`.
// An event that was acknowledged survives kill -9. Names here are Buddy's statuses (design §4).
// Value types, no thread rule. Must not know stores or screens.
#pragma once

#include "policy/ids.hpp"
#include "policy/model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::run {

enum class status : unsigned char {
    initial,
    enqueued,
    in_progress,
    successful,
    failed,
    terminated,
    skipped,
    waiting_for_apply,
    waiting_for_variables,
    waiting_for_permission,
    not_executed,  // of actions only, like terminating
    terminating,
};

std::string_view to_string(status);  // "INPROGRESS"
std::optional<status> status_from(std::string_view);
constexpr bool ended(status s) {
    return s == status::successful || s == status::failed || s == status::terminated || s == status::skipped ||
           s == status::not_executed;
}

enum class event_kind : unsigned char {
    attempt_created,  // text: who and why
    denied,           // text: the whole report of missing permissions, as the actor may see it
    waiting,          // for a permission, an approval, variables
    attempt_started,
    action_started,    // number: the try, from 1
    action_retrying,   // text: why; number: the try that failed
    action_ended,      // status; number: exit code or signal
    cancel_requested,  // text: by whom
    warning,           // text
    attempt_ended,     // status; text: why, where it failed
    variable_passed,   // text: NAME=value, or NAME alone of a secret
    answered,          // an action waits no more; text: who said what; status: the attempt's from here on
    tests_read,        // reports of tests: a summary, then the first failures, a line each; number: how many failed
    missing,           // text: the numbers of what is missing, a block of the report each; 0: nothing has this name
};

std::string_view to_string(event_kind);
std::optional<event_kind> event_kind_from(std::string_view);

// How an action's process ended.
enum class end_reason : unsigned char {
    none,
    exited,
    signalled,
    timed_out,
    cancelled,
    refused,      // denied at delivery: the permission was revoked in mid-run
    not_started,  // the backend could not start it
    lost,         // its executor died
};

std::string_view to_string(end_reason);
std::optional<end_reason> end_reason_from(std::string_view);

struct event {
    std::int64_t sequence = 0;  // within the attempt: 1, 2, 3, … without a gap
    policy::time_point at{};
    event_kind kind = event_kind::warning;
    run::status status = run::status::initial;
    std::int32_t action = -1;  // index in the plan; -1: the attempt itself
    end_reason reason = end_reason::none;
    int number = 0;
    std::string text;  // never a secret
    friend bool operator==(const event&, const event&) = default;
};

}  // namespace latchkey::run
