// SPDX-License-Identifier: Apache-2.0
//
// Executes the runs of a server, each attempt on a thread of its own, as many at once as there are slots: the
// important before the others, those of one pipeline one after the other. What waits is in the store, so that a
// server that starts again goes on with it. An attempt that waits for people gives its slot away.
// Owner: the server. Any thread may call; stop() before it is destroyed.
#pragma once

#include "runner/run/service.hpp"
#include "runner/server/run_metrics.hpp"
#include "runner/server/server_log.hpp"
#include "runner/store/stores.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace latchkey::server {

// Of run_source::origin, as the API says them.
namespace origin {
inline constexpr std::string_view triggered_on = "triggered_on";              // CLICK EVENT SCHEDULE WEBHOOK PIPELINE
inline constexpr std::string_view priority = "priority";                      // LOW NORMAL HIGH
inline constexpr std::string_view delay_until = "delay_until";                // milliseconds since 1970
inline constexpr std::string_view subject = "subject";                        // the first line of the commit
inline constexpr std::string_view clear_cache = "clear_cache";                // true
inline constexpr std::string_view concurrent = "concurrent";                  // true: beside others of its pipeline
inline constexpr std::string_view environment = "environment";                // its number in addresses
inline constexpr std::string_view definition_project = "definition_project";  // another one, by its number
inline constexpr std::string_view on_missing = "on_missing_permissions";      // fail, wait
}  // namespace origin

std::string_view origin_of(const store::run_source&, std::string_view name, std::string_view otherwise = "");

class run_queue {
public:
    struct options {
        int slots = 4;
        int jobs = 4;  // actions of one run side by side
        server_log& log;
        run_metrics& metrics;
        std::function<void(policy::run_id)> on_change;  // after the queue itself has changed a run
    };
    run_queue(run::service&, store::stores&, run::wall_clock, options);
    ~run_queue();
    run_queue(const run_queue&) = delete;
    run_queue& operator=(const run_queue&) = delete;

    // Takes up what waits in the store. Once, before anything is added.
    result<int> begin();
    // An attempt that was made. Its run's older ones of the same ref give way where the pipeline says so.
    void add(const store::run_record&, std::map<std::string, vault::secret> secrets);
    // Looks again: a run that waited was ended by somebody else, or settings have changed.
    void look();
    // A start that was put off happens as soon as it can. conflict: this one was not.
    result<void> run_now(policy::run_id);
    // Nothing new begins; what runs may end in this time, and is cancelled after it. Blocks.
    void stop(std::chrono::milliseconds grace);
    // Who stops it, now or later, waits no more: what runs is cancelled at once, and by the next call killed.
    void hurry();

    struct counts {
        int waiting = 0;
        int running = 0;
    };
    counts now() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace latchkey::server
