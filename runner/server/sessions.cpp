// SPDX-License-Identifier: Apache-2.0
#include "runner/server/sessions.hpp"

#include "runner/server/views.hpp"
#include "runner/vault/token.hpp"

namespace latchkey::server {

namespace {

// Also where a proxy in front of us speaks TLS.
bool over_tls(const state& s, const http::request& r) {
    return r.secure || s.public_url.starts_with("https://");
}

std::string name_of(cookie which, bool tls) {
    const std::string name = which == cookie::session ? "latchkey_session" : "latchkey_login";
    return tls ? "__Host-" + name : name;
}

// "https://ci.example.test/x" → "https://ci.example.test"
std::string_view origin_of(std::string_view url) {
    const auto start = url.find("://");
    return start == std::string_view::npos ? url : url.substr(0, url.find('/', start + 3));
}

}  // namespace

std::string cookie_in(const state& s, const http::request& r, cookie which) {
    const std::string wanted = name_of(which, over_tls(s, r)) + "=";
    const std::string* header = r.header("Cookie");
    std::string_view rest = header == nullptr ? std::string_view() : *header;
    while (!rest.empty()) {
        const std::string_view one = rest.substr(0, rest.find(';'));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
        if (one.starts_with(wanted)) return std::string(one.substr(wanted.size()));
    }
    return "";
}

std::pair<std::string, std::string> set_cookie(const call& c, cookie which, const std::string& value,
                                               std::chrono::seconds life) {
    const bool tls = over_tls(c.server, c.request);
    // Lax: a link from elsewhere may lead to a page, and the provider back to us; what changes something needs the
    // token besides.
    return {"Set-Cookie", name_of(which, tls) + "=" + value + "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" +
                              std::to_string(value.empty() ? 0 : life.count()) + (tls ? "; Secure" : "")};
}

std::string csrf_token_of(const std::string& session_cookie) {
    return vault::hash_of_token("the token against forged calls of " + session_cookie);
}

bool comes_from_here(const state& s, const http::request& r) {
    const std::string* origin = r.header("Origin");
    if (origin == nullptr) return true;
    if (!s.public_url.empty() && *origin == origin_of(s.public_url)) return true;
    const std::string* host = r.header("Host");
    return host != nullptr && *origin == (r.secure ? "https://" : "http://") + *host;
}

policy::time_point ends_at(const state& s, const store::session_record& session) {
    return std::min(session.created_at + s.session_life, session.used_at + s.session_idle);
}

bool has_ended(const state& s, const store::session_record& session, policy::time_point now) {
    return now >= ends_at(s, session);
}

result<std::pair<std::string, std::string>> begin_session(call& c, const store::user_record& user,
                                                          const std::string& how,
                                                          std::optional<policy::time_point> confirmed_at) {
    const auto now = c.now();
    store::sign_ins& logins = *c.server.stores.logins;
    if (auto swept = logins.drop_old_sessions(now - c.server.session_life, now - c.server.session_idle); !swept)
        return swept.error();
    if (const std::string before = cookie_in(c.server, c.request, cookie::session); !before.empty())
        if (auto ended = logins.end_session(vault::hash_of_token(before), now);
            !ended && ended.error().code != errc::not_found)
            return ended.error();
    const std::string value = vault::new_token();
    store::session_record made{vault::hash_of_token(value), user.rights.id, how, now, now, confirmed_at};
    if (auto begun = logins.begin_session(made, c.request.peer); !begun) return begun.error();
    c.user = user;
    c.session = std::move(made);
    c.csrf_token = csrf_token_of(value);
    return set_cookie(c, cookie::session, value,
                      std::chrono::duration_cast<std::chrono::seconds>(c.server.session_life));
}

json view_of_session(const call& c) {
    json v = {{"user", {{"id", c.actor().value()}, {"name", c.user.name}, {"email", c.user.email}}},
              {"how", "token"},
              {"csrf_token", nullptr},
              {"created_at", nullptr},
              {"expires_at", nullptr},
              {"confirmed_until", nullptr}};
    if (!c.session) return v;
    v["how"] = c.session->how;
    v["csrf_token"] = c.csrf_token;
    v["created_at"] = time_text(c.session->created_at);
    v["expires_at"] = time_text(ends_at(c.server, *c.session));
    if (c.server.step_up.count() != 0 && c.session->confirmed_at)
        v["confirmed_until"] = time_text(*c.session->confirmed_at + c.server.step_up);
    return v;
}

std::optional<std::string> password_needed(const call& c) {
    const auto window = c.server.step_up;
    if (!c.session || window.count() == 0) return std::nullopt;
    const auto& at = c.session->confirmed_at;
    if (at && c.now() - *at < window) return std::nullopt;
    return "this needs your password again: send it to /latchkey/v1/session/confirm, or sign in again with the "
           "identity provider (/latchkey/v1/login/oidc?confirm=1)";
}

answer problem(int status, const std::string& why, http::header_list headers) {
    return {status, {{"errors", json::array({{{"message", why}}})}}, std::move(headers), {}};
}

answer too_many(const rate_limit::standing& s, policy::time_point now) {
    const auto wait =
        std::max<std::int64_t>((s.reset - std::chrono::floor<std::chrono::seconds>(now)).count(), std::int64_t{1});
    return problem(429, "Rate limit exceeded.",
                   {{"X-Rate-Limit-Limit", std::to_string(s.limit)},
                    {"X-Rate-Limit-Remaining", std::to_string(s.remaining)},
                    {"X-Rate-Limit-Reset", std::to_string(s.reset.time_since_epoch().count())},
                    {"Retry-After", std::to_string(wait)}});
}

}  // namespace latchkey::server
