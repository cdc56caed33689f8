// SPDX-License-Identifier: Apache-2.0
#include "runner/server/api.hpp"

#include "runner/async/offload.hpp"
#include "runner/server/admission.hpp"
#include "runner/server/client_address.hpp"
#include "runner/server/page.hpp"
#include "runner/server/route.hpp"
#include "runner/vault/token.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

std::string text_of(const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool has_body(const std::string& method) {
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

std::string base_of(const state& s, const http::request& r, bool below_api) {
    std::string base = s.public_url;
    if (base.empty()) {
        const std::string* host = r.header("Host");
        base = std::string(r.secure ? "https://" : "http://") + (host == nullptr ? "localhost" : *host);
    }
    return below_api ? base + "/api" : base;
}

std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += (text.empty() ? "" : " ") + one;
    return text;
}

}  // namespace

int status_of(errc code) {
    switch (code) {
        case errc::usage:
        case errc::invalid:
            return 400;
        case errc::denied:
            return 403;
        case errc::not_found:
            return 404;
        case errc::conflict:
            return 409;
        case errc::refused:
            return 422;
        case errc::engine:
        case errc::cancelled:
            return 503;
        case errc::corrupt:
        case errc::store:
        case errc::io:
            break;
    }
    return 500;
}

api::api(const state& s, boost::asio::thread_pool& pool, options o)
    : state_(s),
      pool_(pool),
      options_(std::move(o)),
      limit_(options_.calls_an_hour, std::chrono::hours(1)),
      metrics_(s.metrics),
      instance_(vault::random_hex(4)) {}

std::size_t api::body_limit(const http::request& head) const {
    // Files of a repository, and definitions.
    const bool large = std::ranges::find(head.path, "contents") != head.path.end() ||
                       std::ranges::find(head.path, "pipelines") != head.path.end() ||
                       std::ranges::find(head.path, "hooks") != head.path.end();
    // What an action has exported, sealed.
    const bool end = head.path.size() == 8 && head.path[2] == "agent" && head.path[7] == "end";
    return large ? 16UL * 1024 * 1024 : end ? 2UL * 1024 * 1024 : 1024UL * 1024;
}

http::response api::problem(int status, const std::string& why) const {
    http::response r;
    r.status = status;
    r.with("Content-Type", "application/json; charset=utf-8").with("Cache-Control", "no-store");
    r.body = text_of({{"errors", json::array({{{"message", why}}})}});
    return r;
}

http::response api::failed(const failure& f, served& s) const {
    const int status = status_of(f.code);
    if (status < 500) return problem(status, f.what);
    s.detail = f.what;
    return problem(status, "the server could not do that; its log says why, under " + s.id);
}

http::response api::refuse(int status, std::string_view why) {
    metrics_.count_refused(status);
    return problem(status, status >= 500 ? "the server could not do that" : std::string(why));
}

async::task<http::response> api::handle(http::request r) {
    const auto began = std::chrono::steady_clock::now();
    served s;
    s.id = instance_ + "-" + std::to_string(++calls_);
    s.method = r.method;
    r.peer = client_address(r, state_.trusted_proxies);
    s.peer = r.peer;
    http::response out;
    if (auto page = page_for(r)) {
        out = std::move(*page);
    } else {
        std::string key = state_.stores.version ? remembered_answers::key_of(r) : std::string();
        std::optional<http::response> again = answer_again(key, s);
        out = again ? std::move(*again) : co_await answer_anew(r, std::move(key), s);
    }
    out.with("X-Request-Id", s.id);
    s.status = out.status;
    s.took = std::chrono::steady_clock::now() - began;
    metrics_.count(s);
    if (options_.on_served) options_.on_served(s);
    co_return out;
}

std::optional<http::response> api::answer_again(const std::string& key, served& s) {
    if (key.empty() || !remembered_.may_know(key)) return std::nullopt;
    const auto version = state_.stores.version();
    const auto now = state_.clock();
    const remembered_answer* known = version ? remembered_.find(key, *version, now) : nullptr;
    if (known == nullptr) return std::nullopt;
    s.route = known->route;
    s.user = known->user;
    const auto standing = limit_.take(std::to_string(known->user.value()), now);
    if (standing.allowed) return with_limits(known->response, standing);
    metrics_.rate_limited.add();
    return with_limits(problem(429, "Rate limit exceeded."), standing);
}

async::task<http::response> api::answer_anew(const http::request& r, std::string key, served& s) {
    match m = find_route(r);
    // Before the store is looked at: what changes meanwhile makes another version.
    const bool may_keep = !key.empty() && m.found != nullptr && m.found->how.remembered && state_.stores.one_moment;
    const auto version = may_keep ? state_.stores.version() : std::nullopt;
    std::optional<remembered_answer> keep;
    auto work = [this, &r, &m, &s, &keep] {
        try {
            return answer_to(r, m, s, keep);
        } catch (const std::exception& e) {
            return failed(failure(errc::corrupt, std::string("a bug: ") + e.what()), s);
        }
    };
    http::response out = co_await async::offload(pool_for(m), std::move(work));
    if (version && keep) remembered_.keep(std::move(key), *version, std::move(*keep));
    co_return out;
}

boost::asio::thread_pool& api::pool_for(const match& m) {
    if (m.found == nullptr || m.found->how.on == lane::ordinary) return pool_;
    if (m.found->how.on == lane::repositories) return repositories_;
    if (m.found->how.on == lane::pushes) return pushes_;
    if (m.found->how.on == lane::trials) return trials_;
    return m.found->how.on == lane::passwords ? passwords_ : outgoing_;
}

http::response api::with_limits(http::response out, const rate_limit::standing& standing) const {
    // A handler's own limit, such as that of logins, stands.
    if (standing.limit > 0 && http::find_header(out.headers, "X-Rate-Limit-Limit") == nullptr)
        out.with("X-Rate-Limit-Limit", std::to_string(standing.limit))
            .with("X-Rate-Limit-Remaining", std::to_string(standing.remaining))
            .with("X-Rate-Limit-Reset", std::to_string(standing.reset.time_since_epoch().count()));
    return out;
}

http::response api::answer_to(const http::request& r, match& m, served& s, std::optional<remembered_answer>& keep) {
    if (m.found == nullptr && m.methods.empty()) return problem(404, "there is nothing at this address");
    if (m.found == nullptr) {
        std::string allowed;
        for (const std::string_view method : m.methods)
            allowed += (allowed.empty() ? "" : ", ") + std::string(method);
        http::response no = problem(405, "this address takes " + allowed);
        no.with("Allow", allowed);
        return no;
    }
    s.route = m.found;
    // Who only looks sees one state of the store, in one transaction.
    const bool looks = m.found->method == "GET" && state_.stores.one_moment && !waits_for_others(m.found->how.on);
    const std::shared_ptr<void> moment = looks ? state_.stores.one_moment() : nullptr;
    const auto began = state_.clock();
    call c{.request = r,
           .server = state_,
           .at = std::move(m.at),
           .base = base_of(state_, r, m.below_api),
           .route = m.found};
    const auto admitted = admit(c, *m.found);
    if (!admitted) return failed(admitted.error(), s);
    s.user = c.actor();
    // Agents call as often as what they execute prints.
    const auto standing = c.agent
                              ? rate_limit::standing()
                              : limit_.take(c.actor().valid() ? std::to_string(c.actor().value()) : r.peer, c.now());
    const auto with_headers = [&](http::response out) {
        if (c.token) out.with("X-0Auth-Scopes", joined(c.token->scopes));
        if (m.found->needed != scope::none)
            out.with("X-Accepted-0Auth-Scopes", std::string(to_string(m.found->needed)));
        if (out.status == 401) out.with("WWW-Authenticate", "Bearer");
        if (m.found->how.remembered && c.token && out.status == 200 && !out.stream)
            keep = {out, m.found, c.actor(), began, c.until};
        return with_limits(std::move(out), standing);
    };
    if (!standing.allowed) {
        metrics_.rate_limited.add();
        return with_headers(problem(429, "Rate limit exceeded."));
    }
    if (*admitted && (*admitted)->status == 401) metrics_.unauthorized.add();
    if (*admitted) return with_headers(problem((*admitted)->status, (*admitted)->why));
    if (has_body(r.method) && !r.body.empty() && !m.found->how.raw) {
        auto body = parse_json(r.body);
        if (!body) return with_headers(failed(body.error(), s));
        c.body = std::move(*body);
    }
    auto done = m.found->run(c);
    if (!done) return with_headers(failed(done.error(), s));
    http::response out;
    out.status = done->status;
    out.headers = std::move(done->headers);
    if (done->stream) {
        out.stream = std::move(done->stream);
    } else if (out.status != 204 && out.status != 304) {
        const bool text = done->bare || !done->text.empty();
        if (!text) out.with("Content-Type", "application/json; charset=utf-8");
        out.body = text ? std::move(done->text) : text_of(done->body);
    }
    out.with("Cache-Control", "no-store");
    return with_headers(std::move(out));
}

}  // namespace latchkey::server
