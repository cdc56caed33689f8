// SPDX-License-Identifier: Apache-2.0
// Signing in with a real implementation of OpenID Connect, through its own pages, as a browser does.
#include "runner/identity/openid_client.hpp"
#include "tests/runner/server/api_world.hpp"
#include "tests/runner/server/browser.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// Through the provider's pages: gives a name, agrees, and comes back with the last page that our server gave.
page log_in(browser& b, const std::string& ours, const std::string& name) {
    std::string url = ours + "/latchkey/v1/login/oidc";
    page at = b.get(url);
    for (int step = 0; step < 20; ++step) {
        CAPTURE(url);
        if (at.status == 302 || at.status == 303) {
            if (url.starts_with(ours + "/latchkey/v1/login/oidc/callback")) return at;
            url = resolved(url, at.header("location"));
            at = b.get(url);
        } else if (at.status == 200 && at.text.find("name=\"prompt\" value=\"login\"") != std::string::npos) {
            at = b.post_form(url, "prompt=login&login=" + name + "&password=any");
        } else if (at.status == 200 && at.text.find("name=\"prompt\" value=\"consent\"") != std::string::npos) {
            at = b.post_form(url, "prompt=consent");
        } else {
            return at;
        }
    }
    return at;
}

}  // namespace

TEST_SUITE("server.openid_provider") {
    TEST_CASE("signing in with oidc-provider, by RS256 and by ES256") {
        const latchkey::test::server provider("runner/server/openid/provider.sh");
        for (const std::string algorithm : {"RS256", "ES256"}) {
            CAPTURE(algorithm);
            identity::openid_settings settings;
            settings.issuer = "http://127.0.0.1:" + provider.port();
            settings.client_id = "latchkey " + algorithm;
            settings.client_secret = vault::secret(std::string("se:cret & more"));
            settings.email_domains = {"acme.test"};
            identity::openid_client client(std::move(settings));
            api_world api(1'000'000, [&](latchkey::server::state& s) { s.openid = &client; });
            const std::string ours = "http://127.0.0.1:" + std::to_string(api.port());
            browser b;
            const page back = log_in(b, ours, "dev");
            CAPTURE(back.text);
            REQUIRE_EQ(back.status, 302);
            CHECK_EQ(back.header("location"), "/");
            const auto who = b.get(ours + "/latchkey/v1/session");
            CHECK_EQ(who.body["user"]["email"], "dev@acme.test");
            CHECK_EQ(who.body["how"], "openid");
            browser other;
            CHECK_EQ(log_in(other, ours, "unverified").message(),
                     "the identity provider's token is not accepted: it has no verified e-mail address");
            browser third;
            CHECK_EQ(log_in(third, ours, "nobody").message(),
                     "nobody here has this e-mail address: ask an administrator to add you as a member");
        }
    }
}
