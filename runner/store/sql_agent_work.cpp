// SPDX-License-Identifier: Apache-2.0
// The queue of work for agents. Whoever writes to the store does so alone (a lock of SQLite's, or PostgreSQL's that
// begins each write), so that a claim needs to skip no rows that others hold.
#include "runner/store/sql_agents.hpp"
#include "runner/store/sql_parts.hpp"
#include "runner/store/text_form.hpp"

namespace latchkey::store {
namespace {

enum class work_state : std::int64_t { waits = 0, leased = 1, left = 2, over = 3 };

constexpr std::int64_t stored(work_state s) {
    return static_cast<std::int64_t>(s);
}

// How many that wait for other tags are looked at for one claim.
constexpr int most_looked_at = 200;

}  // namespace

result<std::int64_t> sql_agents::enqueue(const agent_work& w, policy::time_point at) {
    return database_->write([&](sql_connection& in) -> result<std::int64_t> {
        const auto made = in.one<std::int64_t>(
            "INSERT INTO agent_work (run, attempt, rank, pool, cpu, tags, state, agent, lease, fence, lease_until, "
            "created_at) VALUES (:run, :attempt, :rank, :pool, :cpu, :tags, 0, 0, '', 0, 0, :at) RETURNING id",
            w.run.value(), w.attempt, w.rank, w.wish.pool, w.wish.cpu, to_list_text(w.wish.tags), to_stored(at));
        return std::get<0>(*made);
    });
}

result<std::optional<agent_work>> sql_agents::claim(const agent_record& a, const std::string& lease,
                                                    policy::time_point now, policy::time_point until) {
    using claimed = std::optional<agent_work>;
    // Mostly there is nothing: that is found without a turn to write.
    const auto waits = database_->read([&](sql_connection& in) -> result<bool> {
        return in.one<std::int64_t>("SELECT id FROM agent_work WHERE state = 0 LIMIT 1").has_value();
    });
    if (!waits) return waits.error();
    if (!*waits) return claimed();
    return database_->write([&](sql_connection& in) -> result<claimed> {
        for (auto& [id, run, attempt, rank, pool, cpu, tags, fence] :
             in.rows<std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::string, std::string, std::string,
                     std::int64_t>(
                 "SELECT w.id, w.run, w.attempt, w.rank, w.pool, w.cpu, w.tags, w.fence FROM agent_work w WHERE "
                 "w.state = 0 AND (w.pool = '' OR w.pool = :pool OR w.pool = :name) AND (w.cpu = '' OR w.cpu = :cpu) "
                 "AND NOT EXISTS (SELECT 1 FROM agent_work o WHERE o.run = w.run AND o.state = 2 AND o.lease_until > "
                 ":now) ORDER BY w.rank, w.id LIMIT :most",
                 a.pool, a.name, a.cpu, to_stored(now), most_looked_at)) {
            auto list = from_list_text(tags);
            if (!list) return failure(errc::corrupt, "the queue of agents is damaged in the store: restore a backup");
            agent_work w{id,
                         policy::run_id(run),
                         static_cast<int>(attempt),
                         static_cast<int>(rank),
                         {std::move(pool), std::move(cpu), std::move(*list)},
                         a.id,
                         lease,
                         fence + 1};
            if (!can_do(a, w.wish)) continue;
            in.exec(
                "UPDATE agent_work SET state = 1, agent = :agent, lease = :lease, fence = :fence, lease_until = "
                ":until WHERE id = :id",
                a.id, lease, w.fence, to_stored(until), id);
            return claimed(std::move(w));
        }
        return claimed();
    });
}

result<std::vector<std::int64_t>> sql_agents::renew(std::int64_t agent, std::span<const agent_lease> leases,
                                                    policy::time_point until) {
    if (leases.empty()) return std::vector<std::int64_t>();
    return database_->write([&](sql_connection& in) -> result<std::vector<std::int64_t>> {
        std::vector<std::int64_t> renewed;
        for (const agent_lease& l : leases)
            if (in.exec("UPDATE agent_work SET lease_until = :until WHERE id = :id AND agent = :agent AND fence = "
                        ":fence AND state = 1",
                        to_stored(until), l.work, agent, l.fence) > 0)
                renewed.push_back(l.work);
        return renewed;
    });
}

result<void> sql_agents::give_back(const agent_lease& l) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec(
            "UPDATE agent_work SET state = 0, agent = 0, lease = '', lease_until = 0 WHERE id = :id AND fence = "
            ":fence AND state = 1",
            l.work, l.fence);
        return {};
    });
}

result<void> sql_agents::finish(std::int64_t work) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("UPDATE agent_work SET state = :over WHERE id = :id AND state < 3", stored(work_state::over), work);
        return {};
    });
}

result<void> sql_agents::leave_behind() {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("UPDATE agent_work SET state = :over WHERE state = 0", stored(work_state::over));
        in.exec("UPDATE agent_work SET state = :left WHERE state = 1", stored(work_state::left));
        return {};
    });
}

result<void> sql_agents::let_go(std::int64_t agent) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("UPDATE agent_work SET state = :over WHERE agent = :agent AND state = 2", stored(work_state::over),
                agent);
        return {};
    });
}

}  // namespace latchkey::store
