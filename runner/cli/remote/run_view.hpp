// SPDX-License-Identifier: Apache-2.0
//
// A server's executions, events and missing permissions as the values that local runs have, so that one console shows
// both. Pure but for the logs, which ask the server. One thread.
#pragma once

#include "runner/cli/action_logs.hpp"
#include "runner/cli/remote/place.hpp"
#include "runner/run/service.hpp"

namespace latchkey::cli::remote {

store::run_record run_of(const json& execution);
std::vector<std::string> action_names_of(const json& execution);
// Nothing: it is of a kind that this version does not know.
std::optional<run::event> event_of(const json&);
std::vector<run::missing_integration> missing_of(const json& list);

// What became of an attempt. `denied`: it lacked permissions, which `missing` (…/missing) says.
run::finished_attempt finished_of(const json& execution, int attempt, bool denied, const json& missing);

// The logs of the execution at this path, as far as its actions have any.
std::shared_ptr<action_logs> logs_on_server(place&, std::string execution_path);

// Reads the lines of an action's log from `first` on (0 is the first) and tells them in pieces that end with a line.
result<void> read_log_lines(const place&, const std::string& action_path, std::uint64_t first,
                            const std::function<void(std::string_view)>& piece);

}  // namespace latchkey::cli::remote
