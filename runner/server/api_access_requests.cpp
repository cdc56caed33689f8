// SPDX-License-Identifier: Apache-2.0
// What waits for the caller: runs that they may let go on, and requests for permissions that they may grant; and
// asking for one. Of an integration that somebody may not know of, a request says that there is one, as the run's own
// report does.
#include "policy/grant.hpp"
#include "runner/run/missing_json.hpp"
#include "runner/server/executions.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/query.hpp"
#include "runner/server/run_executor.hpp"
#include "runner/server/run_rows.hpp"
#include "runner/server/sessions.hpp"
#include "runner/server/views.hpp"

#include <algorithm>
#include <array>

namespace latchkey::server {

namespace {

constexpr int at_once = 200;
constexpr int most_looked_at = 2000;
constexpr std::size_t most_shown = 200;
constexpr std::size_t longest_note = 1000;
constexpr int most_an_hour = 20;

constexpr std::array<std::string_view, 4> state_words = {"OPEN", "GRANTED", "DISMISSED", "WITHDRAWN"};

json integration_named(const store::integration_record& r) {
    return {{"hash_id", r.hash_id}, {"name", r.name}, {"identifier", r.identifier}, {"type", r.type}};
}

// null: it is neither the caller's own nor theirs to grant.
result<json> view_request(const call& c, run_rows& rows, const store::access_request_record& r) {
    store::store& s = *c.server.stores.runs;
    auto facts = s.snapshot(r.pipeline, {&r.integration, 1});
    if (!facts) return facts.error();
    const bool mine = r.asked_by == c.actor();
    const bool may_grant =
        policy::may_grant(*facts, c.actor(), r.integration, r.pipeline) == policy::grant_refusal::none;
    if (!mine && !may_grant) return json();
    json v = {{"id", r.id},
              {"status", state_words.at(static_cast<std::size_t>(r.state))},
              {"integration", nullptr},
              {"pipeline", nullptr},
              {"project", nullptr},
              {"execution", nullptr},
              {"asked_by", person(c, r.asked_by)},
              {"asked_at", time_text(r.asked_at)},
              {"note", r.note.empty() ? json() : json(r.note)},
              {"closed_by", nullptr},
              {"closed_at", time_or_null(r.closed_at)},
              {"mine", mine},
              {"may_grant", may_grant}};
    if (policy::may_see(*facts, c.actor(), r.integration)) {
        auto record = s.integration(r.integration);
        if (!record) return record.error();
        v["integration"] = integration_named(*record);
        // Who can see it may know who looks after it.
        v["closed_by"] = person(c, r.closed_by);
    }
    auto run = s.run(r.run);
    if (!run) return run.error();
    const auto may = rows.may_read(*run);
    if (!may) return may.error();
    if (!*may) return v;
    v["pipeline"] = pipeline_named(run->pipeline, run->pipeline_name);
    v["project"] = project_named(*c.project);
    const json shown = view(c, *run);
    v["execution"] = {{"id", run->number}, {"url", shown["url"]}, {"html_url", shown["html_url"]}};
    return v;
}

struct listed_requests {
    json items = json::array();
    std::int64_t next = 0;  // 0: there are no more
};

result<listed_requests> requests_for(call& c, store::access_requests::query q, std::size_t most) {
    listed_requests all;
    run_rows rows(c);
    q.limit = at_once;
    for (int looked_at = 0; looked_at < most_looked_at; looked_at += at_once) {
        auto some = c.server.stores.wishes->list(q);
        if (!some) return some.error();
        for (const store::access_request_record& r : *some) {
            if (all.items.size() == most) {
                all.next = q.before;
                return all;
            }
            q.before = r.id;
            auto v = view_request(c, rows, r);
            if (!v) return v.error();
            if (!v->is_null()) all.items.push_back(std::move(*v));
        }
        if (static_cast<int>(some->size()) < at_once) return all;
    }
    all.next = q.before;
    return all;
}

// Adds what the run waits for, as often as it waits for something that the caller may answer.
result<void> add_waiting(call& c, run_rows& rows, const store::run_record& run, json& to) {
    auto& service = c.server.runs->runs();
    const auto add = [&](json more) -> result<void> {
        auto row = rows.row(run);
        if (!row) return row.error();
        row->update(more);
        to.push_back(std::move(*row));
        return {};
    };
    if (run.attempts.back().status == run::status::waiting_for_permission) {
        auto missing = service.missing(run, c.actor());
        if (!missing) return missing.error();
        if (missing->empty() || !std::ranges::all_of(*missing, &run::missing_integration::may_grant)) return {};
        return add({{"waits_for", "PERMISSION"},
                    {"action", nullptr},
                    {"question", nullptr},
                    {"variables", json::array()},
                    {"missing", run::json_of<json>(*missing)}});
    }
    auto open = service.open_questions(run, c.actor());
    if (!open) return open.error();
    for (const run::open_question& o : *open) {
        auto done = add({{"waits_for", o.asked.variables.empty() ? "APPROVAL" : "VARIABLES"},
                         {"action", {{"id", o.action + 1}, {"name", o.asked.action}}},
                         {"question", o.asked.comment.empty() ? json() : json(o.asked.comment)},
                         {"variables", view_of_variables(o.asked)},
                         {"missing", json::array()}});
        if (!done) return done;
    }
    return {};
}

}  // namespace

result<answer> list_waiting(call& c) {
    if (c.server.runs == nullptr) return failure(errc::engine, "this server executes no runs");
    store::run_query q;
    q.workspace = c.workspace->id;
    q.statuses = {run::status::waiting_for_permission, run::status::waiting_for_apply,
                  run::status::waiting_for_variables};
    q.limit = at_once;
    run_rows rows(c);
    json executions = json::array();
    for (int looked_at = 0; looked_at < most_looked_at && executions.size() < most_shown; looked_at += at_once) {
        auto some = c.server.stores.runs->runs(q);
        if (!some) return some.error();
        for (const store::run_record& run : *some) {
            q.before = run.id;
            const auto access = rows.access(run);
            if (!access) return access.error();
            if (*access < policy::pipeline_level::run_only || executions.size() >= most_shown) continue;
            if (auto added = add_waiting(c, rows, run, executions); !added) return added.error();
        }
        if (static_cast<int>(some->size()) < at_once) break;
    }
    store::access_requests::query wishes;
    wishes.workspace = c.workspace->id;
    auto requests = requests_for(c, wishes, most_shown);
    if (!requests) return requests.error();
    json to_grant = json::array();
    for (json& r : requests->items)
        if (r["may_grant"] == true) to_grant.push_back(std::move(r));
    return answer{200, {{"executions", std::move(executions)}, {"access_requests", std::move(to_grant)}}, {}};
}

result<answer> list_access_requests(call& c) {
    const auto from = cursor_of(c);
    if (!from) return from.error();
    const std::string status = text_asked(c, "status");
    if (!status.empty() && status != "OPEN" && status != "ALL")
        return failure(errc::usage, "`status` must be OPEN or ALL");
    store::access_requests::query q;
    q.workspace = c.workspace->id;
    q.open_only = status != "ALL";
    q.before = from->before;
    if (is_asked(c, "mine")) q.asked_by = c.actor();
    auto found = requests_for(c, q, static_cast<std::size_t>(from->limit));
    if (!found) return found.error();
    return answer{
        200,
        {{"access_requests", std::move(found->items)}, {"next", found->next == 0 ? json() : json(found->next)}},
        {}};
}

result<answer> request_access(call& c) {
    auto run = execution_at(c);
    if (!run) return run.error();
    std::string note;
    if (!c.body.is_null()) {
        input in(c.body);
        note = in.text("note").value_or("");
        if (note.size() > longest_note) in.refuse("`note` has more than " + std::to_string(longest_note) + " bytes");
        if (auto fine = in.checked(); !fine) return fine.error();
    }
    const store::attempt_record& last = run->attempts.back();
    auto lacked = lacked_by(c, *run, last);
    if (!lacked) return lacked.error();
    const bool denied = last.status == run::status::failed || last.status == run::status::waiting_for_permission;
    if (lacked->empty() || !denied) return failure(errc::conflict, "the execution lacks no permission");
    auto asked = c.server.stores.wishes->ask(run->id, *lacked, c.actor(), note, c.now(),
                                             c.now() - std::chrono::hours(1), most_an_hour);
    if (!asked) return asked.error();
    if (asked->too_many)
        return problem(429, "you have asked for " + std::to_string(most_an_hour) +
                                " permissions within an hour: wait until somebody has answered");
    if (asked->all.empty())
        return failure(errc::conflict, "the execution lacks nothing that you have to ask for: grant it, or retry");
    if (asked->anything_new) c.server.runs->hub().publish(run->id);
    run_rows rows(c);
    json all = json::array();
    for (const store::access_request_record& r : asked->all) {
        auto v = view_request(c, rows, r);
        if (!v) return v.error();
        all.push_back(std::move(*v));
    }
    return answer{asked->anything_new ? 201 : 200, {{"access_requests", std::move(all)}}, {}};
}

result<answer> close_access_request(call& c) {
    const auto number = c.number("request");
    if (!number) return failure(errc::not_found, "there is no such request for access");
    auto done = c.server.stores.wishes->close(c.workspace->id, *number, c.actor(), c.now());
    if (!done && done.error().code == errc::not_found)
        return failure(errc::not_found, "there is no such request for access");
    if (!done) return done.error();
    return answer{204, {}, {}};
}

}  // namespace latchkey::server
