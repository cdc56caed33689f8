// SPDX-License-Identifier: Apache-2.0
#include "runner/server/run_metrics.hpp"

namespace latchkey::server {

run_metrics::run_metrics(metrics::registry& r)
    : registry_(r),
      waiting_(r.measure("latchkey_runs_waiting", "Runs that wait for their turn.")),
      running_(r.measure("latchkey_runs_running", "Runs that are executed now.")),
      waited_(r.time("latchkey_run_wait_seconds", "How long runs waited for their turn.")),
      ran_(r.time("latchkey_run_seconds", "How long runs were executed.")) {}

void run_metrics::show(int waiting, int running) {
    waiting_.set(waiting);
    running_.set(running);
}

void run_metrics::started(std::chrono::nanoseconds waited) {
    waited_.observe(waited);
}

void run_metrics::ended(run::status status, std::chrono::nanoseconds ran) {
    ran_.observe(ran);
    registry_
        .count("latchkey_runs_total", "Attempts of runs that have ended, by their status.",
               {{"status", std::string(run::to_string(status))}})
        .add();
}

}  // namespace latchkey::server
