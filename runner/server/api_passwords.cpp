// SPDX-License-Identifier: Apache-2.0
// Links that let a member set a password: an invitation, or instead of one that is lost.
#include "runner/identity/password.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/sessions.hpp"
#include "runner/server/views.hpp"
#include "runner/vault/token.hpp"

namespace latchkey::server {

namespace {

constexpr std::chrono::hours link_life{24};

}  // namespace

result<answer> add_password_link(call& c) {
    const auto number = c.number("member");
    if (!number) return number.error();
    const auto member = c.server.stores.people->member(c.workspace->id, policy::user_id(*number));
    if (!member) return member.error();
    const std::string code = vault::new_token();
    const store::password_link_record link{vault::hash_of_token(code), member->user.rights.id, c.actor(),
                                           c.now() + link_life, c.workspace->id};
    if (auto made = c.server.stores.logins->add_password_link(link, c.now()); !made) return made.error();
    return answer{201, {{"code", code}, {"expires_at", time_text(link.expires_at)}}, {}, {}};
}

result<answer> set_password_by_link(call& c) {
    input in(c.body);
    const std::string code = in.required("code");
    const std::string wanted = in.required("password");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (auto good = identity::check_new_password(wanted); !good) return good.error();
    const auto standing = c.server.logins->take(c.request.peer, c.now());
    if (!standing.allowed) return too_many(standing, c.now());
    const std::string hash = vault::hash_of_token(code);
    const failure invalid(errc::denied,
                          "this link is not valid: it was used, has expired, or another took its place");
    if (auto known = c.server.stores.logins->user_of_password_link(hash, c.now()); !known) {
        if (known.error().code == errc::not_found) return invalid;
        return known.error();
    }
    const auto password = identity::hash_password(wanted);
    if (!password) return password.error();
    const auto user = c.server.stores.logins->use_password_link(hash, *password, c.now());
    if (!user && user.error().code == errc::not_found) return invalid;
    if (!user) return user.error();
    const auto person = c.server.stores.runs->user(*user);
    if (!person) return person.error();
    return answer{201, {{"email", person->email}}, {}, {}};
}

}  // namespace latchkey::server
