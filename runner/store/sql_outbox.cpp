// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_outbox.hpp"

#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/sql_webhooks.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>
#include <array>

namespace latchkey::store {
namespace {

constexpr std::array<std::string_view, 5> kinds = {"made", "started", "changed", "ended", "event"};

std::string name_of(notice_kind kind) {
    return std::string(kinds[static_cast<std::size_t>(kind)]);
}

std::optional<notice_kind> kind_from(const std::string& text) {
    const auto at = std::ranges::find(kinds, text);
    return at == kinds.end() ? std::optional<notice_kind>()
                             : std::optional(static_cast<notice_kind>(at - kinds.begin()));
}

int queue_for_webhooks(sql_connection& in, policy::project_id project, const outgoing_message& message,
                       policy::time_point at) {
    int queued = 0;
    // A project that was removed meanwhile has nobody to tell.
    for (const webhook_record& hook : load_webhooks(in, workspace_of(in, project))) {
        if (std::ranges::find(hook.events, message.event) == hook.events.end()) continue;
        if (!hook.projects.empty() && std::ranges::find(hook.projects, project) == hook.projects.end()) continue;
        in.exec(
            "INSERT INTO deliveries (webhook, event, body, next_try, created_at) VALUES (:webhook, :event, :body, "
            ":at, :at2)",
            hook.id.value(), message.event, message.body, to_stored(at), to_stored(at));
        ++queued;
    }
    return queued;
}

}  // namespace

void leave_notice(sql_connection& in, policy::run_id run, int attempt, notice_kind kind, run::status status,
                  policy::time_point at) {
    in.exec(
        "INSERT INTO notices (project, kind, run, attempt, status, event, at) SELECT runs.project, :kind, runs.id, "
        ":attempt, :status, '', :at FROM runs JOIN projects ON projects.id = runs.project WHERE runs.id = :run AND "
        "(runs.origin LIKE '%EVENT%' OR EXISTS (SELECT 1 FROM webhooks WHERE webhooks.workspace = "
        "projects.workspace))",
        name_of(kind), attempt, run::to_string(status), to_stored(at), run.value());
}

void leave_notice(sql_connection& in, policy::project_id project, const facts& event, policy::time_point at) {
    in.exec(
        "INSERT INTO notices (project, kind, run, attempt, status, event, at) SELECT projects.id, :kind, 0, 0, "
        "'INITIAL', :event, :at FROM projects WHERE projects.id = :project AND EXISTS (SELECT 1 FROM webhooks WHERE "
        "webhooks.workspace = projects.workspace)",
        name_of(notice_kind::event), to_pairs_text(event), to_stored(at), project.value());
}

result<std::vector<notice_record>> sql_outbox::notices(int most) {
    return database_->read([&](sql_connection& in) -> result<std::vector<notice_record>> {
        std::vector<notice_record> found;
        for (auto& [id, workspace, domain, project, kind, run, attempt, status, event, at] :
             in.rows<std::int64_t, std::int64_t, std::string, std::int64_t, std::string, std::int64_t, std::int64_t,
                     std::string, std::string, std::int64_t>(
                 "SELECT n.id, w.id, w.domain, n.project, n.kind, n.run, n.attempt, n.status, n.event, n.at FROM "
                 "notices n JOIN projects p ON p.id = n.project JOIN workspaces w ON w.id = p.workspace ORDER BY "
                 "n.id "
                 "LIMIT :most",
                 most)) {
            const auto known_kind = kind_from(kind);
            const auto known_status = run::status_from(status);
            auto pairs = event.empty() ? std::optional<facts>(facts()) : from_pairs_text(event);
            if (!known_kind || !known_status || !pairs)
                return failure(errc::corrupt, "what is to be told to others is damaged in the store (notices " +
                                                  std::to_string(id) + "): restore a backup");
            found.push_back({id,
                             {policy::workspace_id(workspace), std::move(domain), policy::project_id(project)},
                             *known_kind,
                             policy::run_id(run),
                             static_cast<int>(attempt),
                             *known_status,
                             std::move(*pairs),
                             from_stored(at)});
        }
        return found;
    });
}

result<int> sql_outbox::dispatch(const notice_record& notice, const std::vector<outgoing_message>& messages,
                                 bool tell_status, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<int> {
        // Two that have read the same notice: one of them makes something of it.
        if (in.exec("DELETE FROM notices WHERE id = :id", notice.id) == 0) return 0;
        int queued = 0;
        for (const outgoing_message& message : messages)
            queued += queue_for_webhooks(in, notice.place.project, message, at);
        if (tell_status)
            in.exec(
                // Who sends an older one now goes first: two at once could arrive in the wrong order.
                "INSERT INTO commit_statuses (run, notice, tries, sending, next_try) VALUES (:run, :notice, 0, 0, "
                ":at) "
                "ON CONFLICT (run) DO UPDATE SET notice = excluded.notice, tries = 0, next_try = CASE WHEN "
                "commit_statuses.sending = 1 THEN commit_statuses.next_try ELSE excluded.next_try END",
                notice.run.value(), notice.id, to_stored(at));
        return queued;
    });
}

result<std::vector<due_status>> sql_outbox::claim_statuses(int most, policy::time_point now,
                                                           std::chrono::milliseconds lease) {
    return database_->write([&](sql_connection& in) -> result<std::vector<due_status>> {
        std::vector<due_status> taken;
        for (auto& [run, notice, tries, workspace, domain, project] :
             in.rows<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::string, std::int64_t>(
                 "SELECT s.run, s.notice, s.tries, w.id, w.domain, p.id FROM commit_statuses s JOIN runs r ON r.id = "
                 "s.run JOIN projects p ON p.id = r.project JOIN workspaces w ON w.id = p.workspace WHERE s.next_try "
                 "<= :now ORDER BY s.next_try, s.run LIMIT :most",
                 to_stored(now), most)) {
            in.exec("UPDATE commit_statuses SET tries = tries + 1, sending = 1, next_try = :until WHERE run = :run",
                    to_stored(now + lease), run);
            taken.push_back({policy::run_id(run),
                             {policy::workspace_id(workspace), std::move(domain), policy::project_id(project)},
                             notice,
                             static_cast<int>(tries) + 1});
        }
        return taken;
    });
}

result<void> sql_outbox::finish_status(const due_status& what, std::optional<policy::time_point> again,
                                       policy::time_point now) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto row = in.one<std::int64_t, std::int64_t>(
            "SELECT notice, tries FROM commit_statuses WHERE run = :run", what.run.value());
        const auto [notice, tries] = row.value_or(std::tuple<std::int64_t, std::int64_t>());
        const bool newer = notice != what.notice && tries == 0;
        // Else somebody has taken it since.
        if (!row || (!newer && (notice != what.notice || tries != what.tries))) return {};
        if (!newer && !again)
            in.exec("DELETE FROM commit_statuses WHERE run = :run", what.run.value());
        else
            in.exec("UPDATE commit_statuses SET sending = 0, next_try = :again WHERE run = :run",
                    to_stored(newer ? now : *again), what.run.value());
        return {};
    });
}

result<notice_place> sql_outbox::place_of(policy::project_id project) {
    return database_->read([&](sql_connection& in) -> result<notice_place> {
        auto row = in.one<std::int64_t, std::string>(
            "SELECT w.id, w.domain FROM projects p JOIN workspaces w ON w.id = p.workspace WHERE p.id = :project",
            project.value());
        if (!row) return no_such("project");
        return notice_place{policy::workspace_id(std::get<0>(*row)), std::move(std::get<1>(*row)), project};
    });
}

result<outbox::waiting> sql_outbox::look() {
    return database_->read([&](sql_connection& in) -> result<waiting> {
        using row = std::tuple<std::int64_t, std::optional<std::int64_t>>;
        const auto [deliveries, first] = in.one<std::int64_t, std::optional<std::int64_t>>(
                                               "SELECT count(*), min(next_try) FROM deliveries WHERE state < 2")
                                             .value_or(row());
        const auto [statuses, other] =
            in.one<std::int64_t, std::optional<std::int64_t>>("SELECT count(*), min(next_try) FROM commit_statuses")
                .value_or(row());
        waiting now{deliveries, statuses, from_stored(first)};
        if (other && (!now.next || from_stored(*other) < *now.next)) now.next = from_stored(*other);
        return now;
    });
}

}  // namespace latchkey::store
