// SPDX-License-Identifier: Apache-2.0
//
// Tokens that actions ask for: what the issuer says of a run, and for whose runs it says nothing. Blocks (store); any
// thread.
#pragma once

#include "runner/identity/token_issuer.hpp"
#include "runner/store/stores.hpp"
#include "runner/vault/secret.hpp"

#include <string>

namespace latchkey::server {

// denied: the run is of a fork's pull request, and nobody who may change the pipeline has approved it. engine: nobody
// issues tokens.
result<vault::secret> issue_token(store::stores&, identity::token_issuer*, const store::run_record&, int attempt,
                                  const std::string& audience, policy::time_point now);

}  // namespace latchkey::server
