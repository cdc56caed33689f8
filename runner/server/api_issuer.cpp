// SPDX-License-Identifier: Apache-2.0
// What others need to believe the tokens of runs: who issues them, and the keys.
#include "runner/identity/token_issuer.hpp"
#include "runner/server/handlers.hpp"

namespace latchkey::server {

namespace {

failure issues_none() {
    return {errc::not_found, "this server issues no tokens for runs"};
}

}  // namespace

result<answer> show_issuer(call& c) {
    if (c.server.run_tokens == nullptr) return issues_none();
    return answer{200, c.server.run_tokens->description(), {}, {}};
}

result<answer> show_issuer_keys(call& c) {
    if (c.server.run_tokens == nullptr) return issues_none();
    auto keys = c.server.run_tokens->key_set(c.now());
    if (!keys) return keys.error();
    return answer{200, std::move(*keys), {}, {}};
}

}  // namespace latchkey::server
