// SPDX-License-Identifier: Apache-2.0
// The server itself: whether it lives and works, what it offers, and its first owner.
#include "runner/identity/password.hpp"
#include "runner/server/first_owner.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/openapi.hpp"
#include "runner/server/scopes.hpp"
#include "runner/server/setup_page.hpp"
#include "runner/vault/token.hpp"
#include "runner/web/assets.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <mutex>

namespace latchkey::server {

namespace {

// By a program of this machine for itself. What a proxy of this machine passes on is not.
bool is_from_here(const http::request& r) {
    boost::system::error_code ec;
    const auto from = boost::asio::ip::make_address(r.peer, ec);
    if (ec || !from.is_loopback()) return false;
    return std::ranges::none_of(std::array{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"},
                                [&](const char* name) { return r.header(name) != nullptr; });
}

}  // namespace

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

result<answer> show_metrics(call& c) {
    const metrics_readers may = c.server.may_read_metrics;
    if (may == metrics_readers::nobody) return failure(errc::not_found, "this server shows no metrics");
    const bool known = c.token && covers(c.token->scopes, scope::workspaces_manage);
    if (!known && !(may == metrics_readers::loopback && is_from_here(c.request)))
        return failure(errc::denied, "metrics need a token with the scope WORKSPACES_MANAGE");
    return answer{200, {}, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, c.server.metrics.text()};
}

result<answer> show_setup_page(call& c) {
    const auto owned = has_owner(c.server.stores);
    if (!owned) return owned.error();
    if (*owned || c.server.setup_hash.empty()) return failure(errc::not_found, "this server has its first owner");
    const std::string nonce = vault::random_hex(16);
    return answer{200,
                  {},
                  {{"Content-Type", "text/html; charset=utf-8"},
                   {"Content-Security-Policy", "default-src 'none'; script-src 'nonce-" + nonce +
                                                   "'; style-src 'nonce-" + nonce +
                                                   "'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
                                                   "frame-ancestors 'none'"},
                   {"Referrer-Policy", "no-referrer"},
                   {"X-Content-Type-Options", "nosniff"}},
                  setup_page(nonce, !web::assets().empty())};
}

result<answer> make_first_owner(call& c) {
    static std::mutex one_at_a_time;
    const std::lock_guard alone(one_at_a_time);
    input in(c.body);
    const std::string code = in.required("code");
    first_owner wanted{in.required("email"), in.text("name").value_or(""), in.required("workspace"), {}};
    const auto password = in.text("password");
    if (auto fine = in.checked(); !fine) return fine.error();
    const auto owned = has_owner(c.server.stores);
    if (!owned) return owned.error();
    // Used up, wrong, or never printed: one answer.
    if (*owned || c.server.setup_hash.empty() || vault::hash_of_token(code) != c.server.setup_hash)
        return failure(errc::denied,
                       "this code is not valid: the server prints one at its start while it has no owner");
    if (password) {
        if (auto good = identity::check_new_password(*password); !good) return good.error();
        auto hash = identity::hash_password(*password);
        if (!hash) return hash.error();
        wanted.password_hash = std::move(*hash);
    }
    const std::string token = vault::new_token();
    if (auto made = make_owner(c.server.stores, wanted, token, c.now()); !made) return made.error();
    return answer{201, {{"workspace", wanted.workspace}, {"email", wanted.email}, {"token", token}}, {}, {}};
}

}  // namespace latchkey::server
