// SPDX-License-Identifier: Apache-2.0
#include "runner/store/sql_store.hpp"

#include "runner/store/sql_parts.hpp"

namespace latchkey::store {

sql_store::sql_store(std::unique_ptr<sql_connection> writer, connector connect)
    : writer_(std::move(writer)), connect_(std::move(connect)) {}

sql_store::reader_lease::reader_lease(sql_store& store) : owner(store), writer(store.writing_, std::try_to_lock) {
    if (writer.owns_lock()) {
        connection = owner.writer_.get();
        return;
    }
    {
        const std::lock_guard alone(owner.idle_guard_);
        if (!owner.idle_.empty()) {
            own = std::move(owner.idle_.back());
            owner.idle_.pop_back();
        }
    }
    if (!own) own = owner.connect_();
    connection = own.get();
}

sql_store::reader_lease::~reader_lease() {
    if (!own) return;
    const std::lock_guard alone(owner.idle_guard_);
    owner.idle_.push_back(std::move(own));
}

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
    return write([&](sql_connection& in) -> result<policy::decision_id> {
        const auto row = in.one<std::int64_t>(
            "UPDATE counters SET value = value + :count WHERE name = 'decision' RETURNING value", count);
        if (!row) return failure(errc::corrupt, "the store has lost its decision counter: restore it from a backup");
        return policy::decision_id(std::get<0>(*row) - count + 1);
    });
}

}  // namespace latchkey::store
