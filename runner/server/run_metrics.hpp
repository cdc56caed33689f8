// SPDX-License-Identifier: Apache-2.0
//
// Runs as the server executes them: how many wait, how many run, how they ended and how long that took. Told by
// whoever executes; any thread.
#pragma once

#include "runner/metrics/metrics.hpp"
#include "runner/run/events.hpp"

namespace latchkey::server {

class run_metrics {
public:
    explicit run_metrics(metrics::registry&);

    void show(int waiting, int running);  // as it is now
    void started(std::chrono::nanoseconds waited);
    void ended(run::status, std::chrono::nanoseconds ran);

private:
    metrics::registry& registry_;
    metrics::gauge& waiting_;
    metrics::gauge& running_;
    metrics::histogram& waited_;
    metrics::histogram& ran_;
};

}  // namespace latchkey::server
