// SPDX-License-Identifier: Apache-2.0
//
// The SSH key that the server makes for a workspace or a project when it is first looked for: a variable of the type
// SSH_KEY, as the API shows it, sealed as any is. Whoever manages it may put another in its place, or remove it: then
// the next one that is looked for is new. Blocks; any thread.
#pragma once

#include "runner/run/service.hpp"
#include "runner/store/stores.hpp"
#include "runner/vault/vault.hpp"

#include <set>

namespace latchkey::server {

// Of a workspace or a project; made where there is none. refused: a variable of that name is no SSH key.
result<store::variable_record> default_key(store::stores&, const vault::vault&, const store::variable_owner&,
                                           policy::time_point now);

// Whether a variable is such a key that no action gets as its own.
bool is_kept_back(const store::variable_record&);

result<vault::secret> open_key(const vault::vault&, const store::variable_record&);

// Those of a run, by their names, for actions that log in with them.
result<std::map<std::string, vault::secret>> default_keys_for(store::stores&, const run::access::unlock&,
                                                              policy::pipeline_id, const std::set<std::string>& names,
                                                              policy::time_point now);

}  // namespace latchkey::server
