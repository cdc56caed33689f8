// SPDX-License-Identifier: Apache-2.0
//
// Who sent a webhook: signatures of each forge, our own with its time, and deliveries that come again.
#include "runner/triggers/webhook.hpp"

#include "runner/triggers/seen_deliveries.hpp"
#include "runner/vault/mac.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;
using triggers::forge;

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;

const std::chrono::sys_seconds now{1'700'000'000s};
const std::string push = R"({"ref":"refs/heads/main","before":"28e1879d029cb852e4844d9c718537df08844e03",)"
                         R"("after":"bffeb74224043ba2feb48d137756c8a9331c449a"})";

vault::secret key(std::string text = "It's a Secret to Everybody") {
    return vault::secret(std::move(text));
}

result<triggers::delivery> receive(forge f, const headers& h, std::string_view body,
                                   std::chrono::sys_seconds at = now) {
    return triggers::receive(f, {h, body}, key(), at);
}

std::string refused(const result<triggers::delivery>& r) {
    return r ? "accepted" : r.error().what;
}

errc code(const result<triggers::delivery>& r) {
    REQUIRE(r.has_error());
    return r.error().code;
}

std::string mac(std::string_view body) {
    return vault::hmac_sha256_hex(key(), body);
}

}  // namespace

TEST_SUITE("triggers.webhook") {
    TEST_CASE("the signature is what GitHub's documentation computes from its example") {
        CHECK_EQ(mac("Hello, World!"), "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
        // RFC 4231, test case 6: a key longer than a block
        CHECK_EQ(vault::hmac_sha256_hex(vault::secret(std::string(131, '\xaa')),
                                        "Test Using Larger Than Block-Size Key - Hash Key First"),
                 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    TEST_CASE("each forge: its own header, and nothing else, lets a delivery in") {
        struct row {
            forge f;
            const char* signature;
            std::string value;
            const char* event;
        };
        for (const row& r :
             {row{forge::github, "X-Hub-Signature-256", "sha256=" + mac(push), "X-GitHub-Event"},
              row{forge::gitea, "X-Gitea-Signature", mac(push), "X-Gitea-Event"},
              row{forge::generic, "X-Latchkey-Signature", triggers::sign(key(), now, push), "X-None"}}) {
            CAPTURE(r.signature);
            const headers good = {{r.signature, r.value}, {r.event, "push"}, {"Content-Type", "application/json"}};
            const auto taken = receive(r.f, good, push);
            REQUIRE_MESSAGE(taken.has_value(), taken.error().what);
            REQUIRE_EQ(taken->events.size(), 1);
            CHECK_EQ(taken->events[0].ref.name, "refs/heads/main");
            CHECK_FALSE(taken->key.empty());
            CHECK(code(receive(r.f, good, push + " ")) == errc::denied);
            CHECK(code(receive(r.f, {{r.event, "push"}}, push)) == errc::denied);
            CHECK(code(receive(r.f, {{r.signature, ""}}, push)) == errc::denied);
            CHECK(code(receive(r.f, {{r.signature, r.value + "0"}}, push)) == errc::denied);
            CHECK(code(receive(r.f, {{r.signature, std::string(5000, 'x')}}, push)) == errc::denied);
            // Two of them: who reads the first and who reads the last would not agree.
            CHECK(code(receive(r.f, {{r.signature, r.value}, {r.signature, r.value}}, push)) == errc::denied);
            CHECK(code(triggers::receive(r.f, {good, push}, key("another"), now)) == errc::denied);
            CHECK(code(triggers::receive(r.f, {good, push}, vault::secret(), now)) == errc::refused);
        }
        const headers gitlab = {{"x-gitlab-token", "It's a Secret to Everybody"}, {"X-Gitlab-Event", "Push Hook"}};
        const std::string body = "{\"object_kind\":\"push\"," + push.substr(1);
        CHECK_EQ(receive(forge::gitlab, gitlab, body)->events.size(), 1);
        CHECK(code(receive(forge::gitlab, {{"X-Gitlab-Token", "It's a Secret to everybody"}}, body)) == errc::denied);
        CHECK(code(receive(forge::gitlab, {{"X-Gitlab-Token", "It's"}}, body)) == errc::denied);
        const headers bitbucket = {{"X-Hub-Signature", "sha256=" + mac("{\"push\":{\"changes\":[]}}")},
                                   {"X-Event-Key", "repo:push"}};
        CHECK_EQ(receive(forge::bitbucket, bitbucket, "{\"push\":{\"changes\":[]}}")->note,
                 "nothing of branches or tags has changed");
        CHECK(code(receive(forge::bitbucket, {{"X-Hub-Signature", "sha1=" + mac("{}")}}, "{}")) == errc::denied);
        CHECK(code(receive(forge::github, {{"X-Hub-Signature-256", mac(push)}}, push)) == errc::denied);
    }

    TEST_CASE("nothing is read before its signature is right: what is no JSON is told to who has the secret only") {
        CHECK(code(receive(forge::github, {{"X-Hub-Signature-256", "sha256=" + mac("x")}}, "nonsense")) ==
              errc::denied);
        CHECK(code(receive(forge::github,
                           {{"X-Hub-Signature-256", "sha256=" + mac("nonsense")}, {"X-GitHub-Event", "push"}},
                           "nonsense")) == errc::usage);
        const std::string huge(triggers::largest_webhook + 1, ' ');
        CHECK(code(receive(forge::github, {{"X-Hub-Signature-256", "sha256=" + mac(huge)}}, huge)) == errc::usage);
        CHECK_EQ(refused(receive(forge::github,
                                 {{"X-Hub-Signature-256", "sha256=" + mac("payload=")},
                                  {"Content-Type", "application/x-www-form-urlencoded"}},
                                 "payload=")),
                 "the delivery is a form: choose application/json as the hook's content type");
    }

    TEST_CASE("our own: of now, give or take five minutes by our clock") {
        const auto at = [](std::chrono::seconds off) {
            const headers h = {{"X-Latchkey-Signature", triggers::sign(key(), now + off, push)}};
            return refused(receive(forge::generic, h, push));
        };
        CHECK_EQ(at(0s), "accepted");
        CHECK_EQ(at(300s), "accepted");
        CHECK_EQ(at(-300s), "accepted");
        const std::string late =
            "the delivery was signed more than 5 minutes from now: send it anew, and see that both clocks are right";
        CHECK_EQ(at(301s), late);
        CHECK_EQ(at(-301s), late);
        const std::string right = triggers::sign(key(), now, push);
        const std::string v1 = right.substr(right.find(','));
        const auto with = [](const std::string& signature) {
            return refused(receive(forge::generic, {{"X-Latchkey-Signature", signature}}, push));
        };
        CHECK_EQ(with(right), "accepted");
        CHECK_EQ(with("t=1700000000,v1=0000" + v1), "accepted");  // one of two secrets
        for (const std::string& wrong :
             {"t=1700000001" + v1, "t=" + v1.substr(1), v1.substr(1), std::string("t=1700000000"),
              std::string("t=1700000000,v1="), "t=01700000000" + v1, "t=-1" + v1, "t=99999999999999999999" + v1,
              "t=1700000000x" + v1, std::string("v1=,t="), std::string(",,,=")})
            CHECK_EQ(with(wrong).substr(0, 30), "the delivery is not signed wit");
    }

    TEST_CASE("deliveries that come again: told by their key, each hook for itself, for a day") {
        triggers::remembered_deliveries seen(24h, 3);
        CHECK(*seen.first_time("1", "a", now));
        CHECK_FALSE(*seen.first_time("1", "a", now + 23h));
        CHECK(*seen.first_time("2", "a", now));
        CHECK(*seen.first_time("1", "b", now + 1h));
        CHECK(seen.first_time("1", "c", now + 2h).has_error());  // too many: refused, and nothing is forgotten
        CHECK_FALSE(*seen.first_time("1", "b", now + 2h));
        seen.forget("1", "b");
        CHECK(*seen.first_time("1", "b", now + 3h));
        CHECK(*seen.first_time("1", "a", now + 25h));
        CHECK(*seen.first_time("1", "1a", now + 25h));
    }

    TEST_CASE("the same delivery to many threads at once: one of them has it") {
        triggers::remembered_deliveries seen;
        std::atomic<int> first{0};
        {
            std::vector<std::jthread> all;
            for (int i = 0; i < 8; ++i)
                all.emplace_back([&] {
                    for (int k = 0; k < 100; ++k) first += *seen.first_time("h", std::to_string(k), now) ? 1 : 0;
                });
        }
        CHECK_EQ(first.load(), 100);
    }

    TEST_CASE("a delivery's key: of our own kind what is signed, of a forge its number or the body") {
        const headers h = {{"X-Hub-Signature-256", "sha256=" + mac(push)}, {"X-GitHub-Event", "push"}};
        headers one = h;
        one.emplace_back("X-GitHub-Delivery", "72d3162e");
        headers two = h;
        two.emplace_back("x-github-delivery", "72d3162f");
        CHECK_EQ(receive(forge::github, one, push)->key, receive(forge::github, one, push)->key);
        CHECK_NE(receive(forge::github, one, push)->key, receive(forge::github, two, push)->key);
        CHECK_EQ(receive(forge::github, h, push)->key, receive(forge::github, h, push)->key);
        const auto own = [](std::chrono::seconds off) {
            return receive(forge::generic, {{"X-Latchkey-Signature", triggers::sign(key(), now + off, push)}}, push)
                ->key;
        };
        CHECK_EQ(own(0s), own(0s));
        CHECK_NE(own(0s), own(1s));
    }

    TEST_CASE("names of hooks' kinds: those in their addresses") {
        for (const char* name : {"github", "gitlab", "gitea", "bitbucket", "signed"})
            CHECK(triggers::forge_named(name).has_value());
        for (const char* name : {"", "GitHub", "generic", "svn"})
            CHECK_FALSE(triggers::forge_named(name).has_value());
    }
}
