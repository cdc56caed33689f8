// SPDX-License-Identifier: Apache-2.0
// What programs that others wrote read of our answers, beyond what the other tests ask for.
#include "tests/runner/server/repository_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string acme = "/workspaces/acme";
const std::string web = acme + "/projects/web";

}  // namespace

TEST_SUITE("server.compatible") {
    TEST_CASE("a run's commit is a text in its pipeline, and an object with an address in the run") {
        repository_world w;
        const std::string commit =
            w.commit({{"buddy.yml",
                       "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['true']}\n"}});
        const auto p = w.pipeline("q", "    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        CHECK_EQ(w.ask("GET", p, w.viewer).body["last_execution_revision"], nullptr);
        const auto at = w.start(p, w.developer, {{"delay_until", "2020-01-02T03:04:05Z"}});
        const json e = w.ended(at, w.developer);
        CHECK_EQ(e["to_revision"]["revision"], commit);
        CHECK_EQ(e["to_revision"]["short_revision"], commit.substr(0, 8));
        CHECK(e["to_revision"]["url"].is_string());
        CHECK_EQ(e["branch"]["name"], "main");
        CHECK_EQ(e["branch"]["default"], true);
        CHECK_EQ(e["delay_until"], "2020-01-02T03:04:05Z");
        CHECK(e["action_executions"][0]["passed_variables"].is_array());
        CHECK_EQ(w.ask("GET", p, w.viewer).body["last_execution_revision"], commit);
        CHECK_EQ(w.ask("GET", web + "/pipelines", w.viewer).body["pipelines"].back()["last_execution_revision"],
                 commit);
    }

    TEST_CASE("whoever is named has a picture, which is there") {
        api_world w;
        const std::string admin = w.token(w.team.admin);
        const std::string picture = w.ask("GET", "/user", admin).body["avatar_url"];
        CHECK_EQ(w.ask("GET", acme + "/members", admin).body["members"][0]["avatar_url"], picture);
        const auto shown = w.ask("GET", picture.substr(picture.find("/latchkey")), "");
        CHECK_EQ(shown.status, 200);
        CHECK_EQ(shown.headers.at("content-type"), "image/svg+xml; charset=utf-8");
        CHECK(shown.text.starts_with("<svg "));
        CHECK_EQ(w.ask("GET", "/user", admin).body["email"], w.stores().runs->user(w.team.admin).value().email);
        CHECK_EQ(w.ask("GET", "/user", w.token(w.team.admin, {"USER_INFO"})).body["email"], nullptr);
        const json member = w.ask("GET", acme + "/members", admin).body["members"][0];
        for (const char* field : {"auto_assign_to_new_projects", "auto_assign_permission_set_id", "admin"})
            CHECK(member.contains(field));
    }

    TEST_CASE("a permission set has its levels whatever was said, and a note by either name") {
        api_world w;
        const std::string admin = w.token(w.team.admin);
        const auto made = w.ask("POST", acme + "/permissions", admin,
                                {{"name", "s"},
                                 {"note", "n"},
                                 {"agent_note", "a"},
                                 {"pipeline_access_level", "RUN_ONLY"},
                                 {"project_team_access_level", nullptr}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        for (const char* level : {"repository", "sandbox", "project_team", "environment", "target", "package"})
            CHECK(made.body[std::string(level) + "_access_level"].is_string());
        CHECK_EQ(made.body["description"], "n");
        CHECK_EQ(made.body["agent_note"], "a");
        const std::string at = acme + "/permissions/" + std::to_string(made.body["id"].get<int>());
        const auto changed = w.ask("PATCH", at, admin, {{"description", ""}, {"package_access_level", "READ_WRITE"}});
        CHECK_EQ(changed.body["note"], nullptr);
        CHECK_EQ(changed.body["package_access_level"], "READ_WRITE");
        const json sets = w.ask("GET", acme + "/permissions", admin).body["permission_sets"];
        for (const json& set : sets) CHECK(set["package_access_level"].is_string());
    }

    TEST_CASE("environments below their project are those of the project, for whoever may know of them") {
        api_world w;
        const std::string developer = w.token(w.team.developer);
        const std::string admin = w.token(w.team.admin);
        const auto made =
            w.ask("POST", web + "/environments", admin, {{"name", "Live"}, {"all_pipelines_allowed", false}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(made.body["scope"], "PROJECT");
        CHECK_EQ(made.body["project"]["name"], "web");
        CHECK_EQ(made.body["all_pipelines_allowed"], false);
        CHECK_EQ(made.body["pipelines_access_level"], "DENIED");
        const std::string at = web + "/environments/" + made.body["id"].get<std::string>();
        CHECK_EQ(w.ask("GET", at, developer).body["id"], made.body["id"]);
        CHECK_EQ(w.ask("PATCH", at, admin, {{"all_pipelines_allowed", true}}).body["pipelines_access_level"],
                 "USE_ONLY");
        const auto of_workspace = w.ask("POST", acme + "/environments", admin, {{"name", "All"}});
        REQUIRE_EQ(of_workspace.status, 201);
        const std::string other = of_workspace.body["id"];
        CHECK_EQ(w.ask("GET", web + "/environments/" + other, admin).status, 404);
        CHECK_EQ(w.ask("DELETE", web + "/environments/" + other, admin).status, 404);
        CHECK_EQ(w.ask("GET", web + "/environments", developer).body["environments"].size(), 1);
        CHECK_EQ(w.ask("GET", acme + "/environments", admin).body["environments"].size(), 2);
        CHECK_EQ(w.ask("GET", web + "/environments", w.token(w.team.outsider)).status, 404);
        CHECK_EQ(w.ask("DELETE", at, developer).status, 403);
        CHECK_EQ(w.ask("DELETE", at, admin).status, 204);
    }

    TEST_CASE("what people call things is told from what they may not know of as what is not there") {
        run_world w;
        const auto p = w.pipeline("q", "    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        const auto made = w.ask("POST", web + "/environments", w.admin,
                                {{"name", "Live"}, {"permissions", {{"others", "DENIED"}}}});
        REQUIRE_EQ(made.status, 201);
        const auto ids = [&](const std::string& query, const std::string& token) {
            return w.ask("GET", acme + "/identifiers" + query, token);
        };
        const json all = ids("?project=web&pipeline=q&environment=live", w.admin).body;
        CHECK_EQ(all["domain"], "acme");
        CHECK_EQ(all["project_identifier"], "web");
        CHECK_EQ(all["pipeline_id"], std::stoi(p.substr(p.rfind('/') + 1)));
        CHECK_EQ(all["environment_id"], made.body["id"]);
        CHECK_EQ(ids("", w.viewer).body["pipeline_id"], nullptr);
        CHECK_EQ(ids("?project=web&environment=live", w.viewer).text,
                 ids("?project=web&environment=none", w.viewer).text);
        CHECK_EQ(ids("?project=web&pipeline=none", w.viewer).status, 404);
        CHECK_EQ(ids("?pipeline=q", w.viewer).status, 400);
        CHECK_EQ(ids("?package=x", w.viewer).status, 404);
        const std::string outsider = w.token(w.team.outsider);
        CHECK_EQ(ids("?project=web", outsider).text, ids("?project=none", outsider).text);
        const std::string id = std::to_string(w.team.developer.value());
        CHECK_EQ(w.ask("GET", acme + "/members/" + id + "/projects", w.viewer).body["projects"][0]["name"], "web");
        CHECK_EQ(w.ask("GET", acme + "/members/" + id + "/projects", outsider).body["projects"].size(), 0);
    }

    TEST_CASE("a pipeline's definition by itself: read, changed, and not shown to who may not see all of it") {
        run_world w;
        const auto p = w.pipeline("q", "    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        const json shown = w.ask("GET", p + "/yaml", w.viewer).body;
        CHECK(shown["yaml"].get<std::string>().starts_with("- pipeline: q\n"));
        const std::string other =
            "- pipeline: q\n  actions:\n    - {action: B, type: SLACK, channel: c, content: x, "
            "integration: slack_prod}\n";
        CHECK_EQ(w.ask("PATCH", p + "/yaml", w.viewer, {{"yaml", other}}).status, 403);
        CHECK_EQ(w.ask("PATCH", p + "/yaml", w.admin, {{"yaml", "- ["}}).status, 400);
        CHECK_EQ(w.ask("PATCH", p + "/yaml", w.admin, json::object()).status, 400);
        // Nothing else is changed by it.
        const auto changed = w.ask("PATCH", p + "/yaml", w.admin, {{"yaml", other}, {"disabled", true}});
        REQUIRE_MESSAGE(changed.status == 200, changed.text);
        CHECK_EQ(changed.body["yaml"], other);
        CHECK_EQ(changed.body["disabled"], false);
        REQUIRE_EQ(w.ask("PATCH", acme + "/integrations/" + w.team.slack.hash_id, w.admin,
                         {{"permissions", {{"others", "DENIED"}, {"admins", "MANAGE"}}}})
                       .status,
                   200);
        const auto hidden = w.ask("GET", p + "/yaml", w.viewer);
        CHECK_EQ(hidden.status, 403);
        CHECK_EQ(hidden.text.find("slack"), std::string::npos);
    }

    TEST_CASE("the public half of a key in an older form is shown, too") {
        api_world w;
        const std::string admin = w.token(w.team.admin);
        for (const std::string kind : {"-t rsa -b 2048 -m PEM", "-t ecdsa -m PEM", "-t rsa -b 2048 -m PKCS8"}) {
            CAPTURE(kind);
            temp_dir folder;
            const std::string file = (folder.path() / "key").string();
            REQUIRE_EQ(std::system(("ssh-keygen -q " + kind + " -N '' -C c -f " + file).c_str()), 0);
            const std::string key = read_file(file);
            CHECK_EQ(key.find("OPENSSH"), std::string::npos);
            const auto made =
                w.ask("POST", acme + "/variables", admin,
                      {{"key", "K" + std::to_string(kind.size())}, {"type", "SSH_KEY"}, {"value", key}});
            REQUIRE_MESSAGE(made.status == 201, made.text);
            CHECK_EQ(made.body["public_value"].get<std::string>() + " c\n", read_file(file + ".pub"));
            CHECK(made.body["key_fingerprint"].is_string());
            CHECK(made.body["checksum"].is_string());
        }
        // With a passphrase nobody can tell.
        temp_dir folder;
        const std::string file = (folder.path() / "key").string();
        REQUIRE_EQ(std::system(("ssh-keygen -q -t rsa -b 2048 -m PEM -N secret -f " + file).c_str()), 0);
        const auto made = w.ask("POST", acme + "/variables", admin,
                                {{"key", "P"}, {"type", "SSH_KEY"}, {"value", read_file(file)}});
        CHECK_EQ(made.body["public_value"], nullptr);
    }

    TEST_CASE("branches, tags and commits of a repository") {
        repository_world w;
        const std::string first = w.commit({{"a.txt", "one\n"}});
        const std::string second = w.commit({{"a.txt", "two\n"}}, "feature/x");
        shell(w.work(), "git tag -a -m 'of all' v1 " + first + " && git push -q ../there.git v1");
        const std::string at = web + "/repository/";
        const auto get = [&](const std::string& what) { return w.ask("GET", at + what, w.viewer); };
        const json branches = get("branches").body["branches"];
        REQUIRE_EQ(branches.size(), 2);
        CHECK_EQ(branches[0]["name"], "feature/x");
        CHECK_EQ(branches[0]["default"], false);
        CHECK_EQ(branches[1]["name"], "main");
        CHECK_EQ(branches[1]["default"], true);
        const std::string url = branches[0]["url"];
        const json branch = w.ask("GET", url.substr(url.find("/workspaces")), w.viewer).body;
        CHECK_EQ(branch["commit"]["revision"], second);
        CHECK_EQ(branch["commit"]["parents"][0]["revision"], first);
        CHECK_EQ(branch["commit"]["message"], "x");
        CHECK_EQ(branch["commit"]["author"]["name"], "Ana");
        CHECK_EQ(branch["commit"]["author"]["id"], w.team.admin.value());  // by their address
        CHECK_EQ(get("tags").body["tags"][0]["name"], "v1");
        CHECK_EQ(get("tags/v1").body["commit"]["revision"], first);
        CHECK_EQ(get("commits").body["commits"].size(), 1);
        CHECK_EQ(get("commits?revision=feature/x").body["commits"].size(), 2);
        CHECK_EQ(get("commits?revision=feature/x&page=2&per_page=1").body["commits"][0]["revision"], first);
        CHECK_EQ(get("commits/" + second.substr(0, 8)).body["revision"], second);
        // Who has an account is named as a member.
        const auto made = w.ask("POST", at + "contents", w.developer,
                                {{"path", "b.txt"}, {"content", "YQ=="}, {"message", "by me"}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        CHECK_EQ(get("commits/HEAD").body["author"]["id"], w.team.developer.value());
        for (const char* none : {"branches/none", "branches/refs/heads/main", "tags/main", "commits/none",
                                 "commits/--all", "branches/..", "commits/main:a.txt"})
            CHECK_EQ(get(none).status, 404);
        CHECK_EQ(w.ask("GET", at + "branches", w.token(w.team.outsider)).status, 404);
        CHECK_EQ(w.ask("GET", at + "branches", w.token(w.team.viewer, {"EXECUTION_INFO"})).status, 403);
    }

    TEST_CASE("what is of a package registry is refused, and says why") {
        run_world w;
        const auto no = [&](const json& body) { return w.ask("POST", web + "/pipelines", w.admin, body); };
        const auto event = no({{"name", "q"}, {"events", {{{"type", "PUBLISH_PACKAGE"}}}}});
        CHECK_EQ(event.status, 400);
        CHECK(event.message().starts_with("`events`: PUBLISH_PACKAGE is of Buddy's package registry"));
        const auto packages = no({{"name", "q"}, {"packages", {{{"id", 1}}}}});
        CHECK_EQ(packages.message(),
                 "`packages` are of Buddy's package registry, and this server keeps none: leave them out");
        CHECK_EQ(no({{"name", "q"}, {"packages", json::array()}}).status, 201);
    }
}
