// SPDX-License-Identifier: Apache-2.0
// Signing in with an identity provider that tells the truth, and with one that does not. The provider is the test's
// own, so that it can lie; openid_provider_test.cpp has a real one.
#include "runner/identity/base64url.hpp"
#include "runner/identity/jwt.hpp"
#include "runner/identity/openid_client.hpp"
#include "tests/runner/server/api_world.hpp"
#include "tests/runner/server/browser.hpp"
#include "tests/runner/server/small_provider.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

struct openid_world {
    explicit openid_world(const std::function<void(identity::openid_settings&)>& change = {},
                          const std::function<void(server::state&)>& adjust = {})
        : client(settings_for(provider, change)), api(1'000'000, [&](server::state& s) {
              s.openid = &client;
              s.clock = [this] {
                  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) +
                         std::chrono::seconds(ahead);
              };
              if (adjust) adjust(s);
          }) {}

    static identity::openid_settings settings_for(const small_provider& p,
                                                  const std::function<void(identity::openid_settings&)>& change) {
        identity::openid_settings s;
        s.issuer = p.issuer();
        s.client_id = "latchkey";
        s.client_secret = vault::secret(std::string("the secret"));
        if (change) change(s);
        return s;
    }
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(api.port()) + path; }

    page log_in(browser& b, const std::string& query = "") {
        const auto sent = b.get(url("/latchkey/v1/login/oidc" + query));
        REQUIRE_EQ(sent.status, 302);
        address = sent.header("location");
        return b.get(provider.back_from(address));
    }
    // Nobody is signed in, and the answer says why.
    void refused(const std::string& why) {
        browser b;
        const auto no = log_in(b);
        CHECK_EQ(no.status, 403);
        CHECK_EQ(no.message(), "the identity provider's token is not accepted: " + why);
        CHECK(b.cookies[api.port()].empty());
    }

    small_provider provider;
    identity::openid_client client;
    std::atomic<int> ahead{0};  // of the true time, in seconds
    std::string address;        // where the browser was sent
    api_world api;
};

std::string part(const json& j) {
    return identity::to_base64url(j.dump());
}

}  // namespace

TEST_SUITE("server.openid") {
    TEST_CASE(
        "a member signs in, and the browser is sent with state, nonce and PKCE, and goes on to where it wanted") {
        openid_world w;
        browser b;
        const auto back = w.log_in(b, "?return=/workspaces/acme");
        REQUIRE_EQ(back.status, 302);
        CHECK_EQ(back.header("location"), "/workspaces/acme");
        CHECK(w.address.starts_with(w.provider.issuer() +
                                    "/authorize?response_type=code&scope=openid%20email%20profile&"));
        for (const char* has : {"&state=", "&nonce=", "&code_challenge_method=S256&code_challenge="})
            CHECK(w.address.find(has) != std::string::npos);
        const auto who = b.get(w.url("/latchkey/v1/session"));
        CHECK_EQ(who.body["how"], "openid");
        CHECK_EQ(who.body["user"]["id"], w.api.team.developer.value());
        CHECK_EQ(b.get(w.url("/workspaces/acme")).status, 200);
        CHECK_EQ(b.cookies[w.api.port()].size(), 1);
        // So does where a workspace asks for it.
        auto& sso = *w.api.stores().sso;
        REQUIRE(sso.enable(w.api.team.acme, w.api.team.owner, at(100)).has_value());
        auto asked = sso.get(w.api.team.acme).value();
        asked.settings = {{store::sso_for_all, "true"}};
        REQUIRE(sso.edit(asked, w.api.team.owner, at(100)).has_value());
        CHECK_EQ(b.get(w.url("/workspaces/acme")).status, 200);
        CHECK_EQ(w.api.ask("GET", "/workspaces/acme", w.api.token(w.api.team.developer)).status, 403);

        // From then on it is the issuer's name for them that counts, not the address.
        w.provider.claims["email"] = "dev.new@acme.test";
        browser again;
        CHECK_EQ(w.log_in(again).status, 302);
        CHECK_EQ(again.get(w.url("/latchkey/v1/session")).body["user"]["id"], w.api.team.developer.value());
    }

    TEST_CASE("nobody goes on to another server's page") {
        openid_world w;
        for (const std::string away : {"//evil.test", "/%5Cevil.test", "https://evil.test", "/a%0d%0aX:%20b", ""}) {
            CAPTURE(away);
            browser b;
            CHECK_EQ(w.log_in(b, "?return=" + away).header("location"), "/");
        }
    }

    TEST_CASE("a login belongs to the browser that began it, and is good once") {
        openid_world w;
        browser mine;
        browser victim;
        const auto sent = mine.get(w.url("/latchkey/v1/login/oidc"));
        const std::string back = w.provider.back_from(sent.header("location"));
        const std::string why = "this is not the login that this browser began: begin it again";
        CHECK_EQ(victim.get(back).message(), why);
        victim.get(w.url("/latchkey/v1/login/oidc"));
        CHECK_EQ(victim.get(back).message(), why);
        CHECK(victim.cookies[w.api.port()].empty());
        const auto jar = mine.cookies;
        CHECK_EQ(mine.get(back).status, 302);
        CHECK_EQ(mine.get(back).message(), why);
        mine.cookies = jar;
        CHECK_EQ(mine.get(back).message(), "the identity provider refuses the login (invalid_grant): begin it again");
        CHECK_EQ(mine.get(w.url("/latchkey/v1/login/oidc/callback?error=access_denied")).message(),
                 "the identity provider refuses the login (access_denied)");
        CHECK_EQ(mine.get(w.url("/latchkey/v1/login/oidc/callback?error=%3Cscript%3E")).message(),
                 "the identity provider refuses the login");
    }

    TEST_CASE("claims that are not about us, now and this login are refused") {
        openid_world w;
        const auto with = [&](const char* name, const json& value) {
            w.provider.lie = [=](json& claims) {
                claims[name] = value;
                if (value.is_null()) claims.erase(name);
            };
        };
        const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        with("iss", "https://evil.test");
        w.refused("it is of another issuer");
        with("iss", nullptr);
        w.refused("it is of another issuer");
        for (const json& audience :
             {json("another"), json(), json::array(), json({"another"}), json({"latchkey", "another"}), json(1)}) {
            with("aud", audience);
            w.refused("it is for another client");
        }
        with("azp", "another");
        w.refused("it is for another client");
        for (const json& nonce : {json("another"), json(""), json(), json(1)}) {
            with("nonce", nonce);
            w.refused("it belongs to another login");
        }
        for (const json& expires : {json(now - 121), json(), json("soon"), json(1e300), json(-1)}) {
            with("exp", expires);
            w.refused("it has expired");
        }
        with("iat", now + 600);
        w.refused("it was issued in the future");
        with("nbf", now + 600);
        w.refused("it is not valid yet");
        for (const json& subject : {json(), json(""), json(7), json(std::string(256, 's'))}) {
            with("sub", subject);
            w.refused("it names nobody");
        }
        for (const json& verified : {json(false), json(), json("false"), json(1)}) {
            with("email_verified", verified);
            w.refused("it has no verified e-mail address");
        }
        w.provider.lie = nullptr;
        browser b;
        CHECK_EQ(w.log_in(b).status, 302);
    }

    TEST_CASE("tokens that the provider's keys did not sign are refused") {
        openid_world w;
        const auto other = identity::private_key::make().value();
        w.provider.make_token = [&](const json& claims) {
            return part({{"alg", "none"}}) + "." + part(claims) + ".";
        };
        w.refused("the token is not signed with RS256 or ES256");
        // The public key as a secret of HMAC: the classic confusion.
        w.provider.make_token = [&](const json& claims) {
            return part({{"alg", "HS256"}, {"kid", w.provider.key.id()}}) + "." + part(claims) + ".c2lnbmF0dXJl";
        };
        w.refused("the token is not signed with RS256 or ES256");
        // Another key's signature under our key's name.
        w.provider.make_token = [&](const json& claims) {
            const std::string text = part({{"alg", "RS256"}, {"kid", w.provider.key.id()}}) + "." + part(claims);
            return text + "." + identity::to_base64url(other.sign(text).value());
        };
        w.refused("its signature is wrong");
        w.provider.make_token = [&](const json& claims) {
            std::string token = identity::make_jwt(w.provider.key, claims).value();
            token.back() = token.back() == 'A' ? 'Q' : 'A';
            return token;
        };
        w.refused("its signature is wrong");
        w.provider.make_token = [&](const json& claims) {
            const std::string text = part({{"alg", "ES256"}, {"kid", w.provider.key.id()}}) + "." + part(claims);
            return text + "." + identity::to_base64url(w.provider.key.sign(text).value());
        };
        w.refused("its signature is wrong");
        // The key comes with the token: it is not looked at.
        w.provider.make_token = [&](const json& claims) {
            const std::string text =
                part({{"alg", "RS256"}, {"kid", other.id()}, {"jwk", other.to_jwk()}}) + "." + part(claims);
            return text + "." + identity::to_base64url(other.sign(text).value());
        };
        browser b;
        CHECK_EQ(w.log_in(b).message(),
                 "the identity provider's token is signed with a key that is not in its key set");
        for (const std::string& nonsense :
             std::vector<std::string>{"", "a.b", "a.b.c", "....", "e30.e30.e30", std::string(40'000, 'a')}) {
            w.provider.make_token = [&](const json&) { return nonsense; };
            CHECK_EQ(w.log_in(b).status, 403);
        }
        CHECK(b.cookies[w.api.port()].empty());
    }

    TEST_CASE("a new key is fetched when a token names it, and not for every unknown name") {
        openid_world w;
        browser b;
        CHECK_EQ(w.log_in(b).status, 302);
        CHECK_EQ(w.log_in(b).status, 302);
        CHECK_EQ(w.provider.key_fetches, 1);
        // The provider rotates: within half a minute of the last fetch nothing is fetched.
        w.provider.key = identity::private_key::make().value();
        w.provider.published.push_back(w.provider.key.to_jwk());
        CHECK_EQ(w.log_in(b).message(),
                 "the identity provider's token is signed with a key that is not in its key set");
        CHECK_EQ(w.provider.key_fetches, 1);
        w.ahead = 31;
        CHECK_EQ(w.log_in(b).status, 302);
        CHECK_EQ(w.provider.key_fetches, 2);
        // One that was withdrawn is not believed for longer than an hour.
        w.provider.published.clear();
        w.ahead = 3632;
        w.provider.lie = [](json& claims) {
            for (const char* time : {"iat", "exp"}) claims[time] = claims[time].get<std::int64_t>() + 3632;
        };
        CHECK_EQ(w.log_in(b).message(),
                 "the identity provider's token is signed with a key that is not in its key set");
        CHECK_EQ(w.provider.key_fetches, 3);
    }

    TEST_CASE("a provider that describes itself wrongly, or is not there, is said so") {
        openid_world w;
        browser b;
        const auto begin = [&] { return b.get(w.url("/latchkey/v1/login/oidc")); };
        w.provider.description = {{"issuer", "https://evil.test"}};
        CHECK_EQ(begin().message(), "the identity provider at " + w.provider.issuer() +
                                        " says that it is another issuer: put the issuer as it writes it itself");
        w.ahead = 20;
        w.provider.description = {{"token_endpoint", "http://evil.test/token"}};
        CHECK_EQ(begin().message(),
                 "the identity provider at " + w.provider.issuer() + " names an address that is not https");
        w.ahead = 40;
        w.provider.description = {};
        CHECK_EQ(begin().status, 302);

        openid_world gone([](identity::openid_settings& s) { s.issuer = "http://127.0.0.1:1"; });
        const auto no = b.get(gone.url("/latchkey/v1/login/oidc"));
        CHECK_EQ(no.status, 502);
        CHECK(no.message().starts_with("no answer from 127.0.0.1:1: "));
    }

    TEST_CASE("who is let in: members, addresses of the domains, and others where users are made") {
        openid_world w([](identity::openid_settings& s) { s.email_domains = {"acme.test"}; });
        w.provider.claims["sub"] = "person-2";
        w.provider.claims["email"] = "who@acme.test";
        browser b;
        CHECK_EQ(w.log_in(b).message(),
                 "nobody here has this e-mail address: ask an administrator to add you as a member");
        w.provider.claims["email"] = "eve@other.test";
        w.refused("its e-mail address is of a domain that is not let in here");
        w.provider.claims["email"] = "dev@acme.test.evil.test";
        w.refused("its e-mail address is of a domain that is not let in here");
        w.provider.claims["email"] = "Dev@ACME.test";
        CHECK_EQ(w.log_in(b).status, 302);

        openid_world open([](identity::openid_settings& s) { s.makes_users = true; });
        open.provider.claims = {
            {"sub", "person-3"}, {"email", "new@acme.test"}, {"email_verified", "true"}, {"name", "New"}};
        browser n;
        CHECK_EQ(open.log_in(n).status, 302);
        const auto who = n.get(open.url("/latchkey/v1/session"));
        CHECK_EQ(who.body["user"]["name"], "New");
        CHECK_EQ(n.get(open.url("/workspaces")).body["workspaces"], json::array());
    }

    TEST_CASE("where the token has no address the provider is asked, and only about who has logged in") {
        openid_world w;
        w.provider.claims = {{"sub", "person-1"}};
        w.provider.person = {{"sub", "person-1"}, {"email", "dev@acme.test"}, {"email_verified", true}};
        browser b;
        CHECK_EQ(w.log_in(b).status, 302);
        CHECK_EQ(b.get(w.url("/latchkey/v1/session")).body["user"]["id"], w.api.team.developer.value());
        w.provider.person["sub"] = "somebody else";
        browser other;
        CHECK_EQ(w.log_in(other).message(), "the identity provider speaks of somebody else than who has logged in");
    }

    TEST_CASE("step-up: signing in again with the provider counts where it says that it asked") {
        openid_world w({}, [](server::state& s) { s.step_up = std::chrono::minutes(10); });
        const auto make_token = [&](browser& b) {
            const auto csrf = b.get(w.url("/latchkey/v1/session")).body["csrf_token"].get<std::string>();
            return b
                .send("POST", w.url("/user/tokens"), {{"name", "t"}, {"scopes", {"WORKSPACE"}}},
                      {{"X-CSRF-Token", csrf}})
                .status;
        };
        browser b;
        CHECK_EQ(w.log_in(b).status, 302);
        CHECK_EQ(make_token(b), 403);
        CHECK(w.address.find("max_age") == std::string::npos);
        w.provider.claims["auth_time"] = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        CHECK_EQ(w.log_in(b, "?confirm=1").status, 302);
        CHECK(w.address.find("&prompt=login&max_age=0") != std::string::npos);
        CHECK_EQ(make_token(b), 201);
        w.ahead = 600;
        CHECK_EQ(make_token(b), 403);
    }
}
