// SPDX-License-Identifier: Apache-2.0
// The queue of what is to be sent to webhooks.
#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/sql_webhooks.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

constexpr std::int64_t deliveries_kept = 20;  // of each webhook, that are done

std::optional<delivery_record> load_delivery(sql_connection& in, std::int64_t id) {
    auto row = in.one<std::int64_t, std::int64_t, std::string, std::string, std::int64_t, std::int64_t, std::int64_t,
                      std::int64_t, std::optional<std::int64_t>, std::string>(
        "SELECT webhook, workspace, event, body, tries, state, next_try, deliveries.created_at, posted_at, response "
        "FROM deliveries JOIN webhooks ON webhooks.id = deliveries.webhook WHERE deliveries.id = :id",
        id);
    if (!row) return std::nullopt;
    auto& [hook, workspace, event, body, tries, state, next, created, posted, response] = *row;
    return delivery_record{id,
                           policy::webhook_id(hook),
                           policy::workspace_id(workspace),
                           std::move(event),
                           std::move(body),
                           static_cast<int>(tries),
                           enum_from(state, delivery_state::given_up),
                           from_stored(next),
                           from_stored(created),
                           from_stored(posted),
                           std::move(response)};
}

}  // namespace

result<int> sql_webhooks::enqueue(policy::project_id project, const std::string& event, const std::string& body,
                                  policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<int> {
        const policy::workspace_id workspace = workspace_of(in, project);
        if (!workspace.valid()) return no_such("project");
        int queued = 0;
        for (const webhook_record& hook : load_webhooks(in, workspace)) {
            if (std::ranges::find(hook.events, event) == hook.events.end()) continue;
            if (!hook.projects.empty() && std::ranges::find(hook.projects, project) == hook.projects.end()) continue;
            in.exec(
                "INSERT INTO deliveries (webhook, event, body, next_try, created_at) VALUES (:webhook, :event, "
                ":body, "
                ":at, :at2)",
                hook.id.value(), event, body, to_stored(at), to_stored(at));
            ++queued;
        }
        return queued;
    });
}

result<std::vector<delivery_record>> sql_webhooks::claim(int most, policy::time_point now,
                                                         std::chrono::milliseconds lease) {
    return database_->write([&](sql_connection& in) -> result<std::vector<delivery_record>> {
        std::vector<delivery_record> taken;
        // Webhooks first, then the first of each: of one that does not answer thousands may be due, and none of them
        // is looked at while one is sent.
        for (const auto& [id] : in.rows<std::int64_t>(
                 "SELECT d.id FROM webhooks AS w CROSS JOIN deliveries AS d WHERE d.id = (SELECT f.id FROM "
                 "deliveries "
                 "AS f WHERE f.webhook = w.id AND f.state < 2 AND f.next_try <= :now ORDER BY f.next_try, f.id LIMIT "
                 "1) AND NOT EXISTS (SELECT 1 FROM deliveries AS o WHERE o.webhook = w.id AND o.state = 1 AND "
                 "o.next_try > :now2) ORDER BY d.next_try, d.id LIMIT :most",
                 to_stored(now), to_stored(now), most)) {
            in.exec("UPDATE deliveries SET state = 1, tries = tries + 1, next_try = :until WHERE id = :id",
                    to_stored(now + lease), id);
            if (auto one = load_delivery(in, id)) taken.push_back(std::move(*one));
        }
        return taken;
    });
}

result<void> sql_webhooks::finish(std::int64_t delivery, int tries, const outcome& what, policy::time_point now) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto known = load_delivery(in, delivery);
        if (!known) return no_such("delivery");
        if (known->state != delivery_state::sending || known->tries != tries)
            return failure(errc::conflict, "another sender has taken this delivery since");
        const auto state = what.delivered ? delivery_state::delivered
                           : what.again   ? delivery_state::waiting
                                          : delivery_state::given_up;
        in.exec(
            "UPDATE deliveries SET state = :state, next_try = :again, posted_at = :now, response = :response WHERE "
            "id "
            "= :id",
            static_cast<int>(state), to_stored(what.again.value_or(now)), to_stored(now), what.response, delivery);
        in.exec(
            "DELETE FROM deliveries WHERE webhook = :webhook AND state >= 2 AND id NOT IN (SELECT id FROM deliveries "
            "WHERE webhook = :webhook2 AND state >= 2 ORDER BY posted_at DESC, id DESC LIMIT :most)",
            known->webhook.value(), known->webhook.value(), deliveries_kept);
        return {};
    });
}

result<std::vector<delivery_record>> sql_webhooks::last_deliveries(policy::webhook_id hook, int most) {
    return database_->read([&](sql_connection& in) -> result<std::vector<delivery_record>> {
        std::vector<delivery_record> found;
        for (const auto& [id] : in.rows<std::int64_t>(
                 "SELECT id FROM deliveries WHERE webhook = :webhook AND posted_at IS NOT NULL ORDER BY posted_at "
                 "DESC, id DESC LIMIT :most",
                 hook.value(), most))
            if (auto one = load_delivery(in, id)) found.push_back(std::move(*one));
        return found;
    });
}

}  // namespace latchkey::store
