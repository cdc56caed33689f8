// SPDX-License-Identifier: Apache-2.0
// Signing in with the identity provider that the server was told of. A browser goes through both addresses.
#include "runner/identity/base64url.hpp"
#include "runner/identity/openid_client.hpp"
#include "runner/server/handlers.hpp"
#include "runner/server/request_metrics.hpp"
#include "runner/server/sessions.hpp"
#include "runner/web/assets.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr std::chrono::minutes login_life{10};

failure not_configured() {
    return {errc::not_found, "this server has no identity provider: sign in with a password"};
}

std::string redirect_uri(const call& c) {
    std::string root = c.base;
    if (!c.request.path.empty() && c.request.path.front() == "api" && root.ends_with("/api"))
        root.resize(root.size() - 4);
    return root + "/latchkey/v1/login/oidc/callback";
}

// A page of ours to go on to, never another server's: "//evil.test" and "/\evil.test" are.
std::string local_page(const std::string* wanted) {
    if (wanted == nullptr || wanted->size() > 500 || !wanted->starts_with('/') || wanted->starts_with("//"))
        return "/";
    const bool plain = std::ranges::all_of(*wanted, [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
    return plain ? *wanted : "/";
}

answer go_to(const std::string& where, http::header_list headers) {
    headers.emplace_back("Location", where);
    headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    return {302, {}, std::move(headers), "go on at " + where + "\n"};
}

// Why it was not accepted is said; a provider that does not answer is nobody's fault who reads it.
answer refused_by_provider(const failure& f) {
    return problem(f.code == errc::io ? 502 : 403, f.what);
}

// A person is told by the page, in one of its own sentences: nothing that others wrote comes into its address.
answer told_to(const call& c, answer no, const char* why) {
    const std::string* accepts = c.request.header("Accept");
    if (accepts == nullptr || accepts->find("text/html") == std::string::npos || web::assets().empty()) return no;
    return go_to(std::string("/app/?sign_in=") + why, {});
}

std::string parameter_of(const call& c, std::string_view name) {
    const std::string* value = c.request.parameter(name);
    return value == nullptr ? "" : *value;
}

// The user whom this person is: known by the issuer's name for them, else by their verified address.
result<store::user_record> user_for(call& c, const identity::outside_person& who) {
    store::stores& s = c.server.stores;
    const auto known = s.logins->outside_user(who.issuer, who.subject);
    if (known) return s.runs->user(*known);
    if (known.error().code != errc::not_found) return known.error();
    auto user = s.people->find_user(who.email);
    if (!user && user.error().code != errc::not_found) return user.error();
    if (!user && !c.server.openid->settings().makes_users)
        return failure(errc::denied,
                       "nobody here has this e-mail address: ask an administrator to add you as a member");
    if (!user) user = s.people->user_with_email(who.email, who.name);
    if (!user) return user.error();
    if (auto linked = s.logins->add_outside_user(who.issuer, who.subject, user->rights.id, c.now()); !linked)
        return linked.error();
    return user;
}

}  // namespace

result<answer> begin_openid_login(call& c) {
    if (c.server.openid == nullptr) return not_configured();
    const auto standing = c.server.logins->take(c.request.peer, c.now());
    if (!standing.allowed) return too_many(standing, c.now());
    const std::string ticket = identity::openid_client::new_ticket();
    const std::string page = local_page(c.request.parameter("return"));
    const bool again = c.request.parameter("confirm") != nullptr;
    const auto where = c.server.openid->address(ticket, redirect_uri(c), again, c.now());
    if (!where) return refused_by_provider(where.error());
    return go_to(*where, {set_cookie(c, cookie::login, ticket + "." + identity::to_base64url(page), login_life)});
}

result<answer> finish_openid_login(call& c) {
    if (c.server.openid == nullptr) return not_configured();
    const auto standing = c.server.logins->take(c.request.peer, c.now());
    if (!standing.allowed) return too_many(standing, c.now());
    const std::string carried = cookie_in(c.server, c.request, cookie::login);
    const auto used_up = set_cookie(c, cookie::login, "", {});
    const auto refuse = [&](answer no, const char* why = "refused") {
        no = told_to(c, std::move(no), why);
        no.headers.push_back(used_up);
        return no;
    };
    if (const std::string error = parameter_of(c, "error"); !error.empty()) {
        const bool plain = std::ranges::all_of(error, [](char x) { return (x >= 'a' && x <= 'z') || x == '_'; });
        return refuse(problem(403, "the identity provider refuses the login" +
                                       (plain && error.size() < 60 ? " (" + error + ")" : std::string())));
    }
    const auto point = carried.find('.');
    const std::string ticket = carried.substr(0, point);
    const std::string page =
        point == std::string::npos ? "/" : identity::from_base64url(carried.substr(point + 1)).value_or("/");
    const auto who =
        c.server.openid->finish(ticket, {parameter_of(c, "state"), parameter_of(c, "code"), parameter_of(c, "iss")},
                                redirect_uri(c), c.now());
    if (!who) {
        count_login(c.server.metrics, "openid", false);
        if (auto noted = c.server.stores.runs->audit(policy::audit_kind::login, {},
                                                     {{"did", "failed"}, {"how", "openid"}, {"from", c.request.peer}},
                                                     c.now());
            !noted)
            return noted.error();
        return refuse(refused_by_provider(who.error()));
    }
    const auto user = user_for(c, *who);
    count_login(c.server.metrics, "openid", user.has_value());
    if (!user && user.error().code == errc::denied) return refuse(problem(403, user.error().what), "unknown");
    if (!user) return user.error();
    auto session = begin_session(c, *user, "openid", who->proved_at);
    if (!session) return session.error();
    return go_to(local_page(&page), {std::move(*session), used_up});
}

}  // namespace latchkey::server
