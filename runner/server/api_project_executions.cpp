// SPDX-License-Identifier: Apache-2.0
// An execution by its number in the project, whichever pipeline it is of. One of a pipeline that the caller may not
// read is not there.
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/run_rows.hpp"

namespace latchkey::server {

result<answer> get_project_execution(call& c) {
    const failure none(errc::not_found, "there is no such execution");
    if (c.server.runs == nullptr) return failure(errc::engine, "this server executes no runs");
    const auto number = c.number("execution");
    if (!number) return none;
    auto run = c.server.stores.runs->run_by_number(c.project->id, *number);
    if (!run) return run.error().code == errc::not_found ? none : run.error();
    const auto access = run_rows(c).access(*run);
    if (!access) return access.error();
    if (*access <= policy::pipeline_level::denied) return none;
    auto pipeline = c.server.stores.pipelines->get(c.project->id, run->pipeline);
    if (!pipeline) return pipeline.error().code == errc::not_found ? none : pipeline.error();
    c.pipeline = std::move(*pipeline);
    c.access = *access;
    auto shown = look_at(c, *run);
    if (!shown) return shown.error();
    return answer{200, view(c, *run, &*shown), {}};
}

}  // namespace latchkey::server
