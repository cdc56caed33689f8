// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_moved_logs.hpp"

#include <limits>

namespace latchkey::store {

namespace {

moved_log log_from(policy::run_id run, std::int64_t attempt, std::int64_t action, std::string place,
                   std::string object, std::int64_t size) {
    return {run,
            static_cast<int>(attempt),
            static_cast<int>(action),
            std::move(place),
            std::move(object),
            static_cast<std::uint64_t>(size)};
}

}  // namespace

result<void> sql_moved_logs::note(const moved_log& log) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec(
            "INSERT INTO moved_logs (run, attempt, action, place, object, size) VALUES (:run, :attempt, :action, "
            ":place, :object, :size) ON CONFLICT (run, attempt, action) DO UPDATE SET place = excluded.place, object "
            "= "
            "excluded.object, size = excluded.size",
            log.run.value(), log.attempt, log.action, log.place, log.object, static_cast<std::int64_t>(log.size));
        return {};
    });
}

result<std::optional<moved_log>> sql_moved_logs::find(policy::run_id run, int attempt, int action) {
    return database_->read([&](sql_connection& in) -> result<std::optional<moved_log>> {
        auto row = in.one<std::string, std::string, std::int64_t>(
            "SELECT place, object, size FROM moved_logs WHERE run = :run AND attempt = :attempt AND action = :action",
            run.value(), attempt, action);
        if (!row) return std::optional<moved_log>();
        auto& [place, object, size] = *row;
        return std::optional(log_from(run, attempt, action, std::move(place), std::move(object), size));
    });
}

result<std::vector<moved_log>> sql_moved_logs::of_run(policy::run_id run) {
    return database_->read([&](sql_connection& in) -> result<std::vector<moved_log>> {
        std::vector<moved_log> found;
        for (auto& [attempt, action, place, object, size] :
             in.rows<std::int64_t, std::int64_t, std::string, std::string, std::int64_t>(
                 "SELECT attempt, action, place, object, size FROM moved_logs WHERE run = :run ORDER BY attempt, "
                 "action",
                 run.value()))
            found.push_back(log_from(run, attempt, action, std::move(place), std::move(object), size));
        return found;
    });
}

result<std::vector<policy::run_id>> sql_moved_logs::runs(std::int64_t before, int most) {
    if (before == 0) before = std::numeric_limits<std::int64_t>::max();
    return database_->read([&](sql_connection& in) -> result<std::vector<policy::run_id>> {
        std::vector<policy::run_id> found;
        for (const auto& [run] : in.rows<std::int64_t>(
                 "SELECT DISTINCT run FROM moved_logs WHERE run < :before ORDER BY run DESC LIMIT :most", before,
                 most))
            found.emplace_back(run);
        return found;
    });
}

result<void> sql_moved_logs::forget(const moved_log& log) {
    return database_->write([&](sql_connection& in) -> result<void> {
        in.exec("DELETE FROM moved_logs WHERE run = :run AND attempt = :attempt AND action = :action",
                log.run.value(), log.attempt, log.action);
        return {};
    });
}

}  // namespace latchkey::store
