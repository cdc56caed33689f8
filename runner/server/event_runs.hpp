// SPDX-License-Identifier: Apache-2.0
//
// The runs that an event of a repository, or a schedule, starts: for whom, of which pipelines, at which commit. Who
// stands behind the hook or the pipeline must still be somebody who may run it. Pipelines that a pushed file defines,
// and that nobody has made yet, are made. Blocks; any thread.
#pragma once

#include "runner/server/run_executor.hpp"
#include "runner/triggers/event.hpp"

namespace latchkey::server {

class event_runs {
public:
    using clock = std::function<policy::time_point()>;
    event_runs(store::stores& stores, run_executor& runs, clock time, server_log& log)
        : stores_(stores), runs_(runs), clock_(std::move(time)), log_(log) {}

    // Fails before anything is started, or not at all: what one pipeline lacks is in the log. engine, io, store: it
    // may go better later. The same event once more (by its number in the store) makes nothing twice.
    result<void> start(policy::workspace_id, policy::project_id, policy::user_id actor,
                       const triggers::repository_event&, std::int64_t number) const;
    result<void> start_scheduled(const store::scheduled_pipeline&, std::chrono::sys_seconds due, int times) const;

    result<void> start_called(const store::pipeline_start_record&, store::team_pipeline_record) const;

private:
    struct context;
    result<void> order(const context&, store::team_pipeline_record, store::facts origin, const policy::ref&,
                       const std::string& revision, policy::source_trust, const std::string& comment) const;
    store::stores& stores_;
    run_executor& runs_;
    clock clock_;
    server_log& log_;
};

}  // namespace latchkey::server
