// SPDX-License-Identifier: Apache-2.0
//
// One attempt from preflight to its last event, on a loop and with signals of its own: SIGINT, SIGTERM and SIGHUP
// cancel it, a second one kills; those that were held
// count from the beginning. Private to the service. Blocks until the attempt has ended.
#pragma once

#include "runner/run/definition.hpp"
#include "runner/run/service.hpp"
#include "runner/run/signal_hold.hpp"

namespace latchkey::run {

struct attempt_request {
    const definition& definition;
    const compiled& compiled;
    const store::run_record& run;
    int attempt = 1;
    std::int64_t events_before = 0;  // that it has already, as it waited for its turn
    const retry_scope& scope;
    bool previous_failed = false;
    std::filesystem::path logs;
    child_runner run_child;
    const std::vector<std::string>& notes;  // to be said as warnings
    bool elsewhere = false;                 // what executes it finds the place, and prepares it
};

result<finished_attempt> run_attempt(const surroundings&, const attempt_request&, run_options&, signal_hold&);

}  // namespace latchkey::run
