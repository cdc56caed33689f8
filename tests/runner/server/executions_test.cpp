// SPDX-License-Identifier: Apache-2.0
// Executions over HTTP, by the real engine with real processes.
#include "runner/identity/password.hpp"
#include "tests/runner/server/browser.hpp"
#include "tests/runner/server/run_world.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

std::string build(const std::string& name, const std::string& command, const std::string& more = "") {
    return "    - {action: " + name + ", type: BUILD, " + more + "execute_commands: ['" + command + "']}\n";
}

std::vector<std::string> action_statuses(const json& execution) {
    std::vector<std::string> all;
    for (const json& a : execution["action_executions"]) all.push_back(a["status"]);
    return all;
}

}  // namespace

TEST_SUITE("server.executions") {
    TEST_CASE("a run is made, executed and read back with its fields, its actions and what they printed") {
        run_world w;
        const auto p = w.pipeline(
            "build", build("Say", "echo hello; echo \"$BUDDY_PIPELINE_NAME by $BUDDY_INVOKER_EMAIL of $NAME\"") +
                         build("Then", "echo done"));
        const auto made = w.ask("POST", p + "/executions", w.developer,
                                {{"comment", "the first"},
                                 {"branch", {{"name", "main"}}},
                                 {"to_revision", {{"revision", "HEAD"}}},
                                 {"variables", json::array({{{"key", "NAME"}, {"value", "it"}}})},
                                 {"priority", "HIGH"}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        const std::string at = p + "/executions/" + std::to_string(made.body["id"].get<int>());
        const auto e = w.ended(at, w.developer);
        CHECK_EQ(e["status"], "SUCCESSFUL");
        CHECK_EQ(e["comment"], "the first");
        CHECK_EQ(e["branch"]["name"], "main");
        CHECK_EQ(e["tag"], nullptr);
        CHECK_EQ(e["triggeredOn"], "CLICK");
        CHECK_EQ(e["triggered_on"], "CLICK");
        CHECK_EQ(e["priority"], "HIGH");
        CHECK_EQ(e["creator"]["id"], w.team.developer.value());
        CHECK_EQ(e["pipeline"]["name"], "build");
        CHECK_EQ(e["error_message"], nullptr);
        CHECK(e["finish_date"].is_string());
        CHECK_EQ(action_statuses(e), std::vector<std::string>{"SUCCESSFUL", "SUCCESSFUL"});
        const json first = e["action_executions"][0];
        CHECK_EQ(first["action"]["name"], "Say");
        CHECK_EQ(first["action"]["type"], "BUILD");
        CHECK_EQ(first["progress"], 100);
        const std::string id = first["action_execution_id"];
        CHECK_EQ(id.size(), 24);
        const auto one = w.ask("GET", at + "/action_executions/" + id, w.viewer);
        REQUIRE_EQ(one.status, 200);
        CHECK_EQ(one.body["log"][0], "hello");
        CHECK_EQ(one.body["log"][1], "build by dev@acme.test of it");
        const auto logs = w.ask("GET", at + "/action_executions/" + id + "/logs?offset=1&limit=1", w.viewer);
        CHECK_EQ(logs.body["offset"], 1);
        CHECK_EQ(logs.body["element_count"], 1);
        CHECK_EQ(logs.body["total_element_count"], 2);
        CHECK_EQ(logs.body["logs"], json::array({"build by dev@acme.test of it"}));
        for (const char* form : {"/action/2", "/actions/2"})
            CHECK_EQ(w.ask("GET", at + form, w.viewer).body["log"], json::array({"done"}));
        CHECK_EQ(w.ask("GET", at + "/action/3", w.viewer).status, 404);
        CHECK_EQ(w.ask("GET", at + "/action_executions/00000000000000010000000a", w.viewer).status, 404);
        // Of another pipeline it is not there.
        const std::string other = "/workspaces/acme/projects/web/pipelines/" + std::to_string(w.team.deploy.value());
        CHECK_EQ(w.ask("GET", other + at.substr(p.size()), w.admin).status, 404);
    }

    TEST_CASE("the list has the newest first, pages and counters") {
        run_world w;
        const auto p = w.pipeline("many", build("Do", "true"));
        for (int i = 0; i < 5; ++i) w.ended(w.start(p, w.developer, {{"comment", std::to_string(i)}}), w.developer);
        const auto all = w.ask("GET", p + "/executions?page=2&per_page=2", w.viewer);
        CHECK_EQ(all.body["total_element_count"], 5);
        CHECK_EQ(all.body["total_page_count"], 3);
        CHECK_EQ(all.body["page"], 2);
        CHECK_EQ(all.body["page_size"], 2);
        CHECK_EQ(all.body["element_count"], 2);
        CHECK_EQ(all.body["executions"][0]["comment"], "2");
        CHECK_EQ(w.ask("GET", p + "/executions?page=9", w.viewer).body["executions"], json::array());
        CHECK_EQ(w.ask("GET", p, w.viewer).body["last_execution_status"], "SUCCESSFUL");
    }

    TEST_CASE("a pipeline without actions runs and succeeds, a definition with errors makes no run") {
        run_world w;
        const std::string empty = "/workspaces/acme/projects/web/pipelines/" + std::to_string(w.team.deploy.value());
        CHECK_EQ(w.ended(w.start(empty, w.admin), w.admin)["status"], "SUCCESSFUL");
        const auto p = w.pipeline("odd", "    - {action: X, type: SENTRY_NOT_KNOWN, text: a}\n");
        const auto no = w.ask("POST", p + "/executions", w.developer, json::object());
        CHECK_EQ(no.status, 422);
        CHECK_NE(no.message().find("P070"), std::string::npos);
        CHECK_EQ(w.ask("GET", p + "/executions", w.developer).body["total_element_count"], 0);
    }

    TEST_CASE("a retry executes from the first action that did not succeed, a run that has not ended takes none") {
        run_world w;
        const auto p = w.pipeline(
            "again", build("Once", "echo x >> ran") + build("Fails", "test -e /nothing/of/that || test -e mended"));
        const auto at = w.start(p, w.developer);
        auto e = w.ended(at, w.developer);
        CHECK_EQ(e["status"], "FAILED");
        CHECK_EQ(action_statuses(e), std::vector<std::string>{"SUCCESSFUL", "FAILED"});
        const auto again = w.ask("PATCH", at, w.developer, {{"operation", "RETRY"}});
        REQUIRE_MESSAGE(again.status == 200, again.text);
        CHECK_EQ(again.body["attempts"].size(), 2);
        w.events(at, w.developer, "2.0");
        e = w.ask("GET", at, w.developer).body;
        CHECK_EQ(e["status"], "FAILED");
        CHECK_EQ(e["attempts"].size(), 2);
        CHECK_EQ(w.ask("PATCH", at, w.developer, {{"operation", "NONSENSE"}}).status, 400);
        CHECK_EQ(w.ask("PATCH", at, w.developer, {{"operation", "CANCEL"}}).status, 409);
        CHECK_EQ(w.ask("PATCH", at, w.viewer, {{"operation", "RETRY"}}).status, 403);
        CHECK_EQ(w.ask("POST", p + "/executions", w.viewer, json::object()).status, 403);
    }

    TEST_CASE("cancel ends what runs and what waits for its turn") {
        run_world w(1);
        const auto p = w.pipeline("long", build("Sleep", "echo began; sleep 600"));
        const auto running = w.start(p, w.developer);
        w.when(running, w.developer, "INPROGRESS");
        const auto waiting = w.start(p, w.developer);
        CHECK_EQ(w.ask("GET", waiting, w.developer).body["status"], "ENQUEUED");
        CHECK_EQ(w.ask("PATCH", running, w.developer, {{"operation", "RETRY"}}).status, 409);
        REQUIRE_EQ(w.ask("PATCH", waiting, w.developer, {{"operation", "CANCEL"}}).status, 200);
        CHECK_EQ(w.ended(waiting, w.developer)["status"], "TERMINATED");
        REQUIRE_EQ(w.ask("PATCH", running, w.developer, {{"operation", "CANCEL"}}).status, 200);
        const auto e = w.ended(running, w.developer);
        CHECK_EQ(e["status"], "TERMINATED");
        CHECK_EQ(action_statuses(e), std::vector<std::string>{"TERMINATED"});
    }

    TEST_CASE("runs of one pipeline follow one another, the important ones of others come first") {
        run_world w(1);
        const auto gate =
            w.pipeline("gate", build("Hold", "until test -e /tmp/none || test -e open; do sleep 0.01; done"));
        const auto low = w.pipeline("low", build("Do", "true"), {{"priority", "LOW"}});
        const auto high = w.pipeline("high", build("Do", "true"), {{"priority", "HIGH"}});
        const auto first = w.start(gate, w.developer);
        w.when(first, w.developer, "INPROGRESS");
        const auto l = w.start(low, w.developer);
        const auto h1 = w.start(high, w.developer);
        const auto h2 = w.start(high, w.developer);
        REQUIRE_EQ(w.ask("PATCH", first, w.developer, {{"operation", "CANCEL"}}).status, 200);
        const auto le = w.ended(l, w.developer);
        const auto h1e = w.ended(h1, w.developer);
        const auto h2e = w.ended(h2, w.developer);
        const auto start = [](const json& e) { return e["attempts"][0]["start_date"].get<std::string>(); };
        CHECK_LE(start(h1e), start(h2e));
        CHECK_LE(start(h2e), start(le));
    }

    TEST_CASE("runs of one pipeline go side by side where it says so, each in files of its own") {
        run_world w;
        const auto p = w.pipeline("both", build("Meet", "touch here; pwd; until test -e go; do sleep 0.01; done"),
                                  {{"concurrent_pipeline_runs", true}});
        const auto a = w.start(p, w.developer);
        const auto b = w.start(p, w.developer);
        w.when(a, w.developer, "INPROGRESS");
        w.when(b, w.developer, "INPROGRESS");
        const auto id = p.substr(p.rfind('/') + 1);
        const auto root = w.folder() / "data" / "filesystems";
        for (const auto& folder : {root / id / "web", root / (id + ".1") / "web"}) {
            while (!std::filesystem::exists(folder / "here")) std::this_thread::yield();
            std::filesystem::create_directory(folder / "go");
        }
        CHECK_EQ(w.ended(a, w.developer)["status"], "SUCCESSFUL");
        CHECK_EQ(w.ended(b, w.developer)["status"], "SUCCESSFUL");
        CHECK_NE(w.ask("GET", a + "/action/1", w.developer).body["log"],
                 w.ask("GET", b + "/action/1", w.developer).body["log"]);
    }

    TEST_CASE("what waits for people is answered by the API") {
        run_world w;
        const auto p =
            w.pipeline("ask", "    - {action: Approve, type: WAIT_FOR_APPLY}\n" + build("After", "echo after"));
        const auto at = w.start(p, w.developer);
        w.when(at, w.developer, "WAITING_FOR_APPLY");
        CHECK_EQ(w.ask("PATCH", at, w.developer, {{"operation", "APPLY"}, {"approve_action_id", 2}}).status, 400);
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "APPLY"}, {"approve_action_id", 1}}).status, 200);
        CHECK_EQ(w.ended(at, w.developer)["status"], "SUCCESSFUL");
        CHECK_EQ(w.ask("PATCH", at, w.developer, {{"operation", "APPLY"}}).status, 409);
    }

    TEST_CASE("what a client gets wrong is said, and no run is made") {
        run_world w;
        const auto p = w.pipeline("strict", build("Do", "true"), {{"description_required", true}});
        const auto no = [&](json body, const std::string& what) {
            if (!body.contains("comment")) body["comment"] = "c";
            const auto reply = w.ask("POST", p + "/executions", w.developer, body);
            CHECK_EQ(reply.status, 400);
            CHECK_EQ(reply.message(), what);
        };
        no({{"comment", ""}}, "this pipeline wants a `comment` with each run");
        no({{"branch", {{"name", "--upload-pack=x"}}}}, "`branch.name` is no name of a ref");
        no({{"branch", {{"name", "a"}}}, {"tag", {{"name", "b"}}}}, "say one of `branch`, `tag` and `pull_request`");
        no({{"priority", "URGENT"}}, "`priority` must be LOW, NORMAL or HIGH");
        no({{"delay_until", "tomorrow"}}, "`delay_until` must be a time like 2026-01-02T03:04:05Z");
        no({{"variables", json::array({{{"key", "1A"}, {"value", ""}}})}},
           "\"1A\" can't name a variable: letters, digits and _, and no digit at its beginning");
        no({{"package_version", "1"}},
           "`package_version` is one of Buddy's package registry, and this server keeps no packages: leave it out");
        CHECK_EQ(w.ask("GET", p + "/executions", w.developer).body["total_element_count"], 0);
    }

    TEST_CASE("a run that was put off waits for its time, or for somebody who does not") {
        run_world w;
        const auto p = w.pipeline("later", build("Do", "true"));
        const auto at = w.start(p, w.developer, {{"delay_until", "2999-01-01T00:00:00Z"}});
        CHECK_EQ(w.ask("GET", at, w.developer).body["status"], "ENQUEUED");
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "RUN_DELAYED"}}).status, 200);
        CHECK_EQ(w.ended(at, w.developer)["status"], "SUCCESSFUL");
    }

    TEST_CASE("a run has the variables that the API keeps, the nearer win, and secret ones are masked") {
        run_world w;
        const auto p = w.pipeline(
            "outer", build("Say", "echo $WIDE $NEAR $OWN; test ${#TOKEN} = 12; echo token $TOKEN; echo $LATE"));
        const auto id = w.ask("GET", p, w.admin).body["id"];
        const auto add = [&](json body) {
            const auto made = w.ask("POST", "/workspaces/acme/variables", w.admin, body);
            REQUIRE_MESSAGE(made.status == 201, made.text);
        };
        add({{"key", "WIDE"}, {"value", "wide"}});
        add({{"key", "NEAR"}, {"value", "from the workspace"}});
        add({{"key", "NEAR"}, {"value", "near"}, {"project", {{"name", "web"}}}});
        add({{"key", "OWN"}, {"value", "own"}, {"pipeline", {{"id", id}}}});
        add({{"key", "TOKEN"}, {"value", "very-hidden!"}, {"encrypted", true}, {"project", {{"name", "web"}}}});
        add({{"key", "LATE"}, {"value", "kept"}});
        const auto at =
            w.start(p, w.developer, {{"variables", json::array({{{"key", "LATE"}, {"value", "given"}}})}});
        CHECK_EQ(w.ended(at, w.developer)["status"], "SUCCESSFUL");
        CHECK_EQ(w.ask("GET", at + "/action/1", w.developer).body["log"],
                 json::array({"wide near own", "token ***", "given"}));
    }

    TEST_CASE("an encrypted variable is masked, given to the actions, and nowhere in the API or on the disk") {
        run_world w;
        const auto p =
            w.pipeline("secret", build("Print", "echo the value is $TOKEN; test ${#TOKEN} = 16"), json::object());
        const auto declared =
            w.ask("PATCH", p, w.admin,
                  {{"yaml",
                    "- pipeline: secret\n  variables:\n    - {key: TOKEN, value: secure!x, encrypted: true}\n"
                    "  actions:\n" +
                        build("Print", "echo the value is $TOKEN; test ${#TOKEN} = 16")}});
        REQUIRE_MESSAGE(declared.status == 200, declared.text);
        const auto at = w.start(
            p, w.developer,
            {{"variables", json::array({{{"key", "TOKEN"}, {"value", "planted-secret-9"}, {"encrypted", true}}})}});
        const auto e = w.ended(at, w.developer);
        CHECK_EQ(e["status"], "SUCCESSFUL");
        const auto log = w.ask("GET", at + "/action/1", w.developer);
        CHECK_EQ(log.text.find("planted-secret-9"), std::string::npos);
        CHECK_EQ(e.dump().find("planted-secret-9"), std::string::npos);
        for (const auto& entry : std::filesystem::recursive_directory_iterator(w.folder() / "data"))
            if (entry.is_regular_file())
                CHECK_MESSAGE(read_file(entry.path()).find("planted-secret-9") == std::string::npos,
                              entry.path().string());
    }

    TEST_CASE("to approve a fork's run a session gives its password again, where grants ask for that") {
        // A window that is always over.
        api_world w(api_world::executing{1, [](server::state& st) { st.step_up = std::chrono::minutes(-1); }});
        const auto hash = identity::hash_password("correct horse battery").value();
        REQUIRE(w.stores().people->set_password(w.team.admin, hash, w.team.admin, at(100)).has_value());
        store::new_run wanted;
        wanted.pipeline = w.team.deploy;
        wanted.actor = w.team.developer;
        wanted.at = at(100);
        REQUIRE(w.stores().runs->create_run(wanted, "- pipeline: deploy\n").has_value());
        const std::string run =
            "/workspaces/acme/projects/web/pipelines/" + std::to_string(w.team.deploy.value()) + "/executions/1";
        const json approve = {{"operation", "APPROVE_FORK"}};
        browser b;
        const std::string base = "http://127.0.0.1:" + std::to_string(w.port());
        const auto in = b.send("POST", base + "/latchkey/v1/session",
                               {{"email", "ana@acme.test"}, {"password", "correct horse battery"}});
        REQUIRE_EQ(in.status, 201);
        const auto no = b.send("PATCH", base + run, approve, {{"X-CSRF-Token", in.body["csrf_token"]}});
        CHECK_EQ(no.status, 403);
        CHECK_NE(no.message().find("your password again"), std::string::npos);
        CHECK_EQ(w.ask("PATCH", run, w.token(w.team.admin), approve).status, 200);
    }
}
