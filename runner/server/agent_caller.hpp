// SPDX-License-Identifier: Apache-2.0
//
// Which agent calls: by its signature over all of the call, good for a minute and once. Blocks (store); one call, one
// thread.
#pragma once

#include "runner/server/call.hpp"

namespace latchkey::server {

// denied: the call is not one of an agent that is known here, in one sentence whatever is wrong with it, but for a
// clock that is: who has the key is told that.
result<store::agent_record> agent_of(const call&);

}  // namespace latchkey::server
