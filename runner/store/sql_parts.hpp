// SPDX-License-Identifier: Apache-2.0
//
// Steps that several transactions of the SQL store share. Each runs inside its caller's transaction and throws
// sql_error. Free functions; the connection is the caller's.
#pragma once

#include "runner/store/sql_connection.hpp"
#include "runner/store/store.hpp"

namespace latchkey::store {

constexpr std::int64_t to_stored(policy::time_point at) {
    return at.time_since_epoch().count();
}
constexpr policy::time_point from_stored(std::int64_t at) {
    return policy::time_point(std::chrono::milliseconds(at));
}
inline std::optional<std::int64_t> to_stored(const std::optional<policy::time_point>& at) {
    return at ? std::optional(to_stored(*at)) : std::nullopt;
}
inline std::optional<policy::time_point> from_stored(const std::optional<std::int64_t>& at) {
    return at ? std::optional(from_stored(*at)) : std::nullopt;
}

template <class Id>
std::string to_fact(Id id) {
    return std::to_string(id.value());
}

// Stored numbers of enumerations: what is none of them is damage, not a guess.
template <class Enum>
Enum enum_from(std::int64_t stored, Enum last) {
    if (stored < 0 || stored > static_cast<std::int64_t>(last)) {
        throw sql_error{{errc::corrupt, "the store holds a value that means nothing: restore it from a backup"}};
    }
    return static_cast<Enum>(stored);
}

policy::revision current_revision(sql_connection&);
policy::revision next_revision(sql_connection&);
// Whose business it is is looked up, unless the caller has: the workspace's number.
void append_audit(sql_connection&, policy::audit_kind, policy::user_id actor, policy::revision, const facts&,
                  policy::time_point, std::optional<std::int64_t> workspace = std::nullopt);
void append_decisions(sql_connection&, std::span<const decision_record>, policy::user_id actor, policy::time_point);
// For a retry that had nothing to grant. conflict: the key was used before.
void keep_retry_key(sql_connection&, const new_attempt&, int attempt, policy::revision);
// See store::append_events.
result<void> add_events(sql_connection&, policy::run_id, int attempt, std::span<const run::event>);

std::optional<pipeline_record> load_pipeline(sql_connection&, policy::pipeline_id);
std::optional<policy::integration> load_rights(sql_connection&, policy::integration_id);
policy::snapshot load_snapshot(sql_connection&, policy::pipeline_id, std::span<const policy::integration_id>);
std::vector<policy::grant> load_grants(sql_connection&, policy::integration_id);
// See store::pipeline_list. `without_condition`: a grant under one is not enough.
result<void> set_allowed_pipelines(sql_connection&, const integration_record&,
                                   const std::vector<policy::pipeline_id>& allowed, bool without_condition,
                                   policy::user_id actor, policy::revision, policy::time_point);
// With its audit entry; the id of the grant is the store's.
policy::grant insert_grant(sql_connection&, policy::grant, policy::revision);

// Requests for it that are met by now are closed. After whatever may let a pipeline use it.
void settle_requests(sql_connection&, policy::integration_id, policy::user_id actor, policy::time_point);
// It is gone.
void drop_requests(sql_connection&, policy::integration_id, policy::user_id actor, policy::time_point);
// The run looks otherwise from now on: whoever watches its list reads it again.
void mark_changed(sql_connection&, policy::run_id);

std::optional<run_record> load_run(sql_connection&, policy::run_id);
// conflict: the last attempt is open.
result<int> insert_attempt(sql_connection&, const run_record&, const new_attempt&, policy::revision);

}  // namespace latchkey::store
