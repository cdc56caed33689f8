// SPDX-License-Identifier: Apache-2.0
// The caller: profile, access tokens (rest-api §1, §2).
#include "runner/server/handlers.hpp"
#include "runner/server/scopes.hpp"
#include "runner/server/tokens.hpp"
#include "runner/server/views.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

json profile(const call& c, const store::user_record& u) {
    return {{"url", c.base + "/user"},
            {"html_url", c.base + "/app/my-id"},
            {"id", u.rights.id.value()},
            {"name", u.name},
            {"avatar_url", avatar_url(c)},
            {"workspaces_url", c.base + "/workspaces"},
            {"email", !c.token || covers(c.token->scopes, scope::user_email) ? json(u.email) : json()}};
}

// In days, or as an instant: "2026-12-03T08:17:49Z".
result<std::optional<policy::time_point>> expiry_of(input& in, policy::time_point now) {
    if (const auto days = in.number("expires_in")) {
        if (*days < 1 || *days > 3650) return failure(errc::usage, "`expires_in` must be 1 to 3650 days");
        return std::optional(now + std::chrono::days(*days));
    }
    const auto text = in.text("expires_at");
    if (!text || text->empty()) return std::optional<policy::time_point>();
    const auto at = time_from(*text);
    if (!at) return failure(errc::usage, "`expires_at` must be a time as in 2026-12-03T08:17:49Z");
    if (*at <= now) return failure(errc::usage, "`expires_at` has passed already");
    return std::optional(*at);
}

// A token never gives more than the one that makes it.
result<answer> make_token(call& c, policy::user_id user, bool of_the_caller) {
    input in(c.body);
    store::access_token_record wanted;
    wanted.user = user;
    wanted.created_by = c.actor();
    wanted.created_at = c.now();
    wanted.name = in.required("name");
    for (const std::string& name : in.texts("scopes").value_or(std::vector<std::string>())) {
        const auto known = scope_from(name);
        if (!known) {
            in.refuse("there is no scope \"" + name.substr(0, 60) + "\"");
            break;
        }
        if (c.token && !covers(c.token->scopes, *known))
            return failure(errc::denied, "the token that makes this one lacks the scope " +
                                             std::string(to_string(*known)) + " itself");
        wanted.scopes.emplace_back(to_string(*known));
    }
    if (wanted.scopes.empty()) in.refuse("`scopes` is missing: say what the token is for");
    wanted.addresses = in.texts("ip_restrictions").value_or(std::vector<std::string>());
    for (const std::string& a : wanted.addresses)
        if (!is_address_pattern(a)) in.refuse("\"" + a.substr(0, 60) + "\" is no IP address or network");
    wanted.workspaces = in.texts("workspace_restrictions").value_or(std::vector<std::string>());
    auto expires = expiry_of(in, c.now());
    if (auto fine = in.checked(); !fine) return fine.error();
    if (!expires) return expires.error();
    wanted.expires_at = *expires;
    if (of_the_caller && c.token) {
        if (c.token->expires_at && (!wanted.expires_at || *wanted.expires_at > *c.token->expires_at))
            wanted.expires_at = c.token->expires_at;
        if (!c.token->addresses.empty()) wanted.addresses = c.token->addresses;
    }
    if (!of_the_caller) wanted.workspaces = {c.workspace->domain};
    if (c.token && !c.token->workspaces.empty()) {
        if (wanted.workspaces.empty()) wanted.workspaces = c.token->workspaces;
        for (const std::string& w : wanted.workspaces)
            if (std::ranges::find(c.token->workspaces, w) == c.token->workspaces.end())
                return failure(errc::denied, "the token that makes this one is not for the workspace " + w);
    }
    const std::string token = vault::new_token();
    wanted.hash = vault::hash_of_token(token);
    auto made = c.server.stores.tokens->add(std::move(wanted));
    if (!made) return made.error();
    json v = view(c, *made);
    v["token"] = token;  // here, and never again
    return answer{201, std::move(v), {}};
}

}  // namespace

result<answer> show_user(call& c) {
    return answer{200, profile(c, c.user), {}};
}

result<answer> edit_user(call& c) {
    input in(c.body);
    const auto name = in.text("name");
    if (auto fine = in.checked(); !fine) return fine.error();
    if (name) {
        if (auto done = c.server.stores.people->rename_user(c.actor(), *name); !done) return done.error();
        c.user.name = *name;
    }
    return answer{200, profile(c, c.user), {}};
}

result<answer> show_token(call& c) {
    if (!c.token) return failure(errc::not_found, "this call has no token but a session");
    return answer{200, view(c, *c.token), {}};
}

result<answer> list_tokens(call& c) {
    auto all = c.server.stores.tokens->of(c.actor());
    if (!all) return all.error();
    json items = json::array();
    for (const auto& t : *all) items.push_back(view(c, t));
    return answer{200, list_of(c.base + "/user/tokens", "access_tokens", std::move(items)), {}};
}

result<answer> get_token(call& c) {
    auto found = c.server.stores.tokens->get(c.actor(), c.at.at("token"));
    if (!found) return found.error();
    return answer{200, view(c, *found), {}};
}

result<answer> add_token(call& c) {
    return make_token(c, c.actor(), true);
}

result<answer> remove_token(call& c) {
    if (auto done = c.server.stores.tokens->remove(c.actor(), c.at.at("token"), c.actor(), c.now()); !done)
        return done.error();
    return answer{204, {}, {}};
}

// For accounts of machines, which have nobody to make one. An administrator becomes no owner by it.
result<answer> add_token_for_member(call& c) {
    const auto number = c.number("member");
    if (!number) return number.error();
    auto member = c.server.stores.people->member(c.workspace->id, policy::user_id(*number));
    if (!member) return member.error();
    if (member->user.rights.role > c.user.rights.role)
        return failure(errc::denied, "only the owner can make a token for the owner");
    return make_token(c, member->user.rights.id, false);
}

}  // namespace latchkey::server
