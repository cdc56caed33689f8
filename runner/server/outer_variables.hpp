// SPDX-License-Identifier: Apache-2.0
//
// The variables that the API keeps, as a run has them: those of its workspace, its project, the environment that it
// names and its pipeline, of two with one key the later. Blocks; any thread.
#pragma once

#include "runner/run/service.hpp"
#include "runner/store/stores.hpp"

namespace latchkey::server {

result<std::vector<run::outer_variable>> variables_of(store::stores&, const run::outer_request&);
result<std::map<std::string, vault::secret>> secret_variables_of(store::stores&, const run::access::unlock&,
                                                                 const run::outer_request&);

}  // namespace latchkey::server
