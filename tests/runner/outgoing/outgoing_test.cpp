// SPDX-License-Identifier: Apache-2.0
//
// Requests to a server of the test's own: statuses of commits as each forge takes them, webhooks with their
// signatures, and what is not reached.
#include "runner/outgoing/commit_status.hpp"
#include "runner/outgoing/delivery.hpp"
#include "runner/vault/mac.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace latchkey;
using namespace latchkey::outgoing;
using namespace std::chrono_literals;
using nlohmann::json;
using verdict = outcome::verdict;

namespace {

const std::chrono::sys_seconds now{1'700'000'000s};

vault::secret key(std::string text = "a secret of ours") {
    return vault::secret(std::move(text));
}

send_options here(std::chrono::milliseconds limit = 5s) {
    return {limit, true};
}

struct world {
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + sink.port() + path; }
    // The newest that came.
    json last() const {
        std::string all = test::read_file(sink.folder() / "requests");
        all.pop_back();
        return json::parse(all.substr(all.rfind('\n') + 1));
    }
    std::size_t count() const {
        if (!std::filesystem::exists(sink.folder() / "requests")) return 0;
        const std::string all = test::read_file(sink.folder() / "requests");
        return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n'));
    }
    test::server sink{"runner/native/servers/http_sink.py"};
};

const commit_status status{"bffeb74224043ba2feb48d137756c8a9331c449a", commit_state::failed, "latchkey/deploy",
                           "Missing permissions to the following integration: Slack production",
                           "https://ci.acme.test/runs/42"};

std::string shown(const request& r) {
    std::string out = "POST " + r.url + "\n";
    for (const auto& [name, value] : r.headers) out += name + ": " + value + "\n";
    return out + r.secret_header + ": " + r.before_secret + "(token)\n\n" + json::parse(r.body).dump(1) + "\n\n";
}

}  // namespace

TEST_SUITE("outgoing") {
    TEST_CASE("statuses: as each forge takes them, golden") {
        std::string all;
        for (const auto& place :
             {place_of("https://github.com/acme/web.git"), place_of("https://gitlab.com/acme/a b/web"),
              place_of("https://codeberg.org/acme/web"), place_of("https://bitbucket.org/acme/web")})
            all += shown(status_request(*place, status));
        CHECK_GOLDEN("runner/outgoing/golden/statuses.txt", all);
        commit_status long_one = status;
        long_one.name = std::string(60, 'n');
        long_one.description = std::string(139, 'x') + "ąąąą";
        long_one.target.clear();
        const json github = json::parse(status_request(*place_of("https://github.com/a/b"), long_one).body);
        CHECK_EQ(github["description"], std::string(137, 'x') + "...");
        CHECK_FALSE(github.contains("target_url"));
        const json bitbucket = json::parse(status_request(*place_of("https://bitbucket.org/a/b"), long_one).body);
        CHECK_EQ(bitbucket["key"].get<std::string>().size(), 40);
        long_one.name += "2";
        CHECK_NE(bitbucket["key"],
                 json::parse(status_request(*place_of("https://bitbucket.org/a/b"), long_one).body)["key"]);
    }

    TEST_CASE("statuses: sent with the token in its header, and answers are told apart") {
        const world w;
        const auto place = place_of(w.url("/acme/web.git"), status_forge::gitea);
        REQUIRE(place.has_value());
        const auto sent = send_status(*place, status, key("token 42"), here());
        REQUIRE_MESSAGE(sent.has_value(), sent.error().what);
        CHECK_EQ(w.last()["method"], "POST");
        CHECK_EQ(w.last()["path"], "/api/v1/repos/acme/web/statuses/" + status.commit);
        CHECK_EQ(w.last()["headers"]["Authorization"], "token token 42");
        CHECK_EQ(json::parse(w.last()["body"].get<std::string>())["state"], "failure");
        const auto answered = [&](int code) {
            status_place p = *place;
            p.api = w.url("/status/" + std::to_string(code));
            return send_status(p, status, key(), here()).error().code;
        };
        CHECK(answered(401) == errc::denied);
        CHECK(answered(403) == errc::denied);
        CHECK(answered(404) == errc::not_found);
        CHECK(answered(500) == errc::io);
        CHECK(answered(302) == errc::io);
        CHECK(send_status(*place, status, key("two\nlines"), here()).error().code == errc::refused);
    }

    TEST_CASE("webhooks: signed, and delivered where the answer is one of success") {
        const world w;
        const message m{w.url("/hook"), "EXECUTION_FINISHED", "delivery-1", R"({"status":"FAILED"})"};
        const outcome done = deliver(m, key(), now, here());
        CHECK(done.what == verdict::delivered);
        CHECK_EQ(done.status, 200);
        const json came = w.last();
        CHECK_EQ(came["body"], m.body);
        CHECK_EQ(came["headers"]["Content-Type"], "application/json");
        CHECK_EQ(came["headers"]["X-Latchkey-Event"], "EXECUTION_FINISHED");
        CHECK_EQ(came["headers"]["X-Latchkey-Delivery"], "delivery-1");
        CHECK_EQ(came["headers"]["X-Latchkey-Signature"],
                 "t=1700000000,v1=" + vault::hmac_sha256_hex(key(), "1700000000." + m.body));
        CHECK(deliver(m, {}, now, here()).what == verdict::delivered);
        CHECK_FALSE(w.last()["headers"].contains("X-Latchkey-Signature"));
        const auto answered = [&](int code) {
            message other = m;
            other.url = w.url("/status/" + std::to_string(code));
            return deliver(other, key(), now, here());
        };
        CHECK(answered(204).what == verdict::delivered);
        CHECK(answered(500).what == verdict::failed);
        CHECK(answered(404).what == verdict::failed);
        CHECK(answered(410).what == verdict::refused);
        // A redirect is not followed, wherever it leads.
        const std::size_t before = w.count();
        CHECK(answered(302).what == verdict::failed);
        CHECK_EQ(answered(302).status, 302);
        CHECK_EQ(w.count(), before + 2);
    }

    TEST_CASE("networks of our own are not reached unless they may be, by whatever name") {
        const world w;
        send_options outside;
        for (const std::string& host : {"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "127.1"}) {
            const message m{"https://" + host + ":" + w.sink.port() + "/x", "E", "1", "{}"};
            const outcome done = deliver(m, key(), now, outside);
            CAPTURE(host);
            CAPTURE(done.said);
            CHECK(done.what == verdict::refused);
            CHECK(done.said.find("network of our own") != std::string::npos);
        }
        for (const std::string& url :
             {w.url("/x"), std::string("file:///etc/passwd"), std::string("gopher://127.0.0.1/x"),
              std::string("https://a b/"), std::string("https://u:p@1.1.1.1/"), std::string()})
            CHECK(deliver({url, "E", "1", "{}"}, key(), now, outside).what == verdict::refused);
        CHECK_EQ(w.count(), 0);
    }

    TEST_CASE("who does not answer, or answers for ever, is given up for now") {
        const world w;
        const outcome hanging = deliver({w.url("/hang"), "E", "1", "{}"}, key(), now, here(300ms));
        CHECK(hanging.what == verdict::failed);
        CHECK_EQ(hanging.status, 0);
        const outcome huge = deliver({w.url("/huge"), "E", "1", "{}"}, key(), now, here());
        CHECK(huge.what == verdict::failed);
        CHECK(huge.said.find("more than 1 MB") != std::string::npos);
        CHECK(deliver({"http://127.0.0.1:1/", "E", "1", "{}"}, key(), now, here()).what == verdict::failed);
        const outcome lines = deliver({w.url("/refuse"), "E", "1", "{}"}, key(), now, here());
        CHECK_EQ(lines.said.find('\n'), std::string::npos);
    }

    TEST_CASE("pauses grow, and end after a day and a half") {
        CHECK_FALSE(pause_after(0).has_value());
        std::chrono::seconds all{0};
        std::chrono::seconds before{0};
        int tries = 1;
        for (; pause_after(tries); ++tries) {
            CHECK(*pause_after(tries) > before);
            before = *pause_after(tries);
            all += before;
        }
        CHECK_EQ(tries, 9);
        CHECK(all > 36h);
        CHECK(all < 37h);
    }
}
