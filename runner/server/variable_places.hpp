// SPDX-License-Identifier: Apache-2.0
//
// Whose a variable is, as the API says it: of a project, a pipeline or an environment, in a body or in the query, in
// both of Buddy's spellings; and whether the caller may see that. Blocks (store); one call, one thread.
#pragma once

#include "runner/server/call.hpp"

namespace latchkey::server {

using maybe_owner = std::optional<store::variable_owner>;

// `project`, `pipeline`, `environment` of a body: the innermost. Nothing: the body names none. not_found: the caller
// may not see it.
result<maybe_owner> place_in(const call&, input&);
// What a list is asked for; without a filter the workspace. Nothing: of what never has any.
result<maybe_owner> place_asked_for(const call&);
result<bool> may_see(const call&, const store::variable_owner&);

json view(const call&, const store::variable_record&);

}  // namespace latchkey::server
