// SPDX-License-Identifier: Apache-2.0
//
// Push to run: a repository in a folder, a hook, its deliveries over HTTP, and the runs that come of them.
#include "runner/cli/project_clones.hpp"
#include "runner/server/trigger_worker.hpp"
#include "runner/triggers/event_facts.hpp"
#include "runner/triggers/webhook.hpp"
#include "tests/runner/server/never_done.hpp"
#include "tests/runner/server/run_world.hpp"
#include "tests/runner/source/clone_world.hpp"
#include "tests/runner/store/either_store.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

constexpr const char* none = "0000000000000000000000000000000000000000";
const std::string project = "/workspaces/acme/projects/web";
const std::string hooks = "/latchkey/v1" + project + "/hooks";
const std::string address = "/latchkey/v1/hooks/acme/web/signed";

// A project with a repository that holds buddy.yml, and a hook of our own kind.
struct hook_world : run_world {
    hook_world() {
        shell(files.path(), "git init -q --bare there.git && git init -q -b main work");
        commit(
            "- pipeline: test\n  events:\n    - type: PUSH\n      refs: [refs/heads/*]\n    - type: PULL_REQUEST\n"
            "  actions:\n    - action: Say\n      type: BUILD\n      execute_commands: ['cat a.txt']\n",
            "first");
        const auto set = ask("PATCH", project, admin, {{"custom_repo_url", there()}});
        REQUIRE_MESSAGE(set.status == 200, set.text);
        const auto made = ask("PUT", hooks + "/signed", admin);
        REQUIRE_MESSAGE(made.status == 200, made.text);
        secret = made.body["secret"];
        CHECK_EQ(
            made.body["address"].get<std::string>().substr(made.body["address"].get<std::string>().find("/latchkey")),
            address);
    }
    std::string there() const { return (files.path() / "there.git").string(); }
    // As the branch main's newest; its number.
    std::string commit(const std::string& definition, const std::string& text) const {
        write(definition, text);
        return shell(files.path() / "work",
                     "git add . && git commit -qm x && git push -qf ../there.git HEAD:main && "
                     "git rev-parse HEAD");
    }
    void write(const std::string& definition, const std::string& text) const {
        write_file(files.path() / "work/buddy.yml", definition);
        write_file(files.path() / "work/a.txt", text + "\n");
    }
    api_reply tell(const json& event, std::chrono::seconds off = std::chrono::seconds(0)) const {
        return tell(event.dump(),
                    triggers::sign(vault::secret(std::string(secret)),
                                   std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + off,
                                   event.dump()));
    }
    api_reply tell(const std::string& body, const std::string& signature, const std::string& to = address) const {
        return ask_text("POST", to, "", body, {{"X-Latchkey-Signature", signature}});
    }
    // Once there are so many executions of the pipeline.
    json executions(const std::string& pipeline, std::size_t count) {
        for (;;) {
            const json known = ask("GET", project + "/pipelines", admin).body["pipelines"];
            for (const json& p : known) {
                if (p["name"] != pipeline) continue;
                const std::string at = project + "/pipelines/" + std::to_string(p["id"].get<int>()) + "/executions";
                const json all = ask("GET", at, admin).body["executions"];
                REQUIRE(all.size() <= count);
                if (all.size() < count) break;
                json out = json::array();
                for (const json& e : all) out.push_back(ended(at + "/" + std::to_string(e["id"].get<int>()), admin));
                return out;
            }
            std::this_thread::yield();
        }
    }
    temp_dir files;
    std::string secret;
};

json pushed(const std::string& ref, const std::string& before, const std::string& after) {
    return {{"ref", ref}, {"before", before}, {"after", after}, {"sender", "ana"}};
}

}  // namespace

TEST_SUITE("server.hooks") {
    TEST_CASE("push to run: a pipeline that a pushed file defines is made and runs at that very commit") {
        hook_world w;
        const std::string first = shell(w.files.path() / "work", "git rev-parse HEAD");
        const auto taken = w.tell(pushed("refs/heads/main", none, first));
        REQUIRE_MESSAGE(taken.status == 202, taken.text);
        CHECK_EQ(taken.body["events"], 2);  // a new ref, and a push
        json run = w.executions("test", 1)[0];
        CAPTURE(run.dump(2));
        CHECK_EQ(run["status"], "SUCCESSFUL");
        CHECK_EQ(run["triggered_on"], "EVENT");
        CHECK_EQ(run["to_revision"]["revision"], first);
        CHECK_EQ(run["branch"]["name"], "main");
        CHECK_EQ(run["creator"]["email"], "ana@acme.test");
        // The next one, with another pipeline; the first is not made again.
        const std::string second = w.commit(
            "- pipeline: test\n  events: [{type: PUSH, refs: [main]}]\n  actions: []\n"
            "- pipeline: nightly\n  events: [{type: SCHEDULE, cron: '0 3 * * *'}]\n  actions: []\n",
            "second");
        CHECK_EQ(w.tell(pushed("refs/heads/main", first, second)).status, 202);
        CHECK_EQ(w.executions("test", 2)[0]["to_revision"]["revision"], second);
        CHECK(w.executions("nightly", 0).empty());
        const json all = w.ask("GET", project + "/pipelines", w.admin).body["pipelines"];
        for (const json& p : all)
            if (p["name"] == "nightly") CHECK_EQ(p["events"][0]["cron"], "0 3 * * *");
    }

    TEST_CASE(
        "the story: a push runs, lacks a permission, a colleague with Use grants it and retries, and it is green") {
        hook_world w;
        const auto made = w.ask("POST", "/workspaces/acme/integrations", w.admin,
                                {{"name", "Releases"},
                                 {"identifier", "releases"},
                                 {"type", "GIT_HUB"},
                                 {"scope", "WORKSPACE"},
                                 {"token", "planted-release-token"},
                                 {"all_pipelines_allowed", false}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        const std::string pushed_commit = w.commit(
            "- pipeline: deploy-it\n  events: [{type: PUSH, refs: [main]}]\n  actions:\n    - action: Release\n"
            "      type: GIT_HUB_CLI\n      integration: releases\n"
            "      execute_commands: ['test -n \"$GITHUB_TOKEN\" && cat a.txt']\n",
            "version 2");
        REQUIRE_EQ(w.tell(pushed("refs/heads/main", none, pushed_commit)).status, 202);

        json run = w.executions("deploy-it", 1)[0];
        CHECK_EQ(run["status"], "FAILED");
        CHECK_NE(run["error_message"].get<std::string>().find(
                     "Missing permissions to the following integration: Releases (releases)\n"
                     "  used by    action \"Release\"  (buddy.yml:6:"),
                 std::string::npos);

        const std::string at =
            project + "/pipelines/" + run["pipeline"]["id"].dump() + "/executions/" + run["id"].dump();
        const auto missing = w.ask("GET", own(at) + "/missing", w.developer);
        CHECK_EQ(missing.body["may_grant_and_retry"], true);
        const auto granted = w.ask("POST", own(at) + "/grant", w.developer, json::object());
        REQUIRE_MESSAGE(granted.status == 201, granted.text);
        w.events(at, w.developer, "2.0");
        run = w.ask("GET", at, w.developer).body;
        CHECK_EQ(run["status"], "SUCCESSFUL");
        CHECK_EQ(run["to_revision"]["revision"], pushed_commit);
        CHECK_EQ(w.ask("GET", at + "/action/1", w.developer).body["log"], json::array({"version 2"}));

        // The next push needs nobody.
        const std::string next = w.commit(read_file(w.files.path() / "work/buddy.yml"), "version 3");
        REQUIRE_EQ(w.tell(pushed("refs/heads/main", pushed_commit, next)).status, 202);
        CHECK_EQ(w.executions("deploy-it", 2)[0]["status"], "SUCCESSFUL");
    }

    TEST_CASE("an event that is dealt with again, as after a crash, makes no run twice") {
        hook_world w;
        auto broken = open_stores(w.folder() / "data");
        broken.triggers = std::make_unique<never_done>(std::move(broken.triggers));
        triggers::repository_event push;
        push.ref = {policy::ref_type::branch, "refs/heads/main"};
        push.after = shell(w.files.path() / "work", "git rev-parse HEAD");
        store::facts told = triggers::facts_of(push);
        told.emplace_back("workspace", std::to_string(w.team.acme.value()));
        const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        REQUIRE(broken.triggers->take("hook", "one", w.team.web, w.team.admin, {told}, now, now).value());
        server::trigger_worker starts(broken, w.executor(), [now] { return now; });
        // The event is still due, and nobody asks for it without a pause.
        CHECK(starts.look() == now + std::chrono::seconds(60));
        CHECK_EQ(w.executions("test", 1)[0]["to_revision"]["revision"], push.after);
        starts.look();
        w.executions("test", 1);
        REQUIRE_EQ(broken.triggers->due_events(now, 10)->size(), 1);
        // Another event of the same commit is another.
        REQUIRE(broken.triggers->take("hook", "two", w.team.web, w.team.admin, {told}, now, now).value());
        starts.look();
        CHECK_EQ(w.executions("test", 2).size(), 2);
    }

    TEST_CASE("a delivery is taken once, of now, and from who has the secret only") {
        hook_world w;
        const json event = pushed("refs/heads/main", none, shell(w.files.path() / "work", "git rev-parse HEAD"));
        CHECK_EQ(w.tell(event, std::chrono::seconds(-301)).status, 404);
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        const std::string right = triggers::sign(vault::secret(std::string(w.secret)), now, event.dump());
        CHECK_EQ(w.tell(event.dump() + " ", right).status, 404);
        CHECK_EQ(w.tell(event.dump(), triggers::sign(vault::secret("another one"), now, event.dump())).status, 404);
        CHECK_EQ(w.tell(event.dump(), "").status, 404);
        CHECK_EQ(w.tell(event.dump(), right).status, 202);
        const auto again = w.tell(event.dump(), right);
        CHECK_EQ(again.status, 200);
        CHECK_EQ(again.body["events"], 0);
        w.executions("test", 1);
        // Whether there is such a project, and such a hook, is told to nobody.
        const std::string text = w.tell(event.dump(), "").text;
        for (const char* other : {"/latchkey/v1/hooks/acme/web/github", "/latchkey/v1/hooks/acme/none/signed",
                                  "/latchkey/v1/hooks/none/web/signed", "/latchkey/v1/hooks/acme/web/svn"}) {
            const auto reply = w.tell(event.dump(), right, other);
            CHECK_EQ(reply.status, 404);
            CHECK_EQ(reply.text, text);
        }
        const std::string nonsense = "{";
        CHECK_EQ(w.tell(nonsense, triggers::sign(vault::secret(std::string(w.secret)), now, nonsense)).status, 400);
    }

    TEST_CASE("hooks: who manages the project sets and removes them, and nobody sees a secret again") {
        hook_world w;
        CHECK_EQ(w.ask("PUT", hooks + "/github", w.developer).status, 403);
        CHECK_EQ(w.ask("PUT", hooks + "/svn", w.admin).status, 404);
        CHECK_EQ(w.ask("PUT", hooks + "/github", w.admin, {{"secret", "short"}}).status, 400);
        const auto own = w.ask("PUT", hooks + "/github", w.admin, {{"secret", "a secret of sixteen"}});
        CHECK_EQ(own.status, 200);
        CHECK_FALSE(own.body.contains("secret"));
        const auto listed = w.ask("GET", hooks, w.admin);
        CHECK_EQ(listed.body["hooks"].size(), 2);
        CHECK_EQ(listed.text.find("secret"), std::string::npos);
        CHECK_EQ(shell(w.folder(), "grep -rlaF 'a secret of sixteen' . || true"), "");
        CHECK_EQ(shell(w.folder(), "grep -rlaF '" + w.secret + "' . || true"), "");
        CHECK_EQ(w.ask("DELETE", hooks + "/signed", w.admin).status, 204);
        CHECK_EQ(w.ask("DELETE", hooks + "/signed", w.admin).status, 404);
        CHECK_EQ(w.tell(pushed("refs/heads/main", none, std::string(40, 'a'))).status, 404);
    }

    TEST_CASE("a fork's pull request runs what is known, without integrations, and makes no pipelines") {
        hook_world w;
        const std::string first = shell(w.files.path() / "work", "git rev-parse HEAD");
        w.tell(pushed("refs/heads/main", none, first));
        w.executions("test", 1);
        const auto open = w.ask("PATCH", "/workspaces/acme/integrations/" + w.team.slack.hash_id, w.admin,
                                {{"all_pipelines_allowed", true}});
        REQUIRE_MESSAGE(open.status == 200, open.text);
        w.write(
            "- pipeline: test\n  events: [{type: PULL_REQUEST}]\n  actions:\n    - action: Tell\n      type: SLACK\n"
            "      content: hi\n      channel: c\n      integration: " +
                w.team.slack.identifier + "\n- pipeline: mine\n  events: [{type: PULL_REQUEST}]\n  actions: []\n",
            "fork");
        const std::string fork =
            shell(w.files.path() / "work",
                  "git commit -qam fork && git push -qf ../there.git HEAD:refs/pull/7/head && git "
                  "rev-parse HEAD");
        const json request = {
            {"pull_request",
             {{"number", 7}, {"action", "opened"}, {"commit", fork}, {"base_branch", "main"}, {"title", "Fix"}}}};
        CHECK_EQ(w.tell(request).status, 202);
        const json run = w.executions("test", 2)[0];
        CAPTURE(run.dump(2));
        CHECK_EQ(run["status"], "FAILED");
        CHECK_EQ(run["comment"], "#7 Fix (opened)");
        CHECK(run.dump().find("Missing permissions") != std::string::npos);
        CHECK(run.dump().find("fork") != std::string::npos);
        const json known = w.ask("GET", project + "/pipelines", w.admin).body["pipelines"];
        for (const json& p : known) CHECK_NE(p["name"], "mine");
    }

    TEST_CASE("a schedule starts its pipeline for who made it, once, and not while it is paused") {
        run_world w;
        const json events =
            json::array({{{"type", "SCHEDULE"}, {"cron", "0 3 * * *"}, {"timezone", "Europe/Warsaw"}}});
        const std::string pipeline =
            w.pipeline("nightly", "    - action: Say\n      type: BUILD\n      execute_commands: ['true']\n",
                       {{"events", events}});
        auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        server::trigger_worker starts(w.stores(), w.executor(), [&now] { return now; });
        const auto next = starts.look();
        CHECK(next > now);
        CHECK(next <= now + std::chrono::hours(1));
        now += std::chrono::hours(25);
        starts.look();
        starts.look();
        const json all = w.ask("GET", pipeline + "/executions", w.admin).body["executions"];
        REQUIRE_EQ(all.size(), 1);
        const json run = w.ended(pipeline + "/executions/1", w.admin);
        CAPTURE(run.dump(2));
        CHECK_EQ(run["status"], "SUCCESSFUL");
        CHECK_EQ(run["triggered_on"], "SCHEDULE");
        CHECK_EQ(run["creator"]["email"], "ana@acme.test");
        CHECK_EQ(w.ask("PATCH", pipeline, w.admin, {{"paused", true}}).status, 200);
        now += std::chrono::hours(24);
        starts.look();
        CHECK_EQ(w.ask("GET", pipeline + "/executions", w.admin).body["executions"].size(), 1);
    }

    TEST_CASE("a repository's login: sealed, and not handed to another server that somebody names") {
        run_world w;
        const auto set = w.ask("PATCH", project, w.admin,
                               {{"custom_repo_url", "https://ana:first%20password@git.acme.test/web.git"}});
        REQUIRE_MESSAGE(set.status == 200, set.text);
        CHECK_EQ(set.text.find("first"), std::string::npos);
        CHECK_EQ(shell(w.folder(), "grep -rlaF 'first password' . || true"), "");
        const auto secrets = [&] { return w.stores().triggers->secrets(w.team.web)->size(); };
        CHECK_EQ(secrets(), 1);
        CHECK_EQ(w.ask("PATCH", project, w.admin, {{"custom_repo_url", "https://git.acme.test/other.git"}}).status,
                 200);
        CHECK_EQ(secrets(), 1);
        CHECK_EQ(w.ask("PATCH", project, w.admin, {{"custom_repo_url", "https://evil.test/web.git"}}).status, 200);
        CHECK_EQ(secrets(), 0);
        CHECK_EQ(w.ask("PATCH", project, w.admin, {{"custom_repo_url", "--upload-pack=id"}}).status, 400);
        CHECK_EQ(w.ask("PATCH", project, w.admin, {{"custom_repo_pass", "new"}, {"custom_repo_key", "key"}}).status,
                 200);
        CHECK_EQ(secrets(), 2);
        // Nor to the first, by who still has its address.
        const auto logins = cli::logins_from(w.stores(), w.vault(), [] { return at(100'000); });
        auto known = w.stores().people->project_with(w.team.acme, w.team.web).value();
        CHECK_EQ(logins(known).value().password.size(), 3);
        known.settings = {{"custom_repo_url", "https://git.acme.test/web.git"}};
        CHECK_EQ(logins(known).error().code, errc::conflict);
        CHECK_EQ(w.ask("PATCH", project, w.admin, {{"custom_repo_url", ""}}).status, 200);
        CHECK_EQ(secrets(), 0);
    }

    TEST_CASE("a login that comes while somebody names another server is never kept for that one") {
        run_world w;
        for (int round = 0; round < 15; ++round) {
            REQUIRE_EQ(w.ask("PATCH", project, w.admin,
                             {{"custom_repo_url", "https://git.acme.test/web.git"}, {"custom_repo_pass", "old"}})
                           .status,
                       200);
            std::latch both(2);
            int other = 0;
            std::jthread moves([&] {
                both.arrive_and_wait();
                other = w.ask("PATCH", project, w.admin, {{"custom_repo_url", "https://else.test/web.git"}}).status;
            });
            both.arrive_and_wait();
            const int login =
                w.ask("PATCH", project, w.admin,
                      {{"custom_repo_url", "https://git.acme.test/web.git"}, {"custom_repo_pass", "new"}})
                    .status;
            moves.join();
            for (const int status : {other, login}) CHECK_MESSAGE((status == 200 || status == 409), status);
            CHECK((other == 200 || login == 200));
            const json now = w.ask("GET", project, w.admin).body["http_repository"];
            const bool kept = !w.stores().triggers->secrets(w.team.web)->empty();
            CHECK_EQ(kept, now == "https://git.acme.test/web.git");
        }
    }
}
