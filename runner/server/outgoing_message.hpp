// SPDX-License-Identifier: Apache-2.0
//
// What webhooks are told of what happened, as JSON: who reads it may be anybody, so it names no integration and holds
// no secret. Blocks (store); any thread.
#pragma once

#include "runner/store/stores.hpp"

#include <string>
#include <vector>

namespace latchkey::server {

// `base` is how others reach this server. Empty: nobody is told of this. not_found: what it is about is gone.
result<std::vector<store::outgoing_message>> messages_of(store::stores&, const std::string& base,
                                                         const store::notice_record&);

// Where people look at a run.
std::string page_of_run(const std::string& base, const std::string& workspace, const std::string& project,
                        const store::run_record&);

}  // namespace latchkey::server
