// SPDX-License-Identifier: Apache-2.0
//
// What became of a commit, told to the forge that it came from.
#include "tests/runner/server/outgoing_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

// A project whose repository and forge are the receiver.
struct forge_world : api_world {
    explicit forge_world(const std::string& repository = "/acme/web.git") {
        admin = token(team.admin);
        const auto set = ask("PATCH", web_project, admin,
                             {{"custom_repo_url", there.url(repository)}, {"custom_repo_pass", "forge-token"}});
        REQUIRE_MESSAGE(set.status == 200, set.text);
        REQUIRE_EQ(ask("PUT", "/latchkey/v1" + web_project + "/hooks/gitea", admin).status, 200);
    }
    receiver there;
    std::string admin;
};

}  // namespace

TEST_SUITE("server.statuses") {
    TEST_CASE(
        "a forge is told of its commit's run, by the project's own token, and the last that it hears is how it "
        "ended") {
        forge_world w;
        const auto run = run_of_event(w);
        const std::string path = "/api/v1/repos/acme/web/statuses/" + a_commit;
        outgoing_worker worker(w.stores(), w.vault(), here());
        worker.begin("https://ci.acme.test");
        const auto states = [&](std::size_t count) {
            std::vector<std::string> all;
            for (const json& r : w.there.at(path, count))
                all.push_back(json::parse(r["body"].get<std::string>())["description"]);
            return all;
        };
        CHECK_EQ(states(1).back(), "waits for its turn");
        tell(w, run, 1, run::event_kind::attempt_started, run::status::in_progress);
        worker.wake();
        CHECK_EQ(states(2).back(), "running");
        tell(w, run, 2, run::event_kind::attempt_ended, run::status::successful);
        worker.wake();
        CHECK_EQ(states(3).back(), "successful after 1 s");
        quiet(w);
        worker.stop(5s);
        const json last = w.there.at(path).back();
        CHECK_EQ(last["headers"]["Authorization"], "token forge-token");
        const json told = json::parse(last["body"].get<std::string>());
        CHECK_EQ(told["state"], "success");
        CHECK_EQ(told["context"], "latchkey/deploy");
        CHECK_EQ(told["target_url"].get<std::string>().find("https://ci.acme.test/app/acme/web/pipelines/"), 0);
        CHECK_EQ(w.there.came().size(), 3);
    }

    TEST_CASE("a status: again when the forge fails, given up when the token may not, none for who has no token") {
        for (const auto& [repository, count] :
             {std::pair("/flaky-2/web.git", 3), std::pair("/answers-403/web.git", 3)}) {
            forge_world w(repository);
            const auto run = run_of_event(w, "PULL_REQUEST");
            // What it lacks is in the store, and the forge is not told its name.
            tell(w, run, 1, run::event_kind::missing, run::status::initial, w.team.slack.identifier);
            tell(w, run, 2, run::event_kind::denied, run::status::initial, "lacks " + w.team.slack.identifier);
            tell(w, run, 3, run::event_kind::attempt_ended, run::status::failed, w.team.slack.name);
            // All of it before the first sender looks: what comes while one sends is sent again, which is another
            // test.
            auto& outgoing = *w.stores().outgoing;
            for (const store::notice_record& n : outgoing.notices(100).value())
                REQUIRE(outgoing.dispatch(n, {}, true, at(200)).has_value());
            outgoing_worker worker(w.stores(), w.vault(), here());
            worker.begin("https://ci.acme.test");
            quiet(w);
            worker.stop(5s);
            const auto came = w.there.came();
            CHECK_EQ(came.size(), count);
            for (const json& r : came) {
                CHECK_EQ(r.dump().find(w.team.slack.identifier), std::string::npos);
                CHECK_EQ(r.dump().find(w.team.slack.name), std::string::npos);
                const json told = json::parse(r["body"].get<std::string>());
                CHECK_EQ(told["state"], "failure");
                CHECK_EQ(told["description"],
                         "missing permissions to an integration: the run's page says who can grant them");
            }
        }
        forge_world w;
        REQUIRE_EQ(w.ask("PATCH", web_project, w.admin, {{"custom_repo_pass", ""}}).status, 200);
        run_of_event(w);
        run_of_event(w, "DELETE_REF");
        outgoing_worker worker(w.stores(), w.vault(), here());
        worker.begin("https://ci.acme.test");
        quiet(w);
        worker.stop(5s);
        CHECK(w.there.came().empty());
    }

    TEST_CASE("a status that was on its way when a newer came goes first, and the newer is sent after it") {
        forge_world w;
        auto& outgoing = *w.stores().outgoing;
        const auto run = run_of_event(w);
        REQUIRE(outgoing.dispatch(outgoing.notices(1).value()[0], {}, true, at(200)).has_value());
        const auto first = outgoing.claim_statuses(10, at(200), 60s).value();
        REQUIRE_EQ(first.size(), 1);
        tell(w, run, 1, run::event_kind::attempt_started, run::status::in_progress);
        REQUIRE(outgoing.dispatch(outgoing.notices(1).value()[0], {}, true, at(201)).has_value());
        CHECK(outgoing.claim_statuses(10, at(201), 60s).value().empty());
        REQUIRE(outgoing.finish_status(first[0], std::nullopt, at(202)).has_value());
        const auto second = outgoing.claim_statuses(10, at(202), 60s).value();
        REQUIRE_EQ(second.size(), 1);
        CHECK(second[0].notice > first[0].notice);
        // A late answer of the first changes nothing.
        REQUIRE(outgoing.finish_status(first[0], std::nullopt, at(203)).has_value());
        CHECK(outgoing.claim_statuses(10, at(203), 60s).value().empty());
        REQUIRE(outgoing.finish_status(second[0], at(300), at(203)).has_value());
        CHECK(outgoing.claim_statuses(10, at(299), 60s).value().empty());
        REQUIRE_EQ(outgoing.claim_statuses(10, at(300), 60s).value().size(), 1);
        // Its sender died.
        CHECK_EQ(outgoing.claim_statuses(10, at(300) + 60s, 60s).value().size(), 1);
    }
}
