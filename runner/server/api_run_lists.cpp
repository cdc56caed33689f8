// SPDX-License-Identifier: Apache-2.0
// Runs of a workspace, a project or a pipeline, the newest first, narrowed and read from a place on. Those of
// pipelines that the caller may not read are not there.
#include "policy/decision.hpp"
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
// By number everything before a page has to be looked at again.
constexpr std::int64_t most_by_number = 5'000;

failure too_far() {
    return {errc::usage, "pages by number end with execution " + std::to_string(most_by_number) +
                             ": read on with `before`, from the `next` of the list"};
}

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
    if (std::int64_t(page->offset) + page->limit > most_by_number) return too_far();
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
    std::int64_t looked_at = 0;
    q.limit = at_once;
    q.before = policy::run_id(page->from.before);
    const auto full = [&] { return static_cast<int>(items.size()) == page->from.limit; };
    bool more = true;
    const std::int64_t most = page->by_number ? most_by_number : most_looked_at;
    while (more && !full() && looked_at < most) {
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
    // Where a page begins is not known, and a page that was empty would say that there is nothing more.
    if (more && page->skip > 0 && passed <= page->skip) return too_far();
    json v = list_of(url, "executions", std::move(items));
    v["next"] = more ? json(q.before.value()) : json();
    v["as_of"] = *as_of;
    return answer{200, std::move(v), {}};
}

result<bool> may_read(const call& c, policy::pipeline_id id) {
    auto facts = c.server.stores.runs->snapshot(id, {});
    if (!facts) return facts.error();
    return policy::access_to(*facts, c.actor(), id) > policy::pipeline_level::denied;
}

// Whether the caller has a role in it, or may read one of its pipelines: of others it is not even told how long it
// takes to look through their runs.
result<bool> may_enter(const call& c, policy::project_id id) {
    auto role = c.server.stores.people->role_in_project(c.workspace->id, id, c.actor());
    if (!role) return role.error();
    if (*role) return true;
    auto pipelines = c.server.stores.runs->pipelines(id);
    if (!pipelines) return pipelines.error();
    for (const store::pipeline_record& p : *pipelines)
        if (const auto may = may_read(c, p.id); !may || *may) return may;
    return false;
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
        auto seen = known ? may_read(c, known->id) : result<bool>(false);
        if (!seen) return seen.error();
        q->project = *seen ? known->project : policy::project_id();
    }
    if (!handle.empty()) {
        auto project = c.server.stores.people->project(c.workspace->id, handle);
        if (!project && project.error().code != errc::not_found) return project.error();
        // One that is not there is looked through like one that the caller may not see: neither has any runs.
        auto seen = project ? may_enter(c, project->id) : result<bool>(false);
        if (!seen) return seen.error();
        q->project = *seen ? project->id : policy::project_id();
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
