// SPDX-License-Identifier: Apache-2.0
#include "runner/run/events.hpp"

#include <array>

namespace latchkey::run {

namespace {

constexpr std::array<std::string_view, 12> status_names = {"INITIAL",
                                                           "ENQUEUED",
                                                           "INPROGRESS",
                                                           "SUCCESSFUL",
                                                           "FAILED",
                                                           "TERMINATED",
                                                           "SKIPPED",
                                                           "WAITING_FOR_APPLY",
                                                           "WAITING_FOR_VARIABLES",
                                                           "WAITING_FOR_PERMISSION",
                                                           "NOT_EXECUTED",
                                                           "TERMINATING"};

constexpr std::array<std::string_view, 14> event_names = {
    "attempt_created", "denied",       "waiting",          "attempt_started", "action_started",
    "action_retrying", "action_ended", "cancel_requested", "warning",         "attempt_ended",
    "variable_passed", "answered",     "tests_read",       "missing"};

constexpr std::array<std::string_view, 8> reason_names = {"",          "exited",  "signalled",   "timed_out",
                                                          "cancelled", "refused", "not_started", "lost"};

template <class Enum, std::size_t N>
std::optional<Enum> value_named(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == name) return static_cast<Enum>(i);
    return std::nullopt;
}

}  // namespace

std::string_view to_string(status s) {
    return status_names.at(static_cast<std::size_t>(s));
}
std::optional<status> status_from(std::string_view name) {
    return value_named<status>(status_names, name);
}
std::string_view to_string(event_kind k) {
    return event_names.at(static_cast<std::size_t>(k));
}
std::optional<event_kind> event_kind_from(std::string_view name) {
    return value_named<event_kind>(event_names, name);
}
std::string_view to_string(end_reason r) {
    return reason_names.at(static_cast<std::size_t>(r));
}
std::optional<end_reason> end_reason_from(std::string_view name) {
    return value_named<end_reason>(reason_names, name);
}

}  // namespace latchkey::run
