// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_store.hpp"

#include "runner/store/sql_parts.hpp"

#include <algorithm>

namespace latchkey::store {

sql_store::sql_store(std::shared_ptr<sql_database> database, int decision_ids_at_once)
    : database_(std::move(database)), ids_at_once_(decision_ids_at_once) {}

policy::revision current_revision(sql_connection& in) {
    const auto row = in.one<std::int64_t>("SELECT value FROM counters WHERE name = 'revision'");
    if (!row) throw sql_error{{errc::corrupt, "the store has lost its revision: restore it from a backup"}};
    return policy::revision(std::get<0>(*row));
}

policy::revision next_revision(sql_connection& in) {
    const auto row =
        in.one<std::int64_t>("UPDATE counters SET value = value + 1 WHERE name = 'revision' RETURNING value");
    if (!row) throw sql_error{{errc::corrupt, "the store has lost its revision: restore it from a backup"}};
    return policy::revision(std::get<0>(*row));
}

result<policy::revision> sql_store::revision() {
    return read([](sql_connection& in) -> result<policy::revision> { return current_revision(in); });
}

result<policy::decision_id> sql_store::next_decision_id(int count) {
    if (count < 1) return failure(errc::usage, "a range of decision ids needs at least one");
    const std::lock_guard alone(ids_guard_);
    if (end_of_ids_ - next_id_ < count) {
        const int taken = std::max(count, ids_at_once_);
        const auto last = write([&](sql_connection& in) -> result<std::int64_t> {
            const auto row = in.one<std::int64_t>(
                "UPDATE counters SET value = value + :count WHERE name = 'decision' RETURNING value", taken);
            if (!row)
                return failure(errc::corrupt, "the store has lost its decision counter: restore it from a backup");
            return std::get<0>(*row);
        });
        if (!last) return last.error();
        next_id_ = *last - taken + 1;
        end_of_ids_ = *last + 1;
    }
    const policy::decision_id first(next_id_);
    next_id_ += count;
    return first;
}

}  // namespace latchkey::store
