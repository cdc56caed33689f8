// SPDX-License-Identifier: Apache-2.0
// Executions by their number in the project, whichever pipeline they are of. Those of pipelines that the caller may
// not read are not there.
#include "policy/decision.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/views.hpp"

#include <map>

namespace latchkey::server {

namespace {

constexpr int at_once = 500;

class readable {
public:
    explicit readable(const call& c) : c_(c) {}

    result<policy::pipeline_level> access(policy::pipeline_id id) {
        if (const auto known = known_.find(id); known != known_.end()) return known->second;
        auto facts = c_.server.stores.runs->snapshot(id, {});
        if (!facts) return facts.error();
        return known_[id] = policy::access_to(*facts, c_.actor(), id);
    }

private:
    const call& c_;
    std::map<policy::pipeline_id, policy::pipeline_level> known_;
};

json named(const call& c, const store::run_record& run) {
    json v = view(c, run);
    v["pipeline"] = {{"id", run.pipeline.value()}, {"name", run.pipeline_name}};
    return v;
}

}  // namespace

result<answer> list_project_executions(call& c) {
    const auto page = c.page();
    if (!page) return page.error();
    readable may(c);
    json items = json::array();
    std::int64_t seen = 0;
    for (int offset = 0; static_cast<int>(items.size()) < page->limit; offset += at_once) {
        auto some = c.server.stores.runs->runs({c.project->id, std::nullopt, at_once, offset});
        if (!some) return some.error();
        for (const store::run_record& run : *some) {
            const auto access = may.access(run.pipeline);
            if (!access) return access.error();
            if (*access <= policy::pipeline_level::denied || seen++ < page->offset) continue;
            if (static_cast<int>(items.size()) == page->limit) break;
            items.push_back(named(c, run));
        }
        if (static_cast<int>(some->size()) < at_once) break;
    }
    return answer{200, list_of(c.project_url() + "/executions", "executions", std::move(items)), {}};
}

result<answer> get_project_execution(call& c) {
    const failure none(errc::not_found, "there is no such execution");
    if (c.server.runs == nullptr) return failure(errc::engine, "this server executes no runs");
    const auto number = c.number("execution");
    if (!number) return none;
    auto run = c.server.stores.runs->run_by_number(c.project->id, *number);
    if (!run) return run.error().code == errc::not_found ? none : run.error();
    const auto access = readable(c).access(run->pipeline);
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
