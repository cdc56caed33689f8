// SPDX-License-Identifier: Apache-2.0
// Files of a project's repository, written over HTTP.
#include "runner/vault/base64.hpp"
#include "tests/runner/server/repository_world.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string contents = "/workspaces/acme/projects/web/repository/contents";

json file(const std::string& text, json more = json::object()) {
    more["content"] = vault::encode_base64(text);
    if (!more.contains("message")) more["message"] = "say so";
    return more;
}

struct write_world : repository_world {
    std::string there(const std::string& words) const {
        return shell(files.path() / "web/there.git", "git " + words);
    }
};

}  // namespace

TEST_SUITE("server.repository_write") {
    TEST_CASE("a file is added, changed and removed, as commits of who asks") {
        write_world w;
        w.commit({{"a.txt", "one\n"}});
        const auto made = w.ask("POST", contents, w.developer, file("new\n", {{"path", "/docs/b.txt"}}));
        REQUIRE_MESSAGE(made.status == 201, made.text);
        const json& content = made.body["content"];
        CHECK_EQ(content["content_type"], "FILE");
        CHECK_EQ(content["encoding"], "base64");
        CHECK_EQ(content["size"], 4);
        CHECK_EQ(content["name"], "b.txt");
        CHECK_EQ(content["path"], "docs/b.txt");
        CHECK_EQ(content["content"], "bmV3Cg==");
        CHECK(content["html_url"].is_string());
        const json& commit = made.body["commit"];
        CHECK_EQ(commit["revision"], w.there("rev-parse main"));
        CHECK_EQ(commit["message"], "say so");
        for (const char* date : {"author_date", "commit_date"}) CHECK(commit[date].is_string());
        for (const char* who : {"author", "committer"}) CHECK_EQ(commit[who]["id"], w.team.developer.value());
        const auto me = w.stores().runs->user(w.team.developer).value();
        CHECK_EQ(w.there("log -1 --format='%an <%ae>' main"),
                 (me.name.empty() ? me.email : me.name) + " <" + me.email + ">");
        const std::string url = content["url"];
        CHECK_EQ(w.ask("GET", url.substr(url.find("/workspaces")), w.viewer).body["content"], "bmV3Cg==");
        const auto changed = w.ask("PUT", contents + "/docs/b.txt", w.developer,
                                   file("newer\n", {{"message", "m2"}, {"branch", "main"}, {"path", nullptr}}));
        REQUIRE_MESSAGE(changed.status == 200, changed.text);
        CHECK_EQ(changed.body["commit"]["message"], "m2");
        CHECK_EQ(w.there("show main:docs/b.txt"), "newer");
        CHECK_EQ(w.ask("GET", contents + "/docs/b.txt", w.viewer).body["content"], "bmV3ZXIK");
        CHECK_EQ(w.ask("DELETE", contents + "/docs/b.txt", w.developer, {{"message", "m3"}}).status, 204);
        CHECK_EQ(w.ask("GET", contents + "/docs/b.txt", w.viewer).status, 404);
        // Who can't send a body with it.
        CHECK_EQ(w.ask("DELETE", contents + "/a.txt?message=m4&branch=main", w.developer).status, 204);
        CHECK_EQ(w.there("log --format=%s main"), "m4\nm3\nm2\nsay so\nx");
        const auto audit = w.ask("GET", "/latchkey/v1/workspaces/acme/audit", w.admin).text;
        for (const char* did : {"added a file", "changed a file", "removed a file"})
            CHECK_NE(audit.find(did), std::string::npos);
    }

    TEST_CASE("what is pushed was noted before, and what changes nothing is noted as nothing") {
        write_world w;
        const auto entries = [&] {
            const std::string audit = w.ask("GET", "/latchkey/v1/workspaces/acme/audit", w.admin).text;
            std::vector<std::size_t> counts;
            for (const std::string word : {"is about to change a file", "changed a file", "is about to add a file"}) {
                std::size_t n = 0;
                for (std::size_t at = audit.find(word); at != std::string::npos; at = audit.find(word, at + 1)) ++n;
                counts.push_back(n);
            }
            return counts;
        };
        const std::string first = w.commit({{"a.txt", "one\n"}});
        const auto same = w.ask("PUT", contents + "/a.txt", w.developer, file("one\n"));
        REQUIRE_MESSAGE(same.status == 200, same.text);
        CHECK_EQ(same.body["commit"]["revision"], first);
        CHECK_EQ(same.body["content"]["content"], "b25lCg==");
        CHECK_EQ(entries(), std::vector<std::size_t>{0, 0, 0});
        const auto made = w.ask("PUT", contents + "/a.txt", w.developer, file("two\n"));
        REQUIRE_MESSAGE(made.status == 200, made.text);
        CHECK_EQ(entries(), std::vector<std::size_t>{1, 1, 0});
        CHECK_EQ(w.ask("PUT", contents + "/a%ff.txt", w.developer, file("x")).status, 400);
        CHECK_EQ(entries(), std::vector<std::size_t>{1, 1, 0});
    }

    TEST_CASE("who may not write, what is in the way and what is no file is told apart") {
        write_world w;
        const std::string first = w.commit({{"a.txt", "one\n"}});
        const auto status = [&](const std::string& method, const std::string& at, const std::string& token,
                                const json& body) { return w.ask(method, contents + at, token, body).status; };
        const json some = file("x", {{"path", "b.txt"}});
        CHECK_EQ(status("POST", "", w.viewer, some), 403);
        CHECK_EQ(status("PUT", "/a.txt", w.viewer, some), 403);
        CHECK_EQ(status("DELETE", "/a.txt", w.viewer, some), 403);
        CHECK_EQ(status("POST", "", w.token(w.team.outsider), some), 404);
        CHECK_EQ(status("POST", "", w.token(w.team.developer, {"REPOSITORY_READ"}), some), 403);
        CHECK_EQ(status("POST", "", w.developer, file("x", {{"path", "a.txt"}})), 409);
        CHECK_EQ(status("PUT", "/none.txt", w.developer, file("x")), 404);
        CHECK_EQ(status("DELETE", "/none.txt", w.developer, {{"message", "m"}}), 404);
        CHECK_EQ(status("PUT", "/a.txt", w.developer, file("x", {{"branch", "none"}})), 404);
        for (const char* path : {"../a", ".git/config", "a/../b", ""})
            CHECK_EQ(status("POST", "", w.developer, file("x", {{"path", path}})), 400);
        for (const char* at : {"/%2e%2e/a", "/.git%2fconfig", "/a%00b"})
            CHECK_EQ(status("PUT", at, w.developer, file("x")) / 100, 4);
        CHECK_EQ(status("POST", "", w.developer, {{"path", "b"}, {"message", "m"}, {"content", "not base64!"}}), 400);
        CHECK_EQ(status("POST", "", w.developer, {{"path", "b"}, {"content", "eA=="}}), 400);
        CHECK_EQ(status("POST", "", w.developer, {{"path", "b"}, {"message", "m"}}), 400);
        CHECK_EQ(status("POST", "", w.developer, file(std::string((1U << 20U) + 1, 'x'), {{"path", "big"}})), 422);
        CHECK_EQ(w.there("rev-parse main"), first);
        // Written over only by who has seen what is there.
        CHECK_EQ(status("PUT", "/a.txt", w.developer, file("two", {{"revision", first}})), 200);
        const auto late = w.ask("PUT", contents + "/a.txt", w.developer, file("three", {{"revision", first}}));
        CHECK_EQ(late.status, 409);
        CHECK_EQ(late.message(), "\"a.txt\" has changed since: look at it again");
        CHECK_EQ(w.there("show main:a.txt"), "two");
        run_world without;
        CHECK_EQ(without.ask("POST", contents, without.developer, some).status, 404);
    }

    TEST_CASE("who writes what pipelines read needs Use on each integration that it newly names") {
        write_world w;
        const std::string yaml =
            "- pipeline: p\n  actions:\n    - {action: Tell, type: SLACK, channel: c, content: x, integration: ";
        const std::string custom = "name: tell\ninputs:\n  to: {type: SLACK_INTEGRATION, default: ";
        w.commit({{"buddy.yml", yaml + "slack_prod}\n"}, {".buddy/more.yml", yaml + "$WHICH}\n"}});
        const auto put = [&](const std::string& path, const std::string& text) {
            return w.ask("PUT", contents + "/" + path, w.developer, file(text));
        };
        const auto add = [&](const std::string& path, const std::string& text) {
            return w.ask("POST", contents, w.developer, file(text, {{"path", path}}));
        };
        CHECK_EQ(put(".buddy/more.yml", yaml + "slack_prod}\n").status, 200);
        CHECK_EQ(put(".buddy/more.yml", yaml + "$WHICH}\n").status, 200);
        const auto named = w.ask("POST", "/workspaces/acme/projects/web/pipelines", w.admin,
                                 {{"name", "fixed"},
                                  {"git_config_ref", "FIXED"},
                                  {"git_config", {{"branch", "main"}, {"path", "ci/fixed.txt"}}}});
        REQUIRE_MESSAGE(named.status == 201, named.text);
        REQUIRE_EQ(w.ask("PATCH", "/workspaces/acme/integrations/" + w.team.slack.hash_id, w.admin,
                         {{"permissions", {{"others", "DENIED"}, {"admins", "MANAGE"}}}})
                       .status,
                   200);
        const std::string before = w.there("rev-parse main");
        for (const std::string name : {"slack_prod", "nobodys"}) {
            const std::string no = "there is no integration \"" + name + "\" for this project";
            for (const auto& reply :
                 {put(".buddy/more.yml", yaml + name + "}\n"), add("buddy.yaml", yaml + name + "}\n"),
                  add(".buddy/new.yaml", yaml + name + "}\n"),
                  add("ci/fixed.txt", yaml + "'!{which:" + name + "}'}\n"),
                  add(".buddy/actions/tell/action.yml", custom + name + "}\nexecute_commands: [ls]\n")}) {
                CHECK_EQ(reply.status, 400);
                CHECK_EQ(reply.message(), no);
            }
        }
        CHECK_EQ(w.there("rev-parse main"), before);
        // What it has named all along stays, what is read by no pipeline is anybody's, and who has Use may.
        CHECK_EQ(put("buddy.yml", "# of ours\n" + yaml + "slack_prod}\n").status, 200);
        CHECK_EQ(add("notes.txt", yaml + "slack_prod}\n").status, 201);
        CHECK_EQ(add(".buddy/deep/er.yml", yaml + "slack_prod}\n").status, 201);
        CHECK_EQ(w.ask("PUT", contents + "/.buddy/more.yml", w.admin, file(yaml + "slack_prod}\n")).status, 200);
    }

    TEST_CASE("many who write at once lose nothing") {
        write_world w;
        w.commit({{"a.txt", "one\n"}});
        std::atomic<int> made = 0;
        {
            std::vector<std::jthread> clients;
            for (int i = 0; i < 6; ++i)
                clients.emplace_back([&, i] {
                    for (int status = 409; status == 409;) {
                        status =
                            w.ask("POST", contents, w.developer, file("x", {{"path", "many/" + std::to_string(i)}}))
                                .status;
                        made += status == 201 ? 1 : 0;
                    }
                });
        }
        CHECK_EQ(made.load(), 6);
        CHECK_EQ(w.there("rev-list --count main"), "7");
        CHECK_EQ(w.ask("GET", contents + "/many", w.viewer).body["contents"].size(), 6);
    }
}
