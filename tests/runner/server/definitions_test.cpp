// SPDX-License-Identifier: Apache-2.0
// Definitions that lie in other projects: templates with parameters, and files of one branch.
#include "tests/runner/server/repository_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string tpl =
    "- pipeline: \"!{name:shared}\"\n  actions:\n    - action: Say\n      type: BUILD\n      execute_commands: "
    "['!{cmd}', 'ls', '! test -e /nothing']\n!more\n";

// A second project, with a repository of templates, of which only its maker knows.
struct templates_world : repository_world {
    templates_world() {
        const auto made = ask("POST", "/workspaces/acme/projects", admin, {{"display_name", "Templates"}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        REQUIRE_EQ(made.body["name"], "templates");
        make_repository("templates");
        commit({{"tpl.yml", tpl}, {"fixed.yml", "- pipeline: p\n  actions:\n" + said("from templates")}}, "main",
               "templates");
        commit({{"own.txt", "own\n"}});
    }
    static std::string said(const std::string& word) {
        return "    - {action: Say, type: BUILD, execute_commands: ['echo " + word + "']}\n";
    }
    void let_in(policy::user_id user) {
        const auto set = ask("POST", project("templates") + "/members", admin,
                             {{"id", user.value()}, {"permission_set", {{"id", team.viewer_set.value()}}}});
        REQUIRE_MESSAGE(set.status == 201, set.text);
    }
    std::string remote(const std::string& name, const json& more) {
        json body = {{"name", name},
                     {"git_config_ref", "DYNAMIC"},
                     {"definition_source", "REMOTE"},
                     {"remote_path", "tpl.yml"},
                     {"remote_branch", "main"},
                     {"remote_project_name", "templates"}};
        body.update(more);
        const auto made = ask("POST", project("web") + "/pipelines", admin, body);
        REQUIRE_MESSAGE(made.status == 201, made.text);
        return project("web") + "/pipelines/" + std::to_string(made.body["id"].get<int>());
    }
    json log_of(const std::string& execution, int action) {
        return ask("GET", execution + "/action/" + std::to_string(action), admin).body["log"];
    }
};

json parameters(const std::map<std::string, std::string>& all) {
    json list = json::array();
    for (const auto& [key, value] : all) list.push_back({{"key", key}, {"value", value}});
    return {{"remote_parameters", list}};
}

}  // namespace

TEST_SUITE("server.definitions") {
    TEST_CASE("a template of another project, with its parameters, runs with the files of its own") {
        templates_world w;
        const auto p =
            w.remote("from-a-template",
                     parameters({{"cmd", "echo hello"},
                                 {"more", "    - {action: More, type: BUILD, execute_commands: ['echo more']}"}}));
        const auto at = w.start(p, w.admin);
        const json e = w.ended(at, w.admin);
        CAPTURE(e.dump(2));
        CHECK_EQ(e["status"], "SUCCESSFUL");
        CHECK_EQ(w.log_of(at, 1), json::array({"hello", "own.txt"}));
        CHECK_EQ(w.log_of(at, 2), json::array({"more"}));
        CHECK_EQ(e["branch"]["name"], "main");
        // Its change is seen by the next run, and a retry runs the same again.
        w.commit({{"tpl.yml", "- pipeline: x\n  actions:\n" + w.said("changed")}}, "main", "templates");
        const auto next = w.start(p, w.admin);
        w.ended(next, w.admin);
        CHECK_EQ(w.log_of(next, 1), json::array({"changed"}));
        const auto lacking = w.remote("lacking", json::object());
        w.commit({{"tpl.yml", tpl}}, "main", "templates");
        const auto no = w.ask("POST", lacking + "/executions", w.admin, json::object());
        CHECK_EQ(no.status, 400);
        CHECK_EQ(no.message(), "tpl.yml asks for cmd: say it in `remote_parameters`");
    }

    TEST_CASE("who stands behind the run has to be let into the other project, which else is not there") {
        templates_world w;
        const auto p = w.remote("p", parameters({{"cmd", "echo hello"}}));
        const auto denied = w.ask("POST", p + "/executions", w.developer, json::object());
        REQUIRE_EQ(w.ask("POST", "/workspaces/acme/projects", w.admin, {{"display_name", "Templates2"}}).status, 201);
        const auto nowhere = w.remote("q", {{"remote_project_name", "templates2"}});
        REQUIRE_EQ(w.ask("DELETE", w.project("templates2"), w.admin).status, 204);
        const auto none = w.ask("POST", nowhere + "/executions", w.developer, json::object());
        CHECK_EQ(denied.status, 404);
        CHECK_EQ(none.status, 404);
        // The same words, but for the name that the pipeline's settings show anyway.
        std::string text = none.message();
        text.replace(text.find("templates2"), 10, "templates");
        CHECK_EQ(denied.message(), text);
        CHECK_EQ(denied.text.find("there.git"), std::string::npos);
        CHECK_EQ(w.ask("GET", p + "/executions", w.admin).body["total_element_count"], 0);
        w.let_in(w.team.developer);
        const auto at = w.start(p, w.developer);
        CHECK_EQ(w.ended(at, w.developer)["status"], "SUCCESSFUL");
    }

    TEST_CASE("who names a file of another project has to be let into it, which else is not there") {
        templates_world w;
        const auto p = w.remote("p", parameters({{"cmd", "echo hello"}}));
        const auto same = [&](const std::string& method, const std::string& at, const json& one, const json& other) {
            const auto denied = w.ask(method, at, w.developer, one);
            const auto none = w.ask(method, at, w.developer, other);
            CAPTURE(one.dump());
            CHECK_EQ(denied.status, 404);
            CHECK_EQ(none.status, 404);
            CHECK_EQ(denied.message(), "there is no such project: \"templates\"");
            CHECK_EQ(none.message(), "there is no such project: \"nowhere\"");
        };
        const auto named = [](const char* project) {
            return std::pair(
                json{{"name", "x"}, {"definition_source", "REMOTE"}, {"remote_project_name", project}},
                json{{"name", "x"}, {"git_config_ref", "FIXED"}, {"git_config", {{"project", project}}}});
        };
        const std::string all = w.project("web") + "/pipelines";
        const auto mine = w.ask("POST", all, w.developer, {{"name", "mine"}});
        REQUIRE_EQ(mine.status, 201);
        const std::string at = all + "/" + std::to_string(mine.body["id"].get<int>());
        for (const auto& [method, address] :
             {std::pair(std::string("POST"), all), std::pair(std::string("PATCH"), at)}) {
            same(method, address, named("templates").first, named("nowhere").first);
            same(method, address, named("templates").second, named("nowhere").second);
        }
        // Where it is named already, another file of it is not to be had either; the rest is.
        for (const json& other : {json{{"remote_path", "fixed.yml"}}, json{{"remote_branch", "other"}}})
            CHECK_EQ(w.ask("PATCH", p, w.developer, other).status, 404);
        CHECK_EQ(w.ask("PATCH", p, w.developer, {{"remote_path", "tpl.yml"}, {"priority", "HIGH"}}).status, 200);
        CHECK_EQ(w.ask("PATCH", p, w.developer, parameters({{"cmd", "echo other"}})).status, 200);
        w.let_in(w.team.developer);
        CHECK_EQ(w.ask("PATCH", p, w.developer, {{"remote_path", "fixed.yml"}}).status, 200);
    }

    TEST_CASE("a definition of another project is shown to who is let into it, and not what it names there") {
        templates_world w;
        const auto p = w.remote("p", parameters({{"cmd", "echo hello"}}));
        w.ended(w.start(p, w.admin), w.admin);
        const auto shown = [&](const std::string& token) {
            const auto reply = w.ask("GET", own(p) + "/definition", token);
            REQUIRE_MESSAGE(reply.status == 200, reply.text);
            return reply.body;
        };
        const auto check_hidden = [&](const std::string& token) {
            const json body = shown(token);
            CHECK_EQ(body["hidden"], true);
            CHECK_EQ(body["yaml"], nullptr);
            CHECK_EQ(body["problems"], json::array());
        };
        CHECK_NE(shown(w.admin)["yaml"].get<std::string>().find("echo hello"), std::string::npos);
        check_hidden(w.developer);
        // Whose file it was does not change with the settings.
        REQUIRE_EQ(w.ask("PATCH", p, w.developer, {{"remote_project_name", "web"}}).status, 200);
        check_hidden(w.developer);
        REQUIRE_EQ(w.ask("PATCH", p, w.admin, {{"remote_project_name", "templates"}}).status, 200);
        w.let_in(w.team.developer);
        CHECK_EQ(shown(w.developer)["hidden"], false);
        const auto there = w.ask("POST", "/workspaces/acme/integrations", w.admin,
                                 {{"name", "There"},
                                  {"identifier", "there_only"},
                                  {"type", "SLACK"},
                                  {"webhook_address", "https://hooks.example.test/x"},
                                  {"token", "t"},
                                  {"scope", "PROJECT"},
                                  {"project_name", "templates"}});
        REQUIRE_MESSAGE(there.status == 201, there.text);
        const auto naming = [&](const std::string& integration) {
            w.commit({{"tpl.yml",
                       "- pipeline: x\n  actions:\n    - {action: Tell, type: SLACK, channel: c, content: x, "
                       "integration: " +
                           integration + "}\n"}},
                     "main", "templates");
            w.ended(w.start(p, w.admin), w.admin);
        };
        naming("there_only");
        CHECK_EQ(shown(w.developer)["hidden"], false);
        REQUIRE_EQ(w.ask("PATCH", "/workspaces/acme/integrations/" + there.body["hash_id"].get<std::string>(),
                         w.admin, {{"permissions", {{"others", "DENIED"}, {"admins", "MANAGE"}}}})
                       .status,
                   200);
        check_hidden(w.developer);
        CHECK_EQ(shown(w.admin)["hidden"], false);
        naming("slack_prod");
        CHECK_EQ(shown(w.developer)["hidden"], false);
        naming("nobodys");
        check_hidden(w.developer);
    }

    TEST_CASE("a retry needs no other project: it runs what the run has kept") {
        templates_world w;
        w.let_in(w.team.developer);
        const auto p = w.remote("p", parameters({{"cmd", "test -e mended"}}));
        const auto at = w.start(p, w.developer);
        CHECK_EQ(w.ended(at, w.developer)["status"], "FAILED");
        REQUIRE_EQ(w.ask("DELETE", w.project("templates"), w.admin).status, 204);
        write_file(w.folder() / "data/filesystems" / p.substr(p.rfind('/') + 1) / "web/mended", "");
        REQUIRE_EQ(w.ask("PATCH", at, w.developer, {{"operation", "RETRY"}}).status, 200);
        w.events(at, w.developer, "2.0");
        CHECK_EQ(w.ask("GET", at, w.developer).body["status"], "SUCCESSFUL");
    }

    TEST_CASE("a file of a branch of another project, and what can't be found of it") {
        templates_world w;
        const auto fixed = [&](const std::string& name, const json& config) {
            const auto made = w.ask("POST", w.project("web") + "/pipelines", w.admin,
                                    {{"name", name}, {"git_config_ref", "FIXED"}, {"git_config", config}});
            REQUIRE_MESSAGE(made.status == 201, made.text);
            return w.project("web") + "/pipelines/" + std::to_string(made.body["id"].get<int>());
        };
        const auto p = fixed("p", {{"project", "templates"}, {"branch", "main"}, {"path", "fixed.yml"}});
        const auto at = w.start(p, w.admin);
        CHECK_EQ(w.ended(at, w.admin)["status"], "SUCCESSFUL");
        CHECK_EQ(w.log_of(at, 1), json::array({"from templates"}));
        CHECK_EQ(w.ask("POST", p + "/executions", w.developer, json::object()).status, 404);
        const auto message = [&](const std::string& name, const json& config) {
            const auto no = w.ask("POST", fixed(name, config) + "/executions", w.admin, json::object());
            CHECK_EQ(no.status / 100, 4);
            return no.message();
        };
        CHECK_EQ(message("a", {{"project", "templates"}, {"branch", "main"}}),
                 "git_config of the pipeline names no path");
        CHECK_NE(message("b", {{"project", "templates"}, {"branch", "none"}, {"path", "fixed.yml"}})
                     .find("refs/heads/none"),
                 std::string::npos);
        CHECK_NE(message("c", {{"project", "templates"}, {"branch", "main"}, {"path", "../x.yml"}}).find("../x.yml"),
                 std::string::npos);
        CHECK_EQ(message("d", {{"project", "templates"}, {"branch", "refs/pull/1"}, {"path", "fixed.yml"}}),
                 "the pipeline's definition is at refs/pull/1, which is no branch and no tag");
    }

    TEST_CASE("a pipeline that another one runs may be a template, too") {
        templates_world w;
        w.remote("child", parameters({{"cmd", "echo from the child"}}));
        const auto p =
            w.pipeline("parent", "    - {action: Run, type: RUN_NEXT_PIPELINE, pipeline: child, wait: true}\n");
        CHECK_EQ(w.ended(w.start(p, w.admin), w.admin)["status"], "SUCCESSFUL");
        // For who started the first.
        CHECK_EQ(w.ended(w.start(p, w.developer), w.developer)["status"], "FAILED");
    }

    TEST_CASE("a push starts a template's pipeline by what its settings say") {
        templates_world w;
        const auto p = w.remote("p", parameters({{"cmd", "echo hello"}}));
        const auto set =
            w.ask("PATCH", p, w.admin, {{"events", json::array({{{"type", "PUSH"}, {"refs", {"refs/heads/*"}}}})}});
        REQUIRE_EQ(set.status, 200);
        // A file of its own that defines one of that name changes nothing.
        w.commit({{"buddy.yml", "- pipeline: p\n  actions:\n" + w.said("own file")}});
        const auto at = w.start(p, w.admin);
        CHECK_EQ(w.ended(at, w.admin)["status"], "SUCCESSFUL");
        CHECK_EQ(w.log_of(at, 1)[0], "hello");
        CHECK_EQ(w.ask("GET", p, w.admin).body["events"][0]["type"], "PUSH");
    }
}
