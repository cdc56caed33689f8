// SPDX-License-Identifier: Apache-2.0
//
// Steps that the transactions of variables, environments, webhooks and the like share: what is sealed for an owner,
// and who may change what. Each runs inside its caller's transaction and throws sql_error. Free functions; the
// connection is the caller's.
#pragma once

#include "runner/store/environments.hpp"
#include "runner/store/sql_directory_parts.hpp"
#include "runner/store/variables.hpp"

namespace latchkey::store {

std::optional<vault::sealed_field> load_sealed(sql_connection&, const vault::value_owner&);
// In the place of what was sealed for this owner; nothing is kept where there is none.
void put_sealed(sql_connection&, const vault::value_owner&, const std::optional<vault::sealed_field>&);

// That is not removed; invalid: there is none.
policy::workspace_id workspace_of(sql_connection&, policy::project_id);
// Who may change pipelines of the project at all: by their role there.
result<void> check_pipelines_writer(sql_connection&, policy::project_id, policy::user_id actor);
// And this one: its own permissions may say otherwise.
result<void> check_pipeline_writer(sql_connection&, policy::pipeline_id, policy::user_id actor);
// not_found: who may not see it; denied: who may not manage it.
result<void> check_environment_manager(sql_connection&, policy::workspace_id, policy::environment_id,
                                       policy::user_id actor);
void remove_variables_of(sql_connection&, policy::workspace_id, variable_level, std::int64_t owner);

}  // namespace latchkey::store
