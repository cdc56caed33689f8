// SPDX-License-Identifier: Apache-2.0
//
// Steps that several transactions of the directory share. Each runs inside its caller's transaction and throws
// sql_error. Free functions; the connection is the caller's.
#pragma once

#include "runner/store/directory.hpp"
#include "runner/store/sql_parts.hpp"

namespace latchkey::store {

// Only ASCII letters fold, in every database alike.
std::string folded(std::string text);

result<void> check_email(const std::string&);  // usage: it is none

result<user_record> load_person(sql_connection&, policy::user_id);
// With role and groups; none: not a member of it.
std::optional<member_record> load_member(sql_connection&, policy::workspace_id, policy::user_id);
std::optional<permission_set_record> load_permission_set(sql_connection&, policy::workspace_id,
                                                         policy::permission_set_id);
std::optional<group_record> load_group(sql_connection&, policy::workspace_id, policy::group_id);

// Whether `actor` may change what belongs to the whole workspace. Who is no member is told that it is not there.
result<void> check_administrator(sql_connection&, policy::workspace_id, policy::user_id actor);
// Likewise for a project: its managers may, too.
result<void> check_project_manager(sql_connection&, policy::workspace_id, policy::project_id, policy::user_id actor);
std::optional<permission_set_record> load_role(sql_connection&, policy::workspace_id, policy::project_id,
                                               const member_record&);

// In the place of another of its name; with nothing sealed, that one is gone. Audited, and false: nothing was there.
bool change_secret(sql_connection&, policy::workspace_id, policy::project_id, const project_secret_record&);

// The audit entry of a change, at a new revision.
void audit_change(sql_connection&, policy::audit_kind, policy::workspace_id, policy::user_id actor, facts about,
                  policy::time_point);

failure no_such(const std::string& what);

}  // namespace latchkey::store
