// SPDX-License-Identifier: Apache-2.0
//
// Which runs of a server go to agents, and what an agent is told of one. Blocks (store); any thread.
#pragma once

#include "runner/agent/remote_backend.hpp"
#include "runner/run/service.hpp"
#include "runner/store/stores.hpp"

namespace latchkey::server {

enum class agents_use : unsigned char {
    no,       // the server executes everything itself
    by_wish,  // pipelines whose worker, tags or cpu an agent has go to it
    only,     // the server executes nothing itself
};

// From a pipeline's `worker`, `tags` and `cpu`, as `worker_assignment` lets them count.
store::agent_wish wish_of(const pipelines::pipeline&);

// Where it can't be told (the store does not answer), it does not: whoever executes it here looks again, and fails.
bool goes_to_agents(agents_use, agent::exchange*, const pipelines::pipeline&);

agent::remote_options remote_options_for(const store::stores&, const run::attempt_place&);

}  // namespace latchkey::server
