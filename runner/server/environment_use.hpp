// SPDX-License-Identifier: Apache-2.0
//
// Whether a run may work in an environment (rest-api §11): whoever stands behind it needs Use on it, and it has to
// let the pipeline in. An environment may build on others, and then so many questions are asked of each. Decided anew
// whenever a value is wanted. Blocks; any thread.
#pragma once

#include "runner/run/service.hpp"
#include "runner/store/stores.hpp"

#include <vector>

namespace latchkey::server {

// The environment and those that it builds on, these first; none, where the run names none. not_found: there is none,
// or the actor may not know of it; denied: it lets the pipeline or another environment not in; refused: it can't be
// used at all.
result<std::vector<store::environment_record>> environments_of(store::stores&, const run::outer_request&);

}  // namespace latchkey::server
