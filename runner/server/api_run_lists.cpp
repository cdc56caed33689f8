// SPDX-License-Identifier: Apache-2.0
// Runs of a workspace, a project or a pipeline, the newest first, narrowed and read from a place on. Those of
// pipelines that the caller may not read are not there.
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/query.hpp"
#include "runner/server/run_rows.hpp"
#include "runner/server/views.hpp"

namespace latchkey::server {

namespace {

constexpr int at_once = 200;
// A page ends early where so many runs had to be passed over: who may read few of many comes again.
constexpr int most_looked_at = 2000;

result<std::vector<run::status>> statuses_in(const std::string& text) {
    std::vector<run::status> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        const std::string word = text.substr(at, end - at);
        at = end + 1;
        if (word.empty()) continue;
        const auto known = run::status_from(word);
        if (!known) return failure(errc::usage, "`status` has no \"" + word + "\": name statuses like FAILED");
        all.push_back(*known);
    }
    return all;
}

result<store::run_query> narrowed(const call& c) {
    store::run_query q;
    auto statuses = statuses_in(text_asked(c, "status"));
    if (!statuses) return statuses.error();
    q.statuses = std::move(*statuses);
    q.ref = text_asked(c, "ref");
    if (!q.ref.empty() && !q.ref.starts_with("refs/")) q.ref = "refs/heads/" + q.ref;
    const auto actor = number_asked(c, "actor", 0, 1);
    if (!actor) return actor.error();
    if (*actor > 0) q.actor = policy::user_id(*actor);
    const auto pipeline = number_asked(c, "pipeline", 0, 1);
    if (!pipeline) return pipeline.error();
    if (*pipeline > 0) q.pipeline = policy::pipeline_id(*pipeline);
    const std::string reason = text_asked(c, "reason");
    if (!reason.empty() && reason != "MISSING_PERMISSIONS")
        return failure(errc::usage, "`reason` can only be MISSING_PERMISSIONS");
    q.lacked_permissions = !reason.empty();
    return q;
}

struct wanted_page {
    std::int64_t skip = 0;  // by number, as Buddy's lists are read
    cursor from;
    bool by_number = false;
};

result<wanted_page> page_asked(const call& c) {
    wanted_page w;
    auto from = cursor_of(c);
    if (!from) return from.error();
    w.from = *from;
    w.by_number = w.from.before == 0 && (!text_asked(c, "page").empty() || !text_asked(c, "per_page").empty());
    if (!w.by_number) return w;
    const auto page = c.page();
    if (!page) return page.error();
    w.skip = page->offset;
    w.from.limit = page->limit;
    return w;
}

result<answer> listed(call& c, store::run_query q, const std::string& url) {
    const auto page = page_asked(c);
    if (!page) return page.error();
    // Before the list: what changes meanwhile is told again, and nothing is missed.
    const auto as_of = c.server.stores.runs->last_change();
    if (!as_of) return as_of.error();
    run_rows rows(c);
    json items = json::array();
    std::int64_t passed = 0;
    int looked_at = 0;
    q.limit = at_once;
    q.before = policy::run_id(page->from.before);
    const auto full = [&] { return static_cast<int>(items.size()) == page->from.limit; };
    bool more = true;
    while (more && !full() && (page->by_number || looked_at < most_looked_at)) {
        auto some = c.server.stores.runs->runs(q);
        if (!some) return some.error();
        more = static_cast<int>(some->size()) == q.limit;
        for (const store::run_record& run : *some) {
            if (full()) {
                more = true;
                break;
            }
            ++looked_at;
            q.before = run.id;
            const auto may = rows.may_read(run);
            if (!may) return may.error();
            if (!*may || passed++ < page->skip) continue;
            auto row = rows.row(run);
            if (!row) return row.error();
            items.push_back(std::move(*row));
        }
    }
    json v = list_of(url, "executions", std::move(items));
    v["next"] = more ? json(q.before.value()) : json();
    v["as_of"] = *as_of;
    return answer{200, std::move(v), {}};
}

}  // namespace

result<answer> list_workspace_executions(call& c) {
    auto q = narrowed(c);
    if (!q) return q.error();
    q->workspace = c.workspace->id;
    const std::string handle = text_asked(c, "project");
    if (q->pipeline) {
        // A number alone could be of another workspace.
        auto known = c.server.stores.runs->pipeline(*q->pipeline);
        if (!known && known.error().code != errc::not_found) return known.error();
        q->project = known ? known->project : policy::project_id();
    }
    if (!handle.empty()) {
        auto project = c.server.stores.people->project(c.workspace->id, handle);
        if (!project && project.error().code != errc::not_found) return project.error();
        // One that is not there has no runs, as one that the caller may not see.
        if (!project)
            return answer{200,
                          {{"url", c.own_url() + "/executions"},
                           {"html_url", c.own_url() + "/executions"},
                           {"executions", json::array()},
                           {"next", nullptr},
                           {"as_of", 0}},
                          {}};
        q->project = project->id;
    }
    return listed(c, std::move(*q), c.own_url() + "/executions");
}

result<answer> list_project_executions(call& c) {
    auto q = narrowed(c);
    if (!q) return q.error();
    q->project = c.project->id;
    return listed(c, std::move(*q), c.own_url() + "/projects/" + c.project->handle + "/executions");
}

result<answer> list_pipeline_executions(call& c) {
    auto q = narrowed(c);
    if (!q) return q.error();
    q->project = c.project->id;
    q->pipeline = c.pipeline->rights.id;
    return listed(c, std::move(*q),
                  c.own_url() + "/projects/" + c.project->handle + "/pipelines/" +
                      std::to_string(c.pipeline->rights.id.value()) + "/executions");
}

}  // namespace latchkey::server
