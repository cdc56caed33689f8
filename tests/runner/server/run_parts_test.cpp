// SPDX-License-Identifier: Apache-2.0
// What an execution is asked for besides its pipeline: an environment, some of its actions, two commits; and the
// variables of the API that are files.
#include "tests/runner/server/repository_world.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string variables = "/workspaces/acme/variables";
const std::string environments = "/workspaces/acme/environments";

std::string build(const std::string& name, const std::string& command) {
    return "    - {action: " + name + ", type: BUILD, execute_commands: ['" + command + "']}\n";
}

json log_of(const run_world& w, const std::string& execution, int action) {
    return w.ask("GET", execution + "/action/" + std::to_string(action), w.admin).body["log"];
}

void add_variable(const run_world& w, const json& body) {
    const auto made = w.ask("POST", variables, w.admin, body);
    REQUIRE_MESSAGE(made.status == 201, made.text);
}

std::string add_environment(const run_world& w, const json& body) {
    const auto made = w.ask("POST", environments, w.admin, body);
    REQUIRE_MESSAGE(made.status == 201, made.text);
    return made.body["id"];
}

std::vector<std::string> statuses(const json& execution) {
    std::vector<std::string> all;
    for (const json& a : execution["action_executions"]) all.push_back(a["status"]);
    return all;
}

json in_environment(const std::string& id) {
    return {{"environment", {{"id", id}}}};
}

}  // namespace

TEST_SUITE("server.run_parts") {
    TEST_CASE(
        "a FILE and an SSH_KEY of the API are private files of the action, and nothing of them is anywhere else") {
        run_world w;
        const std::string key =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nplanted-line-of-a-key\n-----END OPENSSH PRIVATE KEY-----";
        add_variable(w, {{"key", "CONF"},
                         {"type", "FILE"},
                         {"value", "cGxhaW4gY29uZmlndXJhdGlvbgo="},
                         {"file_place", "CONTAINER"},
                         {"file_path", "/etc/app.conf"},
                         {"file_chmod", "0500"}});
        add_variable(w, {{"key", "KEY"},
                         {"type", "SSH_KEY"},
                         {"value", key},
                         {"file_place", "CONTAINER"},
                         {"file_path", "~/.ssh/id"},
                         {"file_chmod", "600"},
                         {"project", {{"name", "web"}}}});
        add_variable(w, {{"key", "KEPT"}, {"type", "SSH_KEY"}, {"value", key}, {"file_place", "NONE"}});
        const auto p = w.pipeline("files", build("Look",
                                                 "cat $CONF; stat -c %a $KEY $CONF; basename -a $KEY $CONF; "
                                                 "head -c 10 $KEY | wc -c; cat $KEY; echo $KEY > where; "
                                                 "test -e \"$KEPT\" || echo a value"));
        const auto at = w.start(p, w.developer);
        CHECK_EQ(w.ended(at, w.developer)["status"], "SUCCESSFUL");
        CHECK_EQ(log_of(w, at, 1),
                 json::array({"plain configuration", "600", "500", "id", "app.conf", "10", "***", "a value"}));
        const auto id = p.substr(p.rfind('/') + 1);
        std::string where = read_file(w.folder() / "data/filesystems" / id / "web/where");
        where.pop_back();
        CHECK_EQ(where.front(), '/');
        CHECK_FALSE(std::filesystem::exists(where));
        for (const auto& entry : std::filesystem::recursive_directory_iterator(w.folder() / "data"))
            if (entry.is_regular_file())
                CHECK_MESSAGE(read_file(entry.path()).find("planted-line") == std::string::npos,
                              entry.path().string());
        // What the run was given instead is the file's content.
        const auto given = w.pipeline("given", build("Look", "cat $CONF"));
        const auto other =
            w.start(given, w.developer, {{"variables", json::array({{{"key", "CONF"}, {"value", "b3RoZXIK"}}})}});
        CHECK_EQ(w.ended(other, w.developer)["status"], "SUCCESSFUL");
        CHECK_EQ(log_of(w, other, 1), json::array({"other"}));
        const auto no = w.ask("POST", variables, w.admin, {{"key", "F"}, {"type", "FILE"}, {"value", "!"}});
        CHECK_EQ(no.status, 400);
        CHECK_EQ(no.message(), "`value` of a FILE is its content in base64");
    }

    TEST_CASE("a fork's run gets no file of a secret") {
        run_world w;
        add_variable(w, {{"key", "KEY"},
                         {"type", "SSH_KEY"},
                         {"value", "planted-key-of-the-team"},
                         {"file_place", "CONTAINER"},
                         {"file_path", "id"}});
        const auto p = w.pipeline("fork", build("Look", "cat $KEY | wc -c"));
        const auto at = w.start(p, w.developer, {{"pull_request", {{"name", "pull/1"}}}});
        w.ended(at, w.developer);
        for (const json& line : log_of(w, at, 1)) CHECK_NE(line, "24");
    }

    TEST_CASE("an environment's variables come after the project's and before the pipeline's") {
        run_world w;
        const std::string id = add_environment(w, {{"name", "Live"}, {"project", {{"name", "web"}}}});
        const auto p = w.pipeline("deploy-it", build("Say", "echo $A $B $C $D; echo $TOKEN; test ${#TOKEN} = 14"));
        const json pipeline = {{"id", std::stoi(p.substr(p.rfind('/') + 1))}};
        for (const char* name : {"A", "B", "C", "D"}) add_variable(w, {{"key", name}, {"value", "workspace"}});
        for (const char* name : {"B", "C", "D"})
            add_variable(w, {{"key", name}, {"value", "project"}, {"project", {{"name", "web"}}}});
        for (const char* name : {"C", "D"})
            add_variable(w, {{"key", name}, {"value", "environment"}, {"environment", {{"id", id}}}});
        add_variable(w, {{"key", "D"}, {"value", "pipeline"}, {"pipeline", pipeline}});
        add_variable(w, {{"key", "TOKEN"}, {"value", "plain"}});
        add_variable(
            w, {{"key", "TOKEN"}, {"value", "hidden-in-live"}, {"encrypted", true}, {"environment", {{"id", id}}}});
        const auto at = w.start(p, w.developer, in_environment(id));
        const json e = w.ended(at, w.developer);
        CHECK_EQ(e["status"], "SUCCESSFUL");
        CHECK_EQ(e["environment"]["id"], id);
        CHECK_EQ(e["environment"]["name"], "Live");
        CHECK_EQ(log_of(w, at, 1), json::array({"workspace project environment pipeline", "***"}));
        // Without it, and with what was given for the run.
        const auto without = w.start(p, w.developer);
        CHECK_EQ(w.ended(without, w.developer)["status"], "FAILED");
        CHECK_EQ(w.ask("GET", without, w.developer).body["environment"], nullptr);
        CHECK_EQ(log_of(w, without, 1)[0], "workspace project project pipeline");
        json body = in_environment(id);
        body["variables"] = json::array({{{"key", "C"}, {"value", "given"}}});
        const auto given = w.start(p, w.developer, body);
        w.ended(given, w.developer);
        CHECK_EQ(log_of(w, given, 1)[0], "workspace project given pipeline");
    }

    TEST_CASE("who may not use an environment gets the answer of one that is not there, also when retrying") {
        run_world w;
        const std::string id = add_environment(w, {{"name", "Live"}, {"project", {{"name", "web"}}}});
        add_variable(w, {{"key", "V"}, {"value", "of-live"}, {"environment", {{"id", id}}}});
        const auto p = w.pipeline("p", build("Say", "echo $V; test -e mended"));
        const auto at = w.start(p, w.developer, in_environment(id));
        CHECK_EQ(w.ended(at, w.developer)["status"], "FAILED");
        const auto closed =
            w.ask("PATCH", environments + "/" + id, w.admin, {{"permissions", {{"others", "DENIED"}}}});
        REQUIRE_EQ(closed.status, 200);
        const auto none = w.ask("POST", p + "/executions", w.developer, in_environment("0123456789abcdef01234567"));
        const auto denied = w.ask("POST", p + "/executions", w.developer, in_environment(id));
        CHECK_EQ(none.status, 404);
        CHECK_EQ(denied.status, 404);
        CHECK_EQ(none.message(), denied.message());
        const auto retry = w.ask("PATCH", at, w.developer, {{"operation", "RETRY"}});
        CHECK_EQ(retry.status, 404);
        CHECK_EQ(retry.text.find("Live"), std::string::npos);
        // What was run is still there to look at, without the environment's name.
        const auto seen = w.ask("GET", at, w.developer);
        CHECK_EQ(seen.status, 200);
        CHECK_EQ(seen.body["environment"], nullptr);
        CHECK_EQ(seen.text.find("Live"), std::string::npos);
        CHECK_EQ(w.ask("GET", at, w.admin).body["environment"]["id"], id);
        CHECK_EQ(w.ask("PATCH", at, w.admin, {{"operation", "RETRY"}}).status, 200);
        w.events(at, w.admin, "2.0");
        CHECK_EQ(w.ask("POST", p + "/executions", w.admin, {{"environment", json::object()}}).status, 400);
    }

    TEST_CASE("what is taken away between the order and its turn is not used") {
        run_world w;
        const std::string id = add_environment(w, {{"name", "Live"}, {"project", {{"name", "web"}}}});
        add_variable(w, {{"key", "V"}, {"value", "planted"}, {"encrypted", true}, {"environment", {{"id", id}}}});
        const auto p = w.pipeline("p", build("Say", "echo began"));
        json body = in_environment(id);
        body["delay_until"] = "2999-01-01T00:00:00Z";
        const auto at = w.start(p, w.developer, body);
        REQUIRE_EQ(w.ask("PATCH", environments + "/" + id, w.admin, {{"pipelines_access_level", "DENIED"}}).status,
                   200);
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "RUN_DELAYED"}}).status, 200);
        const json e = w.ended(at, w.developer);
        CHECK_EQ(e["status"], "FAILED");
        CHECK_NE(e["error_message"].get<std::string>().find("does not let the pipeline \"p\" in"), std::string::npos);
        CHECK_EQ(log_of(w, at, 1), json::array());
    }

    TEST_CASE("an environment lets in pipelines by what they are, not by what they are called") {
        run_world w;
        const auto first = w.pipeline("shipping", build("Say", "echo $V"));
        const std::string id = add_environment(
            w, {{"name", "Live"},
                {"project", {{"name", "web"}}},
                {"pipelines_access_level", "DENIED"},
                {"allowed_pipelines", json::array({{{"project", "web"}, {"pipeline", "shipping"}}})}});
        add_variable(w, {{"key", "V"}, {"value", "of-live"}, {"environment", {{"id", id}}}});
        CHECK_EQ(w.ask("GET", environments + "/" + id, w.admin).body["allowed_pipelines"],
                 json::array({{{"project", "web"}, {"pipeline", "shipping"}, {"access_level", "USE_ONLY"}}}));
        const auto at = w.start(first, w.developer, in_environment(id));
        CHECK_EQ(w.ended(at, w.developer)["status"], "SUCCESSFUL");
        CHECK_EQ(log_of(w, at, 1), json::array({"of-live"}));
        REQUIRE_EQ(w.ask("DELETE", first, w.admin).status, 204);
        const auto second = w.pipeline("shipping", build("Say", "echo $V"));
        const auto no = w.ask("POST", second + "/executions", w.developer, in_environment(id));
        CHECK_EQ(no.status, 403);
        CHECK_EQ(no.message(),
                 "the environment live does not let the pipeline \"shipping\" in: its "
                 "`allowed_pipelines` say who may");
        const auto unknown =
            w.ask("PATCH", environments + "/" + id, w.admin,
                  {{"allowed_pipelines", json::array({{{"project", "web"}, {"pipeline", "nobody"}}})}});
        CHECK_EQ(unknown.status, 400);
        CHECK_EQ(unknown.message(),
                 "in `allowed_pipelines`: there is no pipeline nobody in the project web, or more than one");
    }

    TEST_CASE("an environment builds on others that let it, and one that is only built on runs nothing") {
        run_world w;
        const json web = {{"name", "web"}};
        const std::string base = add_environment(w, {{"name", "Base"}, {"project", web}, {"base_only", true}});
        const std::string live =
            add_environment(w, {{"name", "Live"}, {"project", web}, {"base_environments", {"base"}}});
        for (const char* key : {"A", "B"})
            add_variable(w, {{"key", key}, {"value", "base"}, {"environment", {{"id", base}}}});
        add_variable(w, {{"key", "B"}, {"value", "live"}, {"environment", {{"id", live}}}});
        const auto p = w.pipeline("p", build("Say", "echo $A $B"));
        const auto at = w.start(p, w.developer, in_environment(live));
        CHECK_EQ(w.ended(at, w.developer)["status"], "SUCCESSFUL");
        CHECK_EQ(log_of(w, at, 1), json::array({"base live"}));
        CHECK_EQ(w.ask("POST", p + "/executions", w.developer, in_environment(base)).status, 422);
        // A circle is one of each.
        REQUIRE_EQ(w.ask("PATCH", environments + "/" + base, w.admin, {{"base_environments", {"live"}}}).status, 200);
        CHECK_EQ(w.ask("POST", p + "/executions", w.developer, in_environment(live)).status, 201);
        REQUIRE_EQ(
            w.ask("PATCH", environments + "/" + base, w.admin, {{"environments_access_level", "DENIED"}}).status,
            200);
        CHECK_EQ(w.ask("POST", p + "/executions", w.developer, in_environment(live)).status, 403);
        REQUIRE_EQ(w.ask("DELETE", environments + "/" + base, w.admin).status, 204);
        CHECK_EQ(w.ask("POST", p + "/executions", w.developer, in_environment(live)).status, 422);
    }

    TEST_CASE("only the actions that are named run, need permissions, and run again") {
        run_world w;
        const auto p = w.pipeline(
            "some", build("One", "echo one >> ran") + build("Two", "echo two >> ran; test -e mended") +
                        "    - {action: Notify, type: SLACK, integration: slack_prod, channel: c, content: x}\n" +
                        build("Four", "echo four >> ran"));
        const auto at = w.start(p, w.developer, {{"actions_to_run", {4, 2}}});
        const auto ran = w.folder() / "data/filesystems" / p.substr(p.rfind('/') + 1) / "web";
        json e = w.ended(at, w.developer);
        CHECK_EQ(e["status"], "FAILED");
        CHECK_EQ(e["actions_to_run"], json::array({4, 2}));
        CHECK_EQ(statuses(e), std::vector<std::string>{"NOT_EXECUTED", "FAILED", "NOT_EXECUTED", "NOT_EXECUTED"});
        write_file(ran / "mended", "");
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "RETRY"}}).status, 200);
        w.events(at, w.developer, "2.0");
        e = w.ask("GET", at, w.developer).body;
        CHECK_EQ(e["status"], "SUCCESSFUL");
        CHECK_EQ(statuses(e), std::vector<std::string>{"NOT_EXECUTED", "SUCCESSFUL", "NOT_EXECUTED", "SUCCESSFUL"});
        CHECK_EQ(read_file(ran / "ran"), "two\ntwo\nfour\n");
        const auto no = w.ask("POST", p + "/executions", w.developer, {{"actions_to_run", {5}}});
        CHECK_EQ(no.status, 400);
        CHECK_EQ(no.message(), "`actions_to_run` names the action 5, and the pipeline has 4");
        CHECK_EQ(w.ask("POST", p + "/executions", w.developer, {{"actions_to_run", {0}}}).status, 400);
        CHECK_EQ(w.ask("POST", p + "/executions", w.developer, {{"actions_to_run", {"x"}}}).status, 400);
    }

    TEST_CASE("no choice of actions leaves out an approval that stands before them") {
        run_world w;
        const auto p = w.pipeline("gated", build("Build", "echo build >> ran") +
                                               "    - {action: Approve, type: WAIT_FOR_APPLY, permissions: {others: "
                                               "DENIED}}\n" +
                                               build("Deploy", "echo deploy >> ran"));
        const auto ran = w.folder() / "data/filesystems" / p.substr(p.rfind('/') + 1) / "web/ran";
        const auto answered = [&](const std::string& at, bool accepted) {
            w.when(at, w.developer, "WAITING_FOR_APPLY");
            CHECK_EQ(w.ask("POST", own(at) + "/answer", w.developer, {{"accepted", true}}).status, 403);
            const auto reply = w.ask("POST", own(at) + "/answer", w.admin, {{"accepted", accepted}});
            REQUIRE_MESSAGE(reply.status == 200, reply.text);
        };
        const auto part = w.start(p, w.developer, {{"actions_to_run", {3}}});
        answered(part, true);
        CHECK_EQ(statuses(w.ended(part, w.developer)),
                 std::vector<std::string>{"NOT_EXECUTED", "SUCCESSFUL", "SUCCESSFUL"});
        CHECK_EQ(read_file(ran), "deploy\n");
        // What stands before the approval needs none.
        const auto first = w.start(p, w.developer, {{"actions_to_run", {1}}});
        CHECK_EQ(w.ended(first, w.developer)["status"], "SUCCESSFUL");

        const auto at = w.start(p, w.developer);
        answered(at, false);
        CHECK_EQ(w.ended(at, w.developer)["status"], "FAILED");
        int attempt = 1;
        for (const json& scope : {json{{"only", "Deploy"}}, json{{"from", "Deploy"}}}) {
            REQUIRE_EQ(w.ask("POST", own(at) + "/retry", w.developer, scope).status / 100, 2);
            answered(at, false);
            w.events(at, w.developer, std::to_string(++attempt) + ".0");
            CHECK_EQ(w.ask("GET", at, w.developer).body["status"], "FAILED");
        }
        CHECK_EQ(read_file(ran), "deploy\nbuild\nbuild\n");
        // Once it is given it stands, until what was before it is done anew.
        REQUIRE_EQ(w.ask("POST", own(at) + "/retry", w.developer, {{"only", "Deploy"}}).status / 100, 2);
        answered(at, true);
        w.events(at, w.developer, std::to_string(++attempt) + ".0");
        REQUIRE_EQ(w.ask("POST", own(at) + "/retry", w.developer, {{"only", "Deploy"}}).status / 100, 2);
        w.events(at, w.developer, std::to_string(++attempt) + ".0");
        CHECK_EQ(w.ask("GET", at, w.developer).body["status"], "SUCCESSFUL");
        CHECK_EQ(read_file(ran), "deploy\nbuild\nbuild\ndeploy\ndeploy\n");
        REQUIRE_EQ(w.ask("POST", own(at) + "/retry", w.developer, {{"only", "Build"}}).status / 100, 2);
        w.events(at, w.developer, std::to_string(++attempt) + ".0");
        REQUIRE_EQ(w.ask("POST", own(at) + "/retry", w.developer, {{"only", "Deploy"}}).status / 100, 2);
        answered(at, false);
        w.events(at, w.developer, std::to_string(++attempt) + ".0");
        CHECK_EQ(w.ask("GET", at, w.developer).body["status"], "FAILED");
    }

    TEST_CASE("values that not everybody may give are asked for whatever was chosen, others are not") {
        run_world w;
        const std::string values = "    - {action: Ask, type: WAIT_FOR_VARIABLES, key: V, defaults: v";
        const auto p = w.pipeline("p", values + ", permissions: {others: DENIED}}\n" + build("Do", "true"));
        const auto at = w.start(p, w.developer, {{"actions_to_run", {2}}});
        w.when(at, w.developer, "WAITING_FOR_VARIABLES");
        w.ask("PATCH", at, w.developer, {{"operation", "CANCEL"}});
        const auto q = w.pipeline("q", values + "}\n" + build("Do", "true"));
        const auto other = w.start(q, w.developer, {{"actions_to_run", {2}}});
        CHECK_EQ(statuses(w.ended(other, w.developer)), std::vector<std::string>{"NOT_EXECUTED", "SUCCESSFUL"});
    }

    TEST_CASE("values that not everybody may give are put forward, not given, by who starts the run with them") {
        run_world w;
        const temp_dir folder;
        const std::string said = (folder.path() / "said").string();
        const std::string ask = "    - {action: Ask, type: WAIT_FOR_VARIABLES, key: WHERE, defaults: staging, ";
        const auto p =
            w.pipeline("p", ask + "permissions: {others: DENIED}}\n" + build("Say", "echo $WHERE > " + said));
        const auto at =
            w.start(p, w.developer, {{"variables", json::array({{{"key", "WHERE"}, {"value", "production"}}})}});
        w.when(at, w.developer, "WAITING_FOR_VARIABLES");
        CHECK_EQ(w.ask("PATCH", at, w.developer, {{"operation", "APPLY_VARIABLES"}}).status, 403);
        CHECK_EQ(w.ask("PATCH", at, w.admin, {{"operation", "APPLY_VARIABLES"}}).status, 200);
        CHECK_EQ(w.ended(at, w.developer)["status"], "SUCCESSFUL");
        CHECK_EQ(read_file(said), "production\n");
    }

    TEST_CASE("a run is of exactly the commit that it names, and its changes are told from another") {
        repository_world w;
        const std::string yaml = "- pipeline: p\n  actions:\n" +
                                 build("Say", "cat a.txt; echo from $BUDDY_EXECUTION_PREVIOUS_REVISION") +
                                 "    - action: Changed\n      type: BUILD\n      trigger_conditions: "
                                 "[{trigger_condition: ON_CHANGE_AT_PATH, trigger_condition_paths: [b.txt]}]\n"
                                 "      execute_commands: [echo b]\n";
        const std::string first = w.commit({{"buddy.yml", yaml}, {"a.txt", "first\n"}});
        const std::string second = w.commit({{"b.txt", "b\n"}, {"a.txt", "second\n"}});
        const std::string third = w.commit({{"a.txt", "third\n"}});
        const auto made =
            w.ask("POST", w.project("web") + "/pipelines", w.admin, {{"name", "p"}, {"git_config_ref", "DYNAMIC"}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        const std::string p = w.project("web") + "/pipelines/" + std::to_string(made.body["id"].get<int>());
        const auto run = [&](const std::string& from, const std::string& to) {
            json body = json::object();
            if (!from.empty()) body["from_revision"] = {{"revision", from}};
            if (!to.empty()) body["to_revision"] = {{"revision", to}};
            const auto at = w.start(p, w.developer, body);
            const json e = w.ended(at, w.developer);
            CHECK_EQ(e["status"], "SUCCESSFUL");
            return std::pair(e, log_of(w, at, 1));
        };
        auto [e, log] = run(first, second);
        CHECK_EQ(e["from_revision"]["revision"], first);
        CHECK_EQ(e["to_revision"]["revision"], second);
        CHECK_EQ(log, json::array({"second", "from " + first}));
        CHECK_EQ(statuses(e), std::vector<std::string>{"SUCCESSFUL", "SUCCESSFUL"});
        std::tie(e, log) = run(second, third);
        CHECK_EQ(log, json::array({"third", "from " + second}));
        CHECK_EQ(statuses(e), std::vector<std::string>{"SUCCESSFUL", "SKIPPED"});
        // Back again, by the beginning of its number.
        std::tie(e, log) = run(third, first.substr(0, 8));
        CHECK_EQ(e["to_revision"]["revision"], first);
        CHECK_EQ(log, json::array({"first", "from " + third}));
        CHECK_EQ(statuses(e), std::vector<std::string>{"SUCCESSFUL", "SUCCESSFUL"});
        const std::string aside = w.commit({{"a.txt", "aside\n"}}, "aside");
        for (const std::string& revision : {aside, std::string(40, '0'), std::string("refs/heads/main"),
                                            std::string("--all"), std::string("main~1")}) {
            CAPTURE(revision);
            CHECK_EQ(
                w.ask("POST", p + "/executions", w.developer, {{"to_revision", {{"revision", revision}}}}).status,
                404);
            if (revision != aside)
                CHECK_EQ(w.ask("POST", p + "/executions", w.developer, {{"from_revision", {{"revision", revision}}}})
                             .status,
                         404);
        }
        run_world without;
        const auto saved = without.pipeline("s", build("Say", "true"));
        CHECK_EQ(without.ask("POST", saved + "/executions", without.admin, {{"to_revision", {{"revision", first}}}})
                     .message(),
                 "the project has no repository, and so no commit " + first);
    }
}
