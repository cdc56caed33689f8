// SPDX-License-Identifier: Apache-2.0
//
// What a client says when it starts, retries or answers an execution (rest-api §8), read and judged. Pure but for the
// clock of delays; one call, one thread.
#pragma once

#include "runner/server/call.hpp"
#include "runner/server/run_executor.hpp"

namespace latchkey::server {

// `variables`, those that are encrypted apart.
void read_variables(input&, store::facts& plain, std::map<std::string, vault::secret>& secrets);
// `from`, `only` and `all`: what a retry executes.
void read_scope(input&, run::retry_request&);
// The whole order. usage: what can't be understood; conflict: the pipeline is disabled.
result<run_order> order_from(const call&);

}  // namespace latchkey::server
