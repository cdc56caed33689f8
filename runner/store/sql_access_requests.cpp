// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_access_requests.hpp"

#include "runner/store/sql_parts.hpp"

namespace latchkey::store {

namespace {

using request_row = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                               std::string, std::int64_t, std::int64_t, std::optional<std::int64_t>>;

access_request_record request_from(request_row& row) {
    auto& [id, run, pipeline, integration, by, at, note, state, closed_by, closed_at] = row;
    access_request_record r;
    r.id = id;
    r.run = policy::run_id(run);
    r.pipeline = policy::pipeline_id(pipeline);
    r.integration = policy::integration_id(integration);
    r.asked_by = policy::user_id(by);
    r.asked_at = from_stored(at);
    r.note = std::move(note);
    r.state = enum_from(state, request_state::withdrawn);
    r.closed_by = policy::user_id(closed_by);
    r.closed_at = from_stored(closed_at);
    return r;
}

template <class... In>
std::vector<access_request_record> load_requests(sql_connection& in, std::string_view sql, const In&... values) {
    std::vector<access_request_record> found;
    for (auto& row : in.rows<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                             std::string, std::int64_t, std::int64_t, std::optional<std::int64_t>>(sql, values...))
        found.push_back(request_from(row));
    return found;
}

facts facts_of(const access_request_record& r, const char* did) {
    return {{"did", did},
            {"request", std::to_string(r.id)},
            {"integration", to_fact(r.integration)},
            {"pipeline", to_fact(r.pipeline)},
            {"run", to_fact(r.run)},
            {"asked by", to_fact(r.asked_by)}};
}

void end_request(sql_connection& in, const access_request_record& r, request_state state, const char* did,
                 policy::user_id actor, policy::time_point at) {
    in.exec("UPDATE access_requests SET state = :state, closed_by = :by, closed_at = :at WHERE id = :id",
            static_cast<int>(state), actor.value(), to_stored(at), r.id);
    append_audit(in, policy::audit_kind::access_requested, actor, current_revision(in), facts_of(r, did), at);
    mark_changed(in, r.run);
}

// Whether the run that lacked it would get it now.
bool is_granted(sql_connection& in, const access_request_record& r, policy::time_point at) {
    const auto run = load_run(in, r.run);
    if (!run) return false;
    policy::use_request wanted;
    wanted.pipeline = r.pipeline;
    wanted.integration = r.integration;
    wanted.run = r.run;
    wanted.ref = run->source.ref;
    wanted.source = run->source.trust;
    wanted.fork_approved_by = run->source.fork_approved_by;
    wanted.now = at;
    return policy::decide(load_snapshot(in, r.pipeline, {&r.integration, 1}), wanted).allowed();
}

std::vector<access_request_record> open_requests(sql_connection& in, policy::integration_id integration) {
    return load_requests(in,
                         "SELECT id, run, pipeline, integration, asked_by, asked_at, note, state, closed_by, "
                         "closed_at FROM access_requests WHERE integration = :integration AND state = 0 ORDER BY id",
                         integration.value());
}

failure no_request(std::int64_t id) {
    return {errc::not_found, "there is no request " + std::to_string(id) + " for access"};
}

std::optional<access_request_record> load_request(sql_connection& in, policy::workspace_id workspace,
                                                  std::int64_t id) {
    auto found = load_requests(in,
                               "SELECT id, run, pipeline, integration, asked_by, asked_at, note, state, closed_by, "
                               "closed_at FROM access_requests WHERE workspace = :workspace AND id = :id",
                               workspace.value(), id);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::optional<access_request_record> open_one(sql_connection& in, policy::integration_id integration,
                                              policy::pipeline_id pipeline, policy::user_id by) {
    auto found = load_requests(in,
                               "SELECT id, run, pipeline, integration, asked_by, asked_at, note, state, closed_by, "
                               "closed_at FROM access_requests WHERE integration = :integration AND pipeline = "
                               ":pipeline AND asked_by = :by AND state = 0",
                               integration.value(), pipeline.value(), by.value());
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

}  // namespace

void settle_requests(sql_connection& in, policy::integration_id integration, policy::user_id actor,
                     policy::time_point at) {
    for (const access_request_record& r : open_requests(in, integration))
        if (is_granted(in, r, at)) end_request(in, r, request_state::granted, "granted", actor, at);
}

void drop_requests(sql_connection& in, policy::integration_id integration, policy::user_id actor,
                   policy::time_point at) {
    for (const access_request_record& r : open_requests(in, integration))
        end_request(in, r, request_state::dismissed, "the integration was removed", actor, at);
}

result<access_requests::asked> sql_access_requests::ask(policy::run_id id,
                                                        std::span<const policy::integration_id> integrations,
                                                        policy::user_id actor, const std::string& note,
                                                        policy::time_point at, policy::time_point since, int most) {
    return database_->write([&](sql_connection& in) -> result<asked> {
        const auto run = load_run(in, id);
        if (!run) return failure(errc::not_found, "there is no run " + to_fact(id));
        const auto workspace =
            in.one<std::int64_t>("SELECT workspace FROM projects WHERE id = :id", run->project.value());
        const auto lately =
            in.one<std::int64_t>("SELECT count(*) FROM access_requests WHERE asked_by = :by AND asked_at > :since",
                                 actor.value(), to_stored(since));
        std::int64_t made = lately ? std::get<0>(*lately) : 0;
        std::vector<policy::integration_id> wanted;
        asked a;
        for (const policy::integration_id integration : integrations) {
            if (auto known = open_one(in, integration, run->pipeline, actor)) {
                a.all.push_back(std::move(*known));
                continue;
            }
            // Nobody asks for what is there, or for what they can give themselves.
            access_request_record one;
            one.run = id;
            one.pipeline = run->pipeline;
            one.integration = integration;
            const auto facts_now = load_snapshot(in, run->pipeline, {&integration, 1});
            if (facts_now.find(integration) == nullptr || is_granted(in, one, at) ||
                policy::may_grant(facts_now, actor, integration, run->pipeline) == policy::grant_refusal::none)
                continue;
            wanted.push_back(integration);
        }
        made += static_cast<std::int64_t>(wanted.size());
        a.too_many = !wanted.empty() && made > most;
        if (a.too_many) return a;
        for (const policy::integration_id integration : wanted) {
            in.exec(
                "INSERT INTO access_requests (workspace, run, pipeline, integration, asked_by, asked_at, note) "
                "VALUES "
                "(:workspace, :run, :pipeline, :integration, :by, :at, :note)",
                workspace ? std::get<0>(*workspace) : 0, id.value(), run->pipeline.value(), integration.value(),
                actor.value(), to_stored(at), note);
            auto one = open_one(in, integration, run->pipeline, actor);
            if (!one) throw sql_error{{errc::store, "the store gave no number to a new request: try again"}};
            append_audit(in, policy::audit_kind::access_requested, actor, current_revision(in),
                         facts_of(*one, "asked"), at);
            a.all.push_back(std::move(*one));
            a.anything_new = true;
        }
        if (a.anything_new) mark_changed(in, id);
        return a;
    });
}

result<std::vector<access_request_record>> sql_access_requests::list(const query& q) {
    return database_->read([&](sql_connection& in) -> result<std::vector<access_request_record>> {
        const std::int64_t by = q.asked_by ? q.asked_by->value() : 0;
        return load_requests(
            in,
            "SELECT id, run, pipeline, integration, asked_by, asked_at, note, state, closed_by, "
            "closed_at FROM access_requests WHERE workspace = :workspace AND (CAST(:any_id AS BIGINT) = 0 OR id < "
            ":before) AND (:all = 1 OR state = 0) AND (CAST(:anybody AS BIGINT) = 0 OR asked_by = :by) "
            "ORDER BY id DESC LIMIT :limit",
            q.workspace.value(), q.before, q.before, !q.open_only, by, by, q.limit);
    });
}

result<access_request_record> sql_access_requests::get(policy::workspace_id workspace, std::int64_t id) {
    return database_->read([&](sql_connection& in) -> result<access_request_record> {
        auto found = load_request(in, workspace, id);
        if (!found) return no_request(id);
        return std::move(*found);
    });
}

result<void> sql_access_requests::close(policy::workspace_id workspace, std::int64_t id, policy::user_id actor,
                                        policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto known = load_request(in, workspace, id);
        if (!known) return no_request(id);
        const bool own = known->asked_by == actor;
        const auto facts_now = load_snapshot(in, known->pipeline, {&known->integration, 1});
        const auto refusal = policy::may_grant(facts_now, actor, known->integration, known->pipeline);
        // Who may not grant it is not told that it is there.
        if (!own && refusal != policy::grant_refusal::none) return no_request(id);
        if (known->state != request_state::open)
            return failure(errc::conflict, "the request " + std::to_string(id) + " is closed already");
        end_request(in, *known, own ? request_state::withdrawn : request_state::dismissed,
                    own ? "withdrawn" : "dismissed", actor, at);
        return {};
    });
}

}  // namespace latchkey::store
