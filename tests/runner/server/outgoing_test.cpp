// SPDX-License-Identifier: Apache-2.0
//
// What runs do, told to webhooks: a real receiver that fails, redirects, closes and never answers.
#include "runner/triggers/signature.hpp"
#include "runner/vault/mac.hpp"
#include "tests/runner/server/outgoing_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* say = "    - action: Say\n      type: BUILD\n      execute_commands: ['true']\n";

}  // namespace

TEST_SUITE("server.outgoing") {
    TEST_CASE("webhooks are told of a run, signed, each event once, and the API shows what became of it") {
        const receiver there;
        run_world w;
        const std::string all =
            add_hook(w, w.admin, there.url("/all"),
                     {"EXECUTION_STARTED", "EXECUTION_SUCCESSFUL", "EXECUTION_FAILED", "EXECUTION_FINISHED"},
                     "a secret of sixteen");
        add_hook(w, w.admin, there.url("/failures"), {"EXECUTION_FAILED"});
        const std::string good = w.pipeline("good", say);
        const std::string bad =
            w.pipeline("bad", "    - action: Fail\n      type: BUILD\n      execute_commands: ['exit 3']\n");
        w.ended(w.start(good, w.developer, {{"comment", "try it"}}), w.admin);
        auto came = there.at("/all", 3);
        std::vector<std::string> events;
        std::vector<std::string> ids;
        for (const json& r : came) {
            events.push_back(event_of(r));
            ids.push_back(r["headers"]["X-Latchkey-Delivery"]);
            const std::string body = r["body"];
            const std::string signature = r["headers"]["X-Latchkey-Signature"];
            const std::string when = signature.substr(2, signature.find(',') - 2);
            CHECK_EQ(signature, "t=" + when + ",v1=" +
                                    vault::hmac_sha256_hex(vault::secret("a secret of sixteen"), when + "." + body));
            CHECK_EQ(body.find("sixteen"), std::string::npos);
            CHECK_EQ(json::parse(body)["event"], event_of(r));
        }
        CHECK_EQ(events, std::vector<std::string>{"EXECUTION_STARTED", "EXECUTION_SUCCESSFUL", "EXECUTION_FINISHED"});
        std::ranges::sort(ids);
        CHECK(std::ranges::adjacent_find(ids) == ids.end());
        const json told = json::parse(came[2]["body"].get<std::string>());
        const std::string base = "http://127.0.0.1:" + std::to_string(w.port());
        CHECK_EQ(told["workspace"]["domain"], "acme");
        CHECK_EQ(told["project"]["name"], "web");
        CHECK_EQ(told["pipeline"]["name"], "good");
        CHECK_EQ(told["execution"]["url"], base + good + "/executions/1");
        CHECK_EQ(told["execution"]["status"], "SUCCESSFUL");
        CHECK_EQ(told["execution"]["comment"], "try it");
        CHECK_EQ(told["execution"]["creator"]["email"], "dev@acme.test");
        CHECK(told["execution"]["finish_date"].is_string());
        CHECK(json::parse(came[0]["body"].get<std::string>())["execution"]["finish_date"].is_null());

        w.ended(w.start(bad, w.developer), w.admin);
        CHECK_EQ(event_of(there.at("/failures", 1)[0]), "EXECUTION_FAILED");
        CHECK_EQ(there.at("/all", 6).size(), 6);
        quiet(w);
        CHECK_EQ(there.at("/failures").size(), 1);
        const json shown = w.ask("GET", all, w.admin).body["requests"];
        REQUIRE_EQ(shown.size(), 6);
        for (const json& r : shown) {
            CHECK_EQ(r["response_status"], "200");
            CHECK(r["post_date"].is_string());
        }
        CHECK_EQ(w.ask("GET", all, w.developer).status, 403);
    }

    TEST_CASE("a push is told of as it came, whether or not anything runs") {
        const receiver there;
        run_world w;
        add_hook(w, w.admin, there.url("/pushes"), {"PUSH"});
        const auto made = w.ask("PUT", "/latchkey/v1" + web_project + "/hooks/signed", w.admin);
        REQUIRE_EQ(made.status, 200);
        const std::string body =
            json{{"ref", "refs/heads/main"}, {"before", std::string(40, 'a')}, {"after", a_commit}, {"sender", "ana"}}
                .dump();
        const std::string signature =
            triggers::sign(vault::secret(made.body["secret"].get<std::string>()),
                           std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()), body);
        for (int i = 0; i < 2; ++i)
            w.ask_text("POST", "/latchkey/v1/hooks/acme/web/signed", "", body, {{"X-Latchkey-Signature", signature}});
        const auto came = there.at("/pushes", 1);
        const json told = json::parse(came[0]["body"].get<std::string>());
        CHECK_EQ(told["event"], "PUSH");
        CHECK_EQ(told["push"]["ref"], "refs/heads/main");
        CHECK_EQ(told["push"]["after"], a_commit);
        CHECK_EQ(told["push"]["sender"], "ana");
        quiet(w);
        CHECK_EQ(there.at("/pushes").size(), 1);
    }

    TEST_CASE(
        "a receiver that fails is tried again, and one that redirects, closes or is silent is given up, and holds "
        "nobody "
        "up") {
        const receiver there;
        run_world w;
        const auto hook = [&](const char* path) {
            return add_hook(w, w.admin, there.url(path), {"EXECUTION_FINISHED"});
        };
        const std::string silent = hook("/hang");
        const std::string flaky = hook("/flaky-2/");
        const std::string redirected = hook("/status/302");
        const std::string closed = hook("/close");
        const std::string gone = hook("/status/410");
        hook("/good");
        w.ended(w.start(w.pipeline("good", say), w.developer), w.admin);
        there.at("/good", 1);
        quiet(w);
        CHECK_EQ(there.at("/flaky-2/").size(), 3);
        CHECK_EQ(there.at("/status/302").size(), 4);
        CHECK_EQ(there.at("/close").size(), 4);
        CHECK_EQ(there.at("/hang").size(), 4);
        CHECK_EQ(there.at("/status/410").size(), 1);
        const auto status = [&](const std::string& at) {
            return w.ask("GET", at, w.admin).body["requests"][0]["response_status"].get<std::string>();
        };
        CHECK_EQ(status(flaky), "200");
        CHECK_EQ(status(redirected), "302");
        CHECK_EQ(status(gone), "410");
        for (const std::string& at : {silent, closed}) CHECK_EQ(status(at).find("no answer from 127.0.0.1:"), 0);
        // The same delivery each time that it is tried.
        for (const json& r : there.at("/flaky-2/"))
            CHECK_EQ(r["headers"]["X-Latchkey-Delivery"], there.at("/flaky-2/")[0]["headers"]["X-Latchkey-Delivery"]);
    }

    TEST_CASE("what a server that died has left is told by the next one, and what it was just sending once more") {
        const receiver there;
        api_world w;
        const std::string admin = w.token(w.team.admin);
        add_hook(w, admin, there.url("/all"), {"EXECUTION_STARTED", "EXECUTION_FINISHED"});
        const auto run = run_of_event(w);
        tell(w, run, 1, run::event_kind::attempt_started, run::status::in_progress);
        // It died while it was sending.
        const auto left = w.stores().outgoing->notices(10).value();
        REQUIRE_EQ(left.size(), 2);
        REQUIRE_EQ(
            w.stores().outgoing->dispatch(left[1], {{"EXECUTION_STARTED", "{\"first\":1}"}}, false, at(200)).value(),
            1);
        CHECK_EQ(w.stores().outgoing->dispatch(left[1], {{"EXECUTION_STARTED", "{}"}}, false, at(200)).value(), 0);
        REQUIRE_EQ(w.stores().hooks->claim(1, at(200), 60s).value().size(), 1);
        tell(w, run, 2, run::event_kind::attempt_ended, run::status::failed);
        outgoing_worker next(w.stores(), w.vault(), here([] { return at(200) + 61s; }));
        next.begin("https://ci.acme.test");
        const auto came = there.at("/all", 2);
        quiet(w);
        next.stop(5s);
        CHECK_EQ(there.at("/all").size(), 2);
        CHECK_EQ(came[0]["body"], "{\"first\":1}");
        const json told = json::parse(came[1]["body"].get<std::string>());
        CHECK_EQ(told["event"], "EXECUTION_FINISHED");
        CHECK_EQ(
            told["execution"]["html_url"].get<std::string>().find("https://ci.acme.test/app/acme/web/pipelines/"), 0);
    }

    TEST_CASE("at the end what is due is still sent, what takes too long is cut off and left to the next") {
        const receiver there;
        api_world w;
        const std::string admin = w.token(w.team.admin);
        add_hook(w, admin, there.url("/all"), {"EXECUTION_FINISHED"});
        auto run = run_of_event(w);
        tell(w, run, 1, run::event_kind::attempt_ended, run::status::failed);
        {
            outgoing_worker ends(w.stores(), w.vault(), here());
            ends.begin("https://ci.acme.test");
            ends.stop(60s);
        }
        CHECK_EQ(there.at("/all").size(), 1);
        CHECK_EQ(w.stores().outgoing->look()->deliveries, 0);

        add_hook(w, admin, there.url("/hang"), {"EXECUTION_FINISHED"});
        run = run_of_event(w);
        tell(w, run, 1, run::event_kind::attempt_ended, run::status::failed);
        auto patient = here();
        patient.send.limit = 10min;
        outgoing_worker ends(w.stores(), w.vault(), std::move(patient));
        ends.begin("https://ci.acme.test");
        there.at("/hang", 1);
        there.at("/all", 2);
        ends.stop(0ms);
        const auto left = w.stores().outgoing->look().value();
        CHECK_EQ(left.deliveries, 1);
        CHECK(*left.next <= at(100'000));
    }

    TEST_CASE("own networks are not told anything unless they may be, and what is told is counted") {
        const receiver there;
        api_world w;
        const std::string hook = add_hook(w, w.token(w.team.admin), there.url("/all"), {"EXECUTION_FINISHED"});
        const auto run = run_of_event(w);
        tell(w, run, 1, run::event_kind::attempt_ended, run::status::failed);
        metrics::registry counted;
        auto outside = here();
        outside.send.private_hosts = false;
        outgoing_worker worker(w.stores(), w.vault(), {.clock = outside.clock, .metrics = counted});
        worker.begin("https://ci.acme.test");
        quiet(w);
        worker.stop(5s);
        CHECK(there.came().empty());
        CHECK_EQ(w.ask("GET", hook, w.token(w.team.admin)).body["requests"][0]["response_status"],
                 "the address must begin with https://");
        CHECK_NE(counted.text().find("latchkey_outgoing_total{what=\"webhook\",outcome=\"given_up\"} 1"),
                 std::string::npos);
    }
}
