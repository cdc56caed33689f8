// SPDX-License-Identifier: Apache-2.0
// The server itself: whether it lives and works, what it offers, and its first owner.
#include "runner/server/first_owner.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/openapi.hpp"
#include "runner/vault/token.hpp"

#include <mutex>

namespace latchkey::server {

result<answer> show_health(call&) {
    return answer{200, {{"status", "alive"}}, {}, {}};
}

result<answer> show_readiness(call& c) {
    const auto revision = c.server.stores.runs->revision();
    if (!revision) return answer{503, {{"status", "the store does not answer"}}, {}, {}};
    return answer{200, {{"status", "ready"}, {"revision", revision->value()}}, {}, {}};
}

result<answer> show_openapi(call& c) {
    return answer{200, openapi_document(c.base), {}, {}};
}

result<answer> make_first_owner(call& c) {
    static std::mutex one_at_a_time;
    const std::lock_guard alone(one_at_a_time);
    input in(c.body);
    const std::string code = in.required("code");
    first_owner wanted{in.required("email"), in.text("name").value_or(""), in.required("workspace")};
    if (auto fine = in.checked(); !fine) return fine.error();
    const auto owned = has_owner(c.server.stores);
    if (!owned) return owned.error();
    // Used up, wrong, or never printed: one answer.
    if (*owned || c.server.setup_hash.empty() || vault::hash_of_token(code) != c.server.setup_hash)
        return failure(errc::denied,
                       "this code is not valid: the server prints one at its start while it has no owner");
    const std::string token = vault::new_token();
    if (auto made = make_owner(c.server.stores, wanted, token, c.now()); !made) return made.error();
    return answer{201, {{"workspace", wanted.workspace}, {"email", wanted.email}, {"token", token}}, {}, {}};
}

}  // namespace latchkey::server
