// SPDX-License-Identifier: Apache-2.0
#include "runner/server/admission.hpp"

#include "runner/identity/base64url.hpp"
#include "runner/server/agent_caller.hpp"
#include "runner/server/sessions.hpp"
#include "runner/server/tokens.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

using maybe = std::optional<refusal>;

std::string token_in(const http::request& r) {
    constexpr std::string_view bearer = "Bearer ";
    if (const std::string *header = r.header("Authorization");
        header != nullptr && header->size() > bearer.size() &&
        std::ranges::equal(std::string_view(*header).substr(0, bearer.size()), bearer,
                           [](char a, char b) { return (a | 0x20) == (b | 0x20); }))
        return header->substr(bearer.size());
    const std::string* parameter = r.parameter("access_token");
    return parameter == nullptr ? "" : *parameter;
}

refusal unknown(std::string_view what) {
    return {404, "there is no such " + std::string(what)};
}

// What can't be read is an error; what is not there is a refusal.
template <class T>
result<maybe> missing(const result<T>& looked_up, std::string_view what) {
    if (looked_up) return maybe();
    if (looked_up.error().code == errc::not_found) return maybe(unknown(what));
    return looked_up.error();
}

class admission {
public:
    admission(call& c, const route& r, noting n) : c_(c), route_(r), notes_(n == noting::uses) {}

    result<maybe> run() {
        for (const auto step : {&admission::authenticate, &admission::check_scope, &admission::enter_workspace,
                                &admission::enter_project, &admission::enter_pipeline, &admission::check_right,
                                &admission::check_confirmed}) {
            auto no = (this->*step)();
            if (!no || *no) return no;
        }
        return maybe();
    }

private:
    bool asks(std::string_view place) const { return c_.at.contains(place); }

    result<maybe> authenticate() {
        if (route_.right == right::agent) return by_signature();
        const std::string token = token_in(c_.request);
        if (!token.empty()) return by_token(token);
        // A page of others may neither use a browser's session nor sign a browser in.
        if (changes_something() && !comes_from_here(c_.server, c_.request))
            return maybe({403, "the call comes from a page of another server"});
        if (route_.right == right::anybody) return maybe();
        const std::string cookie = cookie_in(c_.server, c_.request, cookie::session);
        if (!cookie.empty()) return by_session(cookie);
        return maybe({401, "sign in: send a token as `Authorization: Bearer TOKEN`, or begin a session"});
    }

    bool changes_something() const { return c_.request.method != "GET" && c_.request.method != "HEAD"; }

    result<maybe> by_session(const std::string& cookie) {
        auto known = c_.server.stores.logins->session(vault::hash_of_token(cookie));
        if (!known && known.error().code != errc::not_found) return known.error();
        if (!known || has_ended(c_.server, *known, c_.now()))
            return maybe({401, "the session has ended: sign in again"});
        c_.csrf_token = csrf_token_of(cookie);
        const std::string* sent = c_.request.header("X-CSRF-Token");
        if (changes_something() && (sent == nullptr || !identity::same_text(*sent, c_.csrf_token)))
            return maybe({403,
                          "a call of a session needs its token against forged calls: send `csrf_token` of GET "
                          "/latchkey/v1/session as X-CSRF-Token"});
        auto person = c_.server.stores.runs->user(known->user);
        if (!person) return person.error();
        if (notes_ && c_.now() - known->used_at > std::chrono::minutes(1))
            if (auto noted = c_.server.stores.logins->session_used(known->hash, c_.now()); !noted)
                return noted.error();
        c_.user = std::move(*person);
        c_.session = std::move(*known);
        return maybe();
    }

    result<maybe> by_token(const std::string& token) {
        auto known = c_.server.stores.tokens->by_hash(vault::hash_of_token(token));
        if (!known && known.error().code != errc::not_found) return known.error();
        // One answer for a token that is unknown, expired, or used from elsewhere.
        if (!known || !usable(*known, c_.request.peer, c_.now()))
            return maybe({401, "the token is not valid here: it is unknown, has expired, or is for other addresses"});
        auto person = c_.server.stores.runs->user(known->user);
        if (!person) return person.error();
        const policy::time_point now = c_.now();
        const bool lately = known->used_at && now - *known->used_at <= std::chrono::minutes(1);
        if (notes_ && !lately)
            if (auto noted = c_.server.stores.tokens->used(known->id, now); !noted) return noted.error();
        // When its use is to be noted again, and when it expires.
        c_.stands_until((lately ? *known->used_at : now) + std::chrono::minutes(1));
        if (known->expires_at) c_.stands_until(*known->expires_at);
        c_.user = std::move(*person);
        c_.token = std::move(*known);
        return maybe();
    }

    result<maybe> by_signature() {
        auto known = agent_of(c_);
        if (known) {
            c_.agent = std::move(*known);
            return maybe();
        }
        if (known.error().code != errc::denied) return known.error();
        return maybe({401, known.error().what});
    }

    // A token that is for some workspaces only is good for no more.
    result<bool> administers_all() {
        if (c_.token && !c_.token->workspaces.empty()) return false;
        return c_.server.stores.machines->may_administer(c_.actor());
    }

    result<maybe> check_scope() {
        if (route_.needed == scope::none || !c_.token || covers(c_.token->scopes, route_.needed)) return maybe();
        return maybe({403, "the token lacks the scope " + std::string(to_string(route_.needed))});
    }

    result<maybe> enter_workspace() {
        const auto at = c_.at.find("workspace");
        if (at == c_.at.end()) return maybe();
        if (c_.token && !c_.token->workspaces.empty() &&
            std::ranges::find(c_.token->workspaces, at->second) == c_.token->workspaces.end())
            return maybe(unknown("workspace"));
        auto found = c_.server.stores.people->workspace(at->second);
        if (auto no = missing(found, "workspace"); !no || *no) return no;
        auto member = c_.server.stores.people->member(found->id, c_.actor());
        if (auto no = missing(member, "workspace"); !no || *no) return no;
        c_.user = std::move(member->user);
        c_.workspace = std::move(*found);
        return check_sign_on();
    }

    // What somebody could do without the company's provider, where a workspace asks all of its members to come by it.
    // A token that an administrator has made for somebody is a service's; owners always get in, to change this.
    result<maybe> check_sign_on() {
        const bool by_provider = c_.session && c_.session->how != "password";
        const bool service = c_.token && c_.token->created_by != c_.token->user;
        if (by_provider || service || c_.user.rights.role == policy::workspace_role::owner) return maybe();
        auto asked = c_.server.stores.sso->is_set(c_.workspace->id, store::sso_for_all);
        if (!asked) return asked.error();
        if (!*asked) return maybe();
        return maybe({403,
                      "this workspace asks its members to sign in with their identity provider "
                      "(/latchkey/v1/login/oidc); programs use a token that an administrator has made for them"});
    }

    result<maybe> enter_project() {
        const auto at = c_.at.find("project");
        if (at == c_.at.end()) return maybe();
        auto found = c_.server.stores.people->project(c_.workspace->id, at->second);
        if (auto no = missing(found, "project"); !no || *no) return no;
        auto role = c_.server.stores.people->role_in_project(c_.workspace->id, found->id, c_.actor());
        if (!role) return role.error();
        c_.role = std::move(*role);
        c_.project = std::move(*found);
        // A pipeline's own permissions can let somebody in who has no role in its project.
        if (!c_.role && !asks("pipeline")) return maybe(unknown("project"));
        return maybe();
    }

    result<maybe> enter_pipeline() {
        if (!asks("pipeline")) return maybe();
        const auto number = c_.number("pipeline");
        if (!number) return maybe(unknown("pipeline"));
        const policy::pipeline_id id(*number);
        auto facts = c_.server.stores.runs->snapshot(id, {});
        if (!facts) return facts.error();
        c_.access = policy::access_to(*facts, c_.actor(), id);
        auto found = c_.server.stores.pipelines->get(c_.project->id, id);
        if (auto no = missing(found, "pipeline"); !no || *no) return no;
        if (c_.access <= policy::pipeline_level::denied) return maybe(unknown(c_.role ? "pipeline" : "project"));
        c_.pipeline = std::move(*found);
        return maybe();
    }

    bool manages_team() const {
        return c_.role && std::ranges::find(c_.role->levels, std::pair<std::string, std::string>(
                                                                 "project_team_access_level", "MANAGE")) !=
                              c_.role->levels.end();
    }

    bool writes_repository() const {
        return c_.role && std::ranges::any_of(c_.role->levels, [](const auto& level) {
                   return level.first == "repository_access_level" &&
                          (level.second == "READ_WRITE" || level.second == "MANAGE");
               });
    }

    result<bool> has_right() {
        switch (route_.right) {
            case right::server_administrator:
                return administers_all();
            case right::agent:
            case right::anybody:
            case right::user:
            case right::member:
            case right::project_member:
            case right::pipeline_reader:
                return true;  // whoever came so far
            case right::administrator:
                return c_.administrator();
            case right::repository_writer:
                return writes_repository();
            case right::project_manager:
                return manages_team();
            case right::pipeline_runner:
                return c_.access >= policy::pipeline_level::run_only;
            case right::pipeline_manager:
                return c_.access >= policy::pipeline_level::read_write;
        }
        return false;
    }

    result<maybe> check_right() {
        const auto may = has_right();
        if (!may) return may.error();
        if (*may) return maybe();
        return maybe({403, "only " + std::string(to_string(route_.right)) + " can do that"});
    }

    result<maybe> check_confirmed() {
        auto why = route_.how.confirmed ? password_needed(c_) : std::nullopt;
        return why ? maybe({403, std::move(*why)}) : maybe();
    }

    call& c_;
    const route& route_;
    const bool notes_;
};

}  // namespace

result<std::optional<refusal>> admit(call& c, const route& r, noting n) {
    return admission(c, r, n).run();
}

}  // namespace latchkey::server
