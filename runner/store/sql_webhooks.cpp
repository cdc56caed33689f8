// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_webhooks.hpp"

#include "runner/store/sql_resource_parts.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

vault::value_owner sealed_of(policy::webhook_id id) {
    return {vault::value_kind::webhook, id.value()};
}

result<void> put_projects(sql_connection& in, const webhook_record& hook) {
    in.exec("DELETE FROM webhook_projects WHERE webhook = :id", hook.id.value());
    for (const policy::project_id project : hook.projects) {
        if (workspace_of(in, project) != hook.workspace) return no_such("project");
        in.exec("INSERT INTO webhook_projects (webhook, project) VALUES (:id, :project) ON CONFLICT DO NOTHING",
                hook.id.value(), project.value());
    }
    return {};
}

// Of an address its host only: paths and queries of webhooks are secrets of many services.
std::string host_of(const std::string& target) {
    const auto begin = target.find("://");
    if (begin == std::string::npos) return "";
    const auto host = target.substr(begin + 3, target.find_first_of("/?#", begin + 3) - begin - 3);
    return host.substr(host.rfind('@') + 1);
}

facts facts_of(const webhook_record& hook, const char* did) {
    std::string events;
    for (const auto& e : hook.events) events += (events.empty() ? "" : ", ") + e;
    return {{"did", did}, {"webhook", to_fact(hook.id)}, {"host", host_of(hook.target)}, {"events", events}};
}

}  // namespace

std::optional<webhook_record> load_webhook(sql_connection& in, policy::workspace_id workspace,
                                           policy::webhook_id id) {
    auto row = in.one<std::string, std::string, std::int64_t, std::int64_t>(
        "SELECT target, events, created_at, changed_at FROM webhooks WHERE id = :id AND workspace = :workspace",
        id.value(), workspace.value());
    if (!row) return std::nullopt;
    auto& [target, events, created, changed] = *row;
    auto list = from_list_text(events);
    if (!list) throw sql_error{{errc::corrupt, "webhook " + to_fact(id) + " in the store is damaged: remove it"}};
    webhook_record found;
    found.id = id;
    found.workspace = workspace;
    found.target = std::move(target);
    found.events = std::move(*list);
    found.created_at = from_stored(created);
    found.changed_at = from_stored(changed);
    for (const auto& [project] : in.rows<std::int64_t>(
             "SELECT project FROM webhook_projects WHERE webhook = :id ORDER BY project", id.value()))
        found.projects.emplace_back(project);
    found.secret = load_sealed(in, sealed_of(id));
    return found;
}

std::vector<webhook_record> load_webhooks(sql_connection& in, policy::workspace_id workspace) {
    std::vector<webhook_record> found;
    for (const auto& [id] :
         in.rows<std::int64_t>("SELECT id FROM webhooks WHERE workspace = :workspace ORDER BY id", workspace.value()))
        if (auto one = load_webhook(in, workspace, policy::webhook_id(id))) found.push_back(std::move(*one));
    return found;
}

result<webhook_record> sql_webhooks::add(webhook_record wanted, const sealer& seal, policy::user_id actor) {
    if (wanted.target.empty()) return failure(errc::usage, "a webhook needs an address");
    return database_->write([&](sql_connection& in) -> result<webhook_record> {
        if (auto may = check_administrator(in, wanted.workspace, actor); !may) return may.error();
        const std::int64_t at = to_stored(wanted.created_at);
        const auto made = in.one<std::int64_t>(
            "INSERT INTO webhooks (workspace, target, events, created_at, changed_at) VALUES (:workspace, :target, "
            ":events, :at, :at2) RETURNING id",
            wanted.workspace.value(), wanted.target, to_list_text(wanted.events), at, at);
        if (!made) return failure(errc::store, "the store gave no number to a new webhook: try again");
        wanted.id = policy::webhook_id(std::get<0>(*made));
        if (auto put = put_projects(in, wanted); !put) return put.error();
        if (seal) put_sealed(in, sealed_of(wanted.id), seal(wanted.id));
        audit_change(in, policy::audit_kind::webhook_changed, wanted.workspace, actor, facts_of(wanted, "added"),
                     wanted.created_at);
        return std::move(*load_webhook(in, wanted.workspace, wanted.id));
    });
}

result<webhook_record> sql_webhooks::get(policy::workspace_id workspace, policy::webhook_id id) {
    return database_->read([&](sql_connection& in) -> result<webhook_record> {
        auto found = load_webhook(in, workspace, id);
        if (!found) return no_such("webhook");
        return std::move(*found);
    });
}

result<std::vector<webhook_record>> sql_webhooks::list(policy::workspace_id workspace) {
    return database_->read(
        [&](sql_connection& in) -> result<std::vector<webhook_record>> { return load_webhooks(in, workspace); });
}

result<webhook_record> sql_webhooks::edit(const webhook_record& wanted, policy::user_id actor,
                                          policy::time_point at) {
    if (wanted.target.empty()) return failure(errc::usage, "a webhook needs an address");
    return database_->write([&](sql_connection& in) -> result<webhook_record> {
        if (auto may = check_administrator(in, wanted.workspace, actor); !may) return may.error();
        const auto known = load_webhook(in, wanted.workspace, wanted.id);
        if (!known) return no_such("webhook");
        if (known->changed_at != wanted.changed_at)
            return failure(errc::conflict, "the webhook was changed by somebody else: look at it again, then edit");
        const auto changed_at = std::max(at, known->changed_at + std::chrono::milliseconds(1));
        in.exec("UPDATE webhooks SET target = :target, events = :events, changed_at = :at WHERE id = :id",
                wanted.target, to_list_text(wanted.events), to_stored(changed_at), wanted.id.value());
        if (auto put = put_projects(in, wanted); !put) return put.error();
        put_sealed(in, sealed_of(wanted.id), wanted.secret);
        facts about = facts_of(wanted, "edited");
        about.emplace_back("secret", known->secret == wanted.secret ? "same" : "changed");
        audit_change(in, policy::audit_kind::webhook_changed, wanted.workspace, actor, about, at);
        return std::move(*load_webhook(in, wanted.workspace, wanted.id));
    });
}

result<void> sql_webhooks::remove(policy::workspace_id workspace, policy::webhook_id id, policy::user_id actor,
                                  policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        if (auto may = check_administrator(in, workspace, actor); !may) return may.error();
        const auto known = load_webhook(in, workspace, id);
        if (!known) return no_such("webhook");
        in.exec("DELETE FROM deliveries WHERE webhook = :id", id.value());
        in.exec("DELETE FROM webhook_projects WHERE webhook = :id", id.value());
        put_sealed(in, sealed_of(id), std::nullopt);
        in.exec("DELETE FROM webhooks WHERE id = :id", id.value());
        audit_change(in, policy::audit_kind::webhook_changed, workspace, actor, facts_of(*known, "removed"), at);
        return {};
    });
}

}  // namespace latchkey::store
