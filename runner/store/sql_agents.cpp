// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_agents.hpp"

#include "runner/store/sql_parts.hpp"
#include "runner/store/text_form.hpp"

#include <algorithm>

namespace latchkey::store {
namespace {

constexpr std::int64_t workspace_of_nobody = 0;

failure no_such_agent() {
    return {errc::not_found, "there is no such agent"};
}

using agent_row =
    std::tuple<std::int64_t, std::string, std::string, std::string, std::string, std::int64_t, std::string,
               std::string, std::string, std::int64_t, std::int64_t, std::optional<std::int64_t>>;

agent_record agent_from(agent_row row) {
    auto& [id, name, pool, tags, cpu, capacity, signing, sealing, version, draining, created, seen] = row;
    auto list = from_list_text(tags);
    if (!list) throw sql_error{{errc::corrupt, "an agent's tags are damaged in the store: restore a backup"}};
    return {id,
            std::move(name),
            std::move(pool),
            std::move(*list),
            std::move(cpu),
            static_cast<int>(capacity),
            std::move(signing),
            std::move(sealing),
            std::move(version),
            draining != 0,
            from_stored(created),
            from_stored(seen)};
}

std::optional<agent_record> load_agent(sql_connection& in, std::int64_t id) {
    auto row = in.one<std::int64_t, std::string, std::string, std::string, std::string, std::int64_t, std::string,
                      std::string, std::string, std::int64_t, std::int64_t, std::optional<std::int64_t>>(
        "SELECT id, name, pool, tags, cpu, capacity, signing_key, sealing_key, version, draining, created_at, "
        "last_seen_at FROM agents WHERE id = :id AND removed_at IS NULL",
        id);
    if (!row) return std::nullopt;
    return agent_from(std::move(*row));
}

void note(sql_connection& in, const std::string& name, const std::string& what, policy::user_id by,
          policy::time_point at) {
    append_audit(in, policy::audit_kind::agent_changed, by, current_revision(in), {{"agent", name}, {"what", what}},
                 at, workspace_of_nobody);
}

}  // namespace

result<void> sql_agents::allow(const agent_registration& r, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("DELETE FROM agent_registrations WHERE expires_at <= :now", to_stored(at));
        in.exec(
            "INSERT INTO agent_registrations (token_hash, name, pool, tags, created_by, created_at, expires_at) "
            "VALUES (:hash, :name, :pool, :tags, :by, :at, :expires)",
            r.token_hash, r.name, r.pool, to_list_text(r.tags), r.by.value(), to_stored(at), to_stored(r.expires_at));
        note(in, r.name, "may come to the pool " + r.pool, r.by, at);
        return {};
    });
}

result<agent_record> sql_agents::enroll(const std::string& token_hash, agent_record wanted, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<agent_record> {
        auto row = in.one<std::string, std::string, std::string, std::int64_t>(
            "DELETE FROM agent_registrations WHERE token_hash = :hash AND expires_at > :now RETURNING name, pool, "
            "tags, created_by",
            token_hash, to_stored(at));
        if (!row)
            return failure(errc::not_found, "there is no such registration: its token is unknown, used up, or over");
        auto& [name, pool, tags, by] = *row;
        auto list = from_list_text(tags);
        if (!list) return failure(errc::corrupt, "a registration of an agent is damaged in the store");
        if (!name.empty()) wanted.name = name;
        if (!wanted.pool.empty() && wanted.pool != pool)
            return failure(errc::refused, "the registration is for the pool " + pool + ", not " + wanted.pool);
        wanted.pool = pool;
        for (std::string& tag : *list)
            if (std::ranges::find(wanted.tags, tag) == wanted.tags.end()) wanted.tags.push_back(std::move(tag));
        if (in.one<std::int64_t>("SELECT id FROM agents WHERE name = :name AND removed_at IS NULL", wanted.name))
            return failure(errc::conflict, "there is an agent \"" + wanted.name + "\": give this one another --name");
        const auto made = in.one<std::int64_t>(
            "INSERT INTO agents (name, pool, tags, cpu, capacity, signing_key, sealing_key, version, draining, "
            "created_at, last_seen_at) VALUES (:name, :pool, :tags, :cpu, :capacity, :signing, :sealing, :version, "
            "0, :at, :seen) RETURNING id",
            wanted.name, wanted.pool, to_list_text(wanted.tags), wanted.cpu, wanted.capacity, wanted.signing_key,
            wanted.sealing_key, wanted.version, to_stored(at), to_stored(at));
        note(in, wanted.name, "has come to the pool " + wanted.pool, policy::user_id(by), at);
        auto loaded = load_agent(in, std::get<0>(*made));
        if (!loaded) return no_such_agent();
        return std::move(*loaded);
    });
}

// Anybody may make another workspace, and nobody gets a right or loses one by that. Workspace 1 is of the machine's
// own runs.
result<bool> sql_agents::may_administer(policy::user_id user) {
    return database_->read([&](sql_connection& in) -> result<bool> {
        return in
            .one<std::int64_t>(
                "SELECT w.id FROM workspaces w JOIN members m ON m.workspace = w.id WHERE m.user_id = :user AND "
                "m.role > 0 AND w.removed_at IS NULL AND w.id = (SELECT min(id) FROM workspaces WHERE id <> 1)",
                user.value())
            .has_value();
    });
}

result<std::vector<agent_record>> sql_agents::all() {
    return database_->read([&](sql_connection& in) -> result<std::vector<agent_record>> {
        std::vector<agent_record> found;
        for (auto& row :
             in.rows<std::int64_t, std::string, std::string, std::string, std::string, std::int64_t, std::string,
                     std::string, std::string, std::int64_t, std::int64_t, std::optional<std::int64_t>>(
                 "SELECT id, name, pool, tags, cpu, capacity, signing_key, sealing_key, version, draining, "
                 "created_at, last_seen_at FROM agents WHERE removed_at IS NULL ORDER BY name"))
            found.push_back(agent_from(std::move(row)));
        return found;
    });
}

result<agent_record> sql_agents::get(std::int64_t id) {
    return database_->read([&](sql_connection& in) -> result<agent_record> {
        auto found = load_agent(in, id);
        if (!found) return no_such_agent();
        return std::move(*found);
    });
}

result<void> sql_agents::seen(std::int64_t id, const std::string& version, int capacity, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("UPDATE agents SET last_seen_at = :at, version = :version, capacity = :capacity WHERE id = :id",
                to_stored(at), version, capacity, id);
        return {};
    });
}

result<void> sql_agents::drain(std::int64_t id, bool draining, policy::user_id by, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto found = load_agent(in, id);
        if (!found) return no_such_agent();
        in.exec("UPDATE agents SET draining = :draining WHERE id = :id", draining, id);
        note(in, found->name, draining ? "takes no more work" : "takes work again", by, at);
        return {};
    });
}

result<void> sql_agents::remove(std::int64_t id, policy::user_id by, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<void> {
        const auto found = load_agent(in, id);
        if (!found) return no_such_agent();
        in.exec("UPDATE agents SET removed_at = :at WHERE id = :id", to_stored(at), id);
        note(in, found->name, "is gone", by, at);
        return {};
    });
}

bool can_do(const agent_record& a, const agent_wish& w) {
    return (w.pool.empty() || w.pool == a.pool || w.pool == a.name) && (w.cpu.empty() || w.cpu == a.cpu) &&
           std::ranges::all_of(
               w.tags, [&](const std::string& tag) { return std::ranges::find(a.tags, tag) != a.tags.end(); });
}

}  // namespace latchkey::store
