// SPDX-License-Identifier: Apache-2.0
// Signing in and out with a password, and changing it.
#include "runner/identity/password.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/request_metrics.hpp"
#include "runner/server/sessions.hpp"

namespace latchkey::server {

namespace {

failure no_session() {
    return {errc::usage, "this is for sessions: sign in with POST /latchkey/v1/session"};
}

// Whether it is that user's. An attempt is counted before, and audited where it fails.
result<bool> is_password_of(call& c, const std::optional<policy::user_id>& user, const std::string& password) {
    std::optional<std::string> hash;
    if (user) {
        auto known = c.server.stores.people->password_of(*user);
        if (!known) return known.error();
        hash = std::move(*known);
    }
    auto same = identity::is_password(hash, password);
    if (!same || *same) return same;
    // What was typed as the address is not kept: it may have been a password.
    if (auto noted = c.server.stores.runs->audit(policy::audit_kind::login, user.value_or(policy::user_id()),
                                                 {{"did", "failed"}, {"from", c.request.peer}}, c.now());
        !noted)
        return noted.error();
    return false;
}

answer wrong_password() {
    return problem(403, "the password is wrong");
}

}  // namespace

result<answer> show_ways_in(call& c) {
    return answer{200, {{"password", true}, {"openid", c.server.openid != nullptr}}, {}};
}

result<answer> log_in(call& c) {
    input in(c.body);
    const std::string email = in.required("email");
    const std::string password = in.required("password");
    if (auto fine = in.checked(); !fine) return fine.error();
    const auto standing = c.server.logins->take(c.request.peer, email, c.now());
    if (!standing.allowed) return too_many(standing, c.now());
    const auto user = c.server.stores.people->find_user(email);
    if (!user && user.error().code != errc::not_found) return user.error();
    const auto same = is_password_of(c, user ? std::optional(user->rights.id) : std::nullopt, password);
    if (!same) return same.error();
    count_login(c.server.metrics, "password", *same);
    // One answer, after the same time, whether there is such a user or not.
    if (!*same) return problem(401, "the e-mail address or the password is wrong");
    auto cookie = begin_session(c, *user, "password", c.now());
    if (!cookie) return cookie.error();
    return answer{201, view_of_session(c), {std::move(*cookie)}, {}};
}

result<answer> show_session(call& c) {
    return answer{200, view_of_session(c), {}, {}};
}

result<answer> log_out(call& c) {
    if (!c.session) return no_session();
    if (auto ended = c.server.stores.logins->end_session(c.session->hash, c.now());
        !ended && ended.error().code != errc::not_found)
        return ended.error();
    return answer{204, {}, {set_cookie(c, cookie::session, "", {})}, {}};
}

result<answer> log_out_everywhere(call& c) {
    if (auto ended = c.server.stores.logins->end_sessions(c.actor(), c.now()); !ended) return ended.error();
    return answer{204, {}, {set_cookie(c, cookie::session, "", {})}, {}};
}

result<answer> confirm_session(call& c) {
    if (!c.session) return no_session();
    input in(c.body);
    const std::string password = in.required("password");
    if (auto fine = in.checked(); !fine) return fine.error();
    const auto standing = c.server.logins->take(c.request.peer, c.user.email, c.now());
    if (!standing.allowed) return too_many(standing, c.now());
    const auto same = is_password_of(c, c.actor(), password);
    if (!same) return same.error();
    if (!*same) return wrong_password();
    if (auto done = c.server.stores.logins->session_confirmed(c.session->hash, c.now()); !done) return done.error();
    c.session->confirmed_at = c.now();
    return answer{200, view_of_session(c), {}, {}};
}

result<answer> change_password(call& c) {
    if (!c.session) return no_session();
    input in(c.body);
    const std::string old = in.required("old_password");
    const std::string wanted = in.required("password");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (auto good = identity::check_new_password(wanted); !good) return good.error();
    const auto standing = c.server.logins->take(c.request.peer, c.user.email, c.now());
    if (!standing.allowed) return too_many(standing, c.now());
    const auto same = is_password_of(c, c.actor(), old);
    if (!same) return same.error();
    if (!*same) return wrong_password();
    const auto hash = identity::hash_password(wanted);
    if (!hash) return hash.error();
    if (auto done = c.server.stores.logins->change_password(c.actor(), *hash, c.session->hash, c.now()); !done)
        return done.error();
    return answer{204, {}, {}, {}};
}

}  // namespace latchkey::server
