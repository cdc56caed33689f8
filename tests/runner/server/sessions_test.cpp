// SPDX-License-Identifier: Apache-2.0
// Signing in with a password over HTTP: what a session may do, what it needs for it, and when it ends.
#include "runner/identity/password.hpp"
#include "runner/server/route.hpp"
#include "tests/runner/server/api_world.hpp"
#include "tests/runner/server/browser.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string password = "correct horse battery";

// A world with a clock of the test's own, and passwords for the developer and the administrator.
struct session_world {
    explicit session_world(const std::function<void(server::state&)>& adjust = {})
        : api(1'000'000, [&](server::state& s) {
              s.clock = [this] { return policy::time_point(std::chrono::milliseconds(clock.load())); };
              if (adjust) adjust(s);
          }) {
        const std::string hash = identity::hash_password(password).value();
        for (const auto user : {api.team.developer, api.team.admin})
            REQUIRE(api.stores().people->set_password(user, hash, user, at(100)).has_value());
    }
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(api.port()) + path; }
    page log_in(browser& b, const std::string& email, const std::string& with = password) const {
        return b.send("POST", url("/latchkey/v1/session"), {{"email", email}, {"password", with}});
    }
    void pass(std::chrono::milliseconds time) { clock += time.count(); }

    std::atomic<std::int64_t> clock{1'800'000'000'000};
    api_world api;
};

std::vector<std::string> logins_in_audit(store::stores& s) {
    std::vector<std::string> found;
    REQUIRE(s.runs
                ->walk_audit(1,
                             [&](const policy::audit_entry& e) {
                                 if (e.kind == policy::audit_kind::login)
                                     found.push_back(e.facts.front().second + " " + std::to_string(e.actor.value()));
                                 return true;
                             })
                .has_value());
    return found;
}

}  // namespace

TEST_SUITE("server.sessions") {
    TEST_CASE("a session: begun by a password, good for all that its user may, ended by signing out") {
        session_world w;
        browser b;
        CHECK_EQ(b.get(w.url("/workspaces")).status, 401);
        const auto in = w.log_in(b, "DEV@acme.test");
        REQUIRE_EQ(in.status, 201);
        const std::string cookie = in.header("set-cookie");
        CHECK(cookie.starts_with("latchkey_session=lk_"));
        CHECK(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=604800"));
        CHECK_EQ(in.body["user"]["email"], "dev@acme.test");
        const auto csrf = in.body["csrf_token"].get<std::string>();
        CHECK_EQ(in.text.find(b.cookies[w.api.port()]["latchkey_session"]), std::string::npos);
        const auto who = b.get(w.url("/latchkey/v1/session"));
        CHECK_EQ(who.status, 200);
        CHECK_EQ(who.body["csrf_token"], csrf);
        CHECK_EQ(who.body["how"], "password");
        CHECK_EQ(b.get(w.url("/workspaces/acme")).status, 200);
        CHECK_EQ(b.get(w.url("/workspaces/other")).status, 404);
        CHECK_EQ(b.get(w.url("/user/token")).status, 404);

        // With all scopes: a token of any kind can be made.
        const json wanted = {{"name", "t"}, {"scopes", {"EXECUTION_MANAGE"}}};
        CHECK_EQ(b.send("POST", w.url("/user/tokens"), wanted, {{"X-CSRF-Token", csrf}}).status, 201);

        const auto before = b.cookies;
        CHECK_EQ(b.send("DELETE", w.url("/latchkey/v1/session"), nullptr, {{"X-CSRF-Token", csrf}}).status, 204);
        CHECK(b.cookies[w.api.port()].empty());
        // The cookie itself is worth nothing any more.
        b.cookies = before;
        const auto gone = b.get(w.url("/workspaces"));
        CHECK_EQ(gone.status, 401);
        CHECK_EQ(gone.message(), "the session has ended: sign in again");
        const auto dev = std::to_string(w.api.team.developer.value());
        CHECK_EQ(logins_in_audit(w.api.stores()), std::vector<std::string>{"logged in " + dev, "logged out " + dev});
    }

    TEST_CASE("what changes something needs the session's token, and comes from a page of ours or from none") {
        session_world w;
        browser b;
        const auto csrf = w.log_in(b, "dev@acme.test").body["csrf_token"].get<std::string>();
        const auto change = [&](const std::map<std::string, std::string>& headers) {
            return b.send("PATCH", w.url("/user"), {{"name", "Dev"}}, headers);
        };
        const auto without = change({});
        CHECK_EQ(without.status, 403);
        CHECK_EQ(without.message(),
                 "a call of a session needs its token against forged calls: send `csrf_token` of GET "
                 "/latchkey/v1/session as X-CSRF-Token");
        CHECK_EQ(change({{"X-CSRF-Token", csrf.substr(1) + "0"}}).status, 403);
        browser other;
        CHECK_EQ(change({{"X-CSRF-Token", w.log_in(other, "dev@acme.test").body["csrf_token"]}}).status, 403);
        CHECK_EQ(change({{"X-CSRF-Token", csrf}}).status, 200);
        CHECK_EQ(change({{"X-CSRF-Token", csrf}, {"Origin", w.url("")}}).status, 200);
        for (const std::string origin : {"https://evil.test", "null", "http://127.0.0.1:1", "http://127.0.0.1"}) {
            CAPTURE(origin);
            const auto no = change({{"X-CSRF-Token", csrf}, {"Origin", origin}});
            CHECK_EQ(no.status, 403);
            CHECK_EQ(no.message(), "the call comes from a page of another server");
        }
        // Nor may another's page sign a browser in, as whoever that page likes.
        CHECK_EQ(b.send("POST", w.url("/latchkey/v1/session"), {{"email", "dev@acme.test"}, {"password", password}},
                        {{"Origin", "https://evil.test"}})
                     .status,
                 403);
        CHECK_EQ(b.get(w.url("/workspaces")).status, 200);
    }

    TEST_CASE("no route that changes something takes a session without its token, or from another's page") {
        session_world w;
        browser b;
        const auto csrf = w.log_in(b, "ana@acme.test").body["csrf_token"].get<std::string>();
        int walked = 0;
        for (const server::route& r : server::routes()) {
            if (r.method == "GET") continue;
            std::string path;
            for (const char c : r.path) path += c == ':' ? 'x' : c;
            CAPTURE(r.method);
            CAPTURE(r.path);
            const std::string method(r.method);
            const auto elsewhere =
                b.send(method, w.url(path), nullptr, {{"X-CSRF-Token", csrf}, {"Origin", "https://evil.test"}});
            // No session opens what is for machines that sign their calls.
            if (r.right == server::right::agent) {
                CHECK_EQ(elsewhere.status, 401);
                CHECK_EQ(b.send(method, w.url(path), nullptr, {{"X-CSRF-Token", csrf}}).status, 401);
                continue;
            }
            CHECK_EQ(elsewhere.status, 403);
            CHECK_EQ(elsewhere.message(), "the call comes from a page of another server");
            if (r.right == server::right::anybody) continue;
            const auto without = b.send(method, w.url(path), nullptr);
            CHECK_EQ(without.status, 403);
            CHECK(without.message().starts_with("a call of a session needs its token against forged calls"));
            ++walked;
        }
        CHECK_GT(walked, 30);
    }

    TEST_CASE("over TLS, here or at a proxy, only a cookie of this very host counts") {
        session_world w([](server::state& s) { s.public_url = "https://ci.example.test"; });
        browser b;
        const auto in = w.log_in(b, "dev@acme.test");
        CHECK(in.header("set-cookie").starts_with("__Host-latchkey_session=lk_"));
        CHECK(in.header("set-cookie").ends_with("; Secure"));
        CHECK_EQ(b.get(w.url("/workspaces")).status, 200);
        auto& jar = b.cookies[w.api.port()];
        jar = {{"latchkey_session", jar["__Host-latchkey_session"]}};
        CHECK_EQ(b.get(w.url("/workspaces")).status, 401);
        jar = {{"__Host-latchkey_session", jar["latchkey_session"]}};
        const std::map<std::string, std::string> ours = {{"X-CSRF-Token", in.body["csrf_token"]},
                                                         {"Origin", "https://ci.example.test"}};
        CHECK_EQ(b.send("PATCH", w.url("/user"), {{"name", "Dev"}}, ours).status, 200);
    }

    TEST_CASE("a session ends when it is idle for 12 hours, and after 7 days whatever happens") {
        using namespace std::chrono_literals;
        session_world w;
        browser b;
        REQUIRE_EQ(w.log_in(b, "dev@acme.test").status, 201);
        for (int i = 0; i < 14; ++i) {
            CAPTURE(i);
            CHECK_EQ(b.get(w.url("/workspaces")).status, 200);
            w.pass(11h + 58min);
        }
        CHECK_EQ(b.get(w.url("/workspaces")).status, 200);
        w.pass(28min);
        CHECK_EQ(b.get(w.url("/workspaces")).status, 401);

        REQUIRE_EQ(w.log_in(b, "dev@acme.test").status, 201);
        w.pass(11h + 59min);
        CHECK_EQ(b.get(w.url("/workspaces")).status, 200);
        w.pass(12h);
        CHECK_EQ(b.get(w.url("/workspaces")).status, 401);
    }

    TEST_CASE("a wrong password, an unknown address and a user without a password get one answer") {
        session_world w;
        browser b;
        const std::string want = w.log_in(b, "dev@acme.test", "wrong horse battery").text;
        CHECK_EQ(json::parse(want)["errors"][0]["message"], "the e-mail address or the password is wrong");
        for (const std::string email : {"nobody@acme.test", "vi@acme.test", "no address"}) {
            CAPTURE(email);
            const auto no = w.log_in(b, email);
            CHECK_EQ(no.status, 401);
            CHECK_EQ(no.text, want);
            CHECK(no.header("set-cookie").empty());
        }
        const auto audited = logins_in_audit(w.api.stores());
        CHECK_EQ(audited,
                 std::vector<std::string>{"failed " + std::to_string(w.api.team.developer.value()), "failed 0",
                                          "failed " + std::to_string(w.api.team.viewer.value()), "failed 0"});
        CHECK_EQ(w.log_in(b, "dev@acme.test", std::string(100'000, 'a')).status, 401);
    }

    TEST_CASE("logins are limited by account and by address, and say until when") {
        session_world w([](server::state& s) { s.logins = std::make_shared<server::login_limits>(3, 5); });
        browser b;
        for (int i = 0; i < 3; ++i) CHECK_EQ(w.log_in(b, "dev@acme.test", "wrong horse battery").status, 401);
        const auto no = w.log_in(b, "Dev@acme.test");  // the right one, and another case
        CHECK_EQ(no.status, 429);
        CHECK_EQ(no.message(), "Rate limit exceeded.");
        CHECK_EQ(no.header("x-rate-limit-limit"), "3");
        CHECK_EQ(no.header("x-rate-limit-remaining"), "0");
        CHECK_EQ(no.header("x-rate-limit-reset"), std::to_string(w.clock / 1000 + 900));
        CHECK_EQ(no.header("retry-after"), "900");
        CHECK_EQ(w.log_in(b, "ana@acme.test").status, 201);
        const auto from_here = w.log_in(b, "ana@acme.test");
        CHECK_EQ(from_here.status, 429);
        CHECK_EQ(from_here.header("x-rate-limit-limit"), "5");
        w.pass(std::chrono::minutes(15));
        CHECK_EQ(w.log_in(b, "dev@acme.test").status, 201);
    }

    TEST_CASE("behind a proxy that is trusted logins are counted by who really calls, and nobody chooses that") {
        session_world w([](server::state& s) {
            s.logins = std::make_shared<server::login_limits>(100, 2);
            s.trusted_proxies = {"127.0.0.1", "10.0.0.0/8"};
        });
        const auto from = [&](const std::string& header) {
            return w.api
                .ask_text("POST", "/latchkey/v1/session", "", R"({"email":"dev@acme.test","password":"wrong horse"})",
                          {{"Content-Type", "application/json"}, {"X-Forwarded-For", header}})
                .status;
        };
        CHECK_EQ(from("192.0.2.1"), 401);
        CHECK_EQ(from("6.6.6.6, 192.0.2.1, 10.1.2.3"), 401);
        CHECK_EQ(from("7.7.7.7, 192.0.2.1"), 429);
        CHECK_EQ(from("192.0.2.2"), 401);
        // What is no address ends it: who wrote what stands before it is not known.
        CHECK_EQ(from("192.0.2.3, unknown, 10.1.2.4"), 401);
        CHECK_EQ(from("192.0.2.4, unknown, 10.1.2.4"), 401);
        CHECK_EQ(from("192.0.2.5, unknown, 10.1.2.4"), 429);
        session_world alone([](server::state& s) { s.logins = std::make_shared<server::login_limits>(100, 2); });
        const auto straight = [&](const std::string& header) {
            return alone.api
                .ask_text("POST", "/latchkey/v1/session", "", R"({"email":"dev@acme.test","password":"wrong horse"})",
                          {{"Content-Type", "application/json"}, {"X-Forwarded-For", header}})
                .status;
        };
        CHECK_EQ(straight("192.0.2.1"), 401);
        CHECK_EQ(straight("192.0.2.2"), 401);
        CHECK_EQ(straight("192.0.2.3"), 429);
    }

    TEST_CASE("where a workspace asks all members to come by its provider a password is not enough") {
        session_world w;
        browser b;
        REQUIRE_EQ(w.log_in(b, "dev@acme.test").status, 201);
        auto& sso = *w.api.stores().sso;
        REQUIRE(sso.enable(w.api.team.acme, w.api.team.owner, at(100)).has_value());
        CHECK_EQ(b.get(w.url("/workspaces/acme")).status, 200);
        auto asked = sso.get(w.api.team.acme).value();
        asked.settings = {{store::sso_for_all, "true"}};
        REQUIRE(sso.edit(asked, w.api.team.owner, at(100)).has_value());
        CHECK_EQ(b.get(w.url("/workspaces/acme")).status, 403);
        CHECK_EQ(b.get(w.url("/workspaces/acme/projects")).status, 403);
        CHECK_EQ(b.get(w.url("/latchkey/v1/session")).status, 200);
        REQUIRE(sso.disable(w.api.team.acme, w.api.team.owner, at(100)).has_value());
        CHECK_EQ(b.get(w.url("/workspaces/acme")).status, 200);
    }

    TEST_CASE("many logins at once all get their answer") {
        session_world w;
        std::atomic<int> fine{0};
        std::vector<std::jthread> all;
        for (int i = 0; i < 12; ++i)
            all.emplace_back([&] {
                browser b;
                if (w.log_in(b, "dev@acme.test").status == 201) ++fine;
            });
        all.clear();
        CHECK_EQ(fine, 12);
    }

    TEST_CASE("changing the password needs the old one, and ends the other sessions") {
        session_world w;
        browser here;
        browser there;
        const auto csrf = w.log_in(here, "dev@acme.test").body["csrf_token"].get<std::string>();
        REQUIRE_EQ(w.log_in(there, "dev@acme.test").status, 201);
        const auto change = [&](const std::string& old, const std::string& wanted) {
            return here.send("POST", w.url("/latchkey/v1/session/password"),
                             {{"old_password", old}, {"password", wanted}}, {{"X-CSRF-Token", csrf}});
        };
        CHECK_EQ(change("wrong horse battery", "a new password").message(), "the password is wrong");
        CHECK_EQ(change(password, "short").message(), "a password has 12 characters or more");
        CHECK_EQ(there.get(w.url("/workspaces")).status, 200);
        CHECK_EQ(change(password, "a new password").status, 204);
        CHECK_EQ(here.get(w.url("/workspaces")).status, 200);
        CHECK_EQ(there.get(w.url("/workspaces")).status, 401);
        browser b;
        CHECK_EQ(w.log_in(b, "dev@acme.test").status, 401);
        CHECK_EQ(w.log_in(b, "dev@acme.test", "a new password").status, 201);
        // A token is no session: it has no password to change.
        const auto by_token = w.api.ask("POST", "/latchkey/v1/session/password", w.api.token(w.api.team.developer),
                                        {{"old_password", "a new password"}, {"password", password}});
        CHECK_EQ(by_token.message(), "this is for sessions: sign in with POST /latchkey/v1/session");
    }

    TEST_CASE("signing out everywhere, and losing one's membership") {
        session_world w;
        browser here;
        browser there;
        const auto csrf = w.log_in(here, "dev@acme.test").body["csrf_token"].get<std::string>();
        REQUIRE_EQ(w.log_in(there, "dev@acme.test").status, 201);
        CHECK_EQ(here.send("DELETE", w.url("/latchkey/v1/sessions"), nullptr, {{"X-CSRF-Token", csrf}}).status, 204);
        CHECK_EQ(there.get(w.url("/workspaces")).status, 401);

        REQUIRE_EQ(w.log_in(here, "dev@acme.test").status, 201);
        CHECK_EQ(here.get(w.url("/workspaces/acme")).status, 200);
        auto& people = *w.api.stores().people;
        REQUIRE(people.remove_member(w.api.team.acme, w.api.team.developer, w.api.team.owner, at(200)).has_value());
        CHECK_EQ(here.get(w.url("/workspaces/acme")).status, 404);
        CHECK_EQ(here.get(w.url("/workspaces/acme/projects/web")).status, 404);
        CHECK_EQ(here.get(w.url("/workspaces")).body["workspaces"], json::array());
    }

    TEST_CASE("step-up: what grants or reveals asks a session for its password again, and no personal token") {
        session_world w([](server::state& s) { s.step_up = std::chrono::minutes(10); });
        browser b;
        const auto csrf = w.log_in(b, "ana@acme.test").body["csrf_token"].get<std::string>();
        const auto make_token = [&] {
            return b.send("POST", w.url("/user/tokens"), {{"name", "t"}, {"scopes", {"WORKSPACE"}}},
                          {{"X-CSRF-Token", csrf}});
        };
        const std::string slack = "/workspaces/acme/integrations/" + w.api.team.slack.hash_id;
        CHECK_EQ(make_token().status, 201);
        w.pass(std::chrono::minutes(10));
        const auto asked = make_token();
        CHECK_EQ(asked.status, 403);
        CHECK_EQ(asked.message(),
                 "this needs your password again: send it to /latchkey/v1/session/confirm, or sign in again with the "
                 "identity provider (/latchkey/v1/login/oidc?confirm=1)");
        CHECK_EQ(b.send("PATCH", w.url(slack), {{"name", "x"}}, {{"X-CSRF-Token", csrf}}).status, 403);
        CHECK_EQ(b.send("POST",
                        w.url("/latchkey/v1/workspaces/acme/projects/web/pipelines/" +
                              std::to_string(w.api.team.deploy.value()) + "/executions/1/grant"),
                        nullptr, {{"X-CSRF-Token", csrf}})
                     .message(),
                 asked.message());
        // As much as a grant and retry gives, and an address that starts a pipeline without a session.
        const std::string pipeline =
            "/latchkey/v1/workspaces/acme/projects/web/pipelines/" + std::to_string(w.api.team.deploy.value());
        for (const std::string& gives : {"/latchkey/v1" + slack + "/grants", pipeline + "/webhook"})
            CHECK_EQ(
                b.send("POST", w.url(gives), {{"pipeline_id", w.api.team.deploy.value()}}, {{"X-CSRF-Token", csrf}})
                    .message(),
                asked.message());
        CHECK_EQ(b.get(w.url(slack)).status, 200);
        // Who may not do it at all is told that, not asked for a password.
        browser dev;
        const auto devs = w.log_in(dev, "dev@acme.test").body["csrf_token"].get<std::string>();
        w.pass(std::chrono::minutes(10));
        CHECK_EQ(dev.send("POST", w.url("/latchkey/v1/workspaces/acme/members/1/tokens"), nullptr,
                          {{"X-CSRF-Token", devs}})
                     .message(),
                 "only an administrator of the workspace can do that");

        const auto confirm = [&](const std::string& with) {
            return b.send("POST", w.url("/latchkey/v1/session/confirm"), {{"password", with}},
                          {{"X-CSRF-Token", csrf}});
        };
        CHECK_EQ(confirm("wrong horse battery").status, 403);
        CHECK_EQ(make_token().status, 403);
        const auto confirmed = confirm(password);
        CHECK_EQ(confirmed.status, 200);
        CHECK_FALSE(confirmed.body["confirmed_until"].is_null());
        CHECK_EQ(make_token().status, 201);
        CHECK_EQ(b.send("PATCH", w.url(slack), {{"name", "x"}}, {{"X-CSRF-Token", csrf}}).status, 200);
        w.pass(std::chrono::minutes(10));
        CHECK_EQ(w.api
                     .ask("POST", "/user/tokens", w.api.token(w.api.team.admin),
                          {{"name", "t"}, {"scopes", {"WORKSPACE"}}})
                     .status,
                 201);
    }
}
