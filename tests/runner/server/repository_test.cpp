// SPDX-License-Identifier: Apache-2.0
// What a project's repository holds, over HTTP.
#include "tests/runner/server/repository_world.hpp"

#include <doctest/doctest.h>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string contents = "/workspaces/acme/projects/web/repository/contents";

std::vector<std::string> names_in(const json& folder) {
    std::vector<std::string> all;
    for (const json& c : folder["contents"])
        all.push_back(c["content_type"].get<std::string>() + " " + c["path"].get<std::string>());
    return all;
}

}  // namespace

TEST_SUITE("server.repository") {
    TEST_CASE("folders, files, links and submodules, of any branch, tag and commit") {
        repository_world w;
        const std::string first = w.commit({{"a.txt", "one\n"}, {"docs/b c.txt", std::string("b\0c", 3)}});
        shell(w.work(),
              "mkdir sub && ln -s /etc/passwd link && git update-index --add --cacheinfo 160000," + first + ",sub");
        w.commit({{"a.txt", "two\n"}});
        shell(w.work(), "git tag v1 " + first + " && git push -q ../there.git v1");
        const auto root = w.ask("GET", contents + "/", w.viewer);
        REQUIRE_MESSAGE(root.status == 200, root.text);
        CHECK_EQ(names_in(root.body),
                 std::vector<std::string>{"FILE a.txt", "DIR docs", "SYMLINK link", "SUB_MODULE sub"});
        CHECK_EQ(w.ask("GET", contents, w.viewer).body, root.body);
        CHECK_EQ(w.ask("GET", "/api" + contents, w.viewer).status, 200);
        const auto a = w.ask("GET", contents + "/a.txt", w.viewer);
        CHECK_EQ(a.body["content_type"], "FILE");
        CHECK_EQ(a.body["encoding"], "base64");
        CHECK_EQ(a.body["content"], "dHdvCg==");
        CHECK_EQ(a.body["size"], 4);
        CHECK_EQ(a.body["name"], "a.txt");
        const auto docs = w.ask("GET", contents + "/docs", w.viewer);
        CHECK_EQ(names_in(docs.body), std::vector<std::string>{"FILE docs/b c.txt"});
        const std::string url = docs.body["contents"][0]["url"];
        const auto b = w.ask("GET", url.substr(url.find("/workspaces")), w.viewer);
        CHECK_EQ(b.body["content"], "YgBj");
        CHECK_EQ(b.body["path"], "docs/b c.txt");
        for (const std::string& revision :
             {std::string("v1"), first, first.substr(0, 8), std::string("refs/tags/v1")})
            CHECK_EQ(w.ask("GET", contents + "/a.txt?revision=" + revision, w.viewer).body["content"], "b25lCg==");
        for (const char* revision : {"main", "refs/heads/main", "HEAD", ""})
            CHECK_EQ(w.ask("GET", contents + "/a.txt?revision=" + revision, w.viewer).body["content"], "dHdvCg==");
        // A link is not followed, and shows nothing of where it leads.
        const auto link = w.ask("GET", contents + "/link", w.viewer);
        CHECK_EQ(link.body["content_type"], "SYMLINK");
        CHECK_EQ(link.body["content"], nullptr);
    }

    TEST_CASE("nothing but what the commit has, whatever the path and the revision") {
        repository_world w;
        w.commit({{"a.txt", "one\n"}, {"docs/b.txt", "b\n"}});
        for (const char* path : {"/../a.txt", "/docs/../a.txt", "/docs/./b.txt", "/.git/config", "/docs//b.txt",
                                 "/a.txt/x", "/%2e%2e/%2e%2e/etc/passwd", "/docs%2f..%2fa.txt", "/:(top)a.txt",
                                 "/*.txt", "/..", "/-", "/--help", "/%ff", "/a.txt%0a"}) {
            CAPTURE(path);
            const auto none = w.ask("GET", contents + path, w.viewer);
            CHECK_EQ(none.status, 404);
            CHECK_EQ(none.text.find("b25l"), std::string::npos);
        }
        for (const char* revision : {"--all", "main~1", "HEAD~1", "main:docs", "..", "refs/latchkey/x", "refs/stash",
                                     "%00", "0123456789012345678901234567890123456789"}) {
            CAPTURE(revision);
            CHECK_EQ(w.ask("GET", contents + "/a.txt?revision=" + revision, w.viewer).status / 100, 4);
        }
        CHECK_EQ(w.ask("GET", contents + "/a.txt", w.token(w.team.outsider)).status, 404);
        CHECK_EQ(w.ask("GET", contents + "/a.txt", w.token(w.team.viewer, {"EXECUTION_INFO"})).status, 403);
        CHECK_EQ(w.ask("GET", contents + "/a.txt", w.token(w.team.viewer, {"REPOSITORY_WRITE"})).status, 200);
        CHECK_EQ(w.ask("POST", contents + "/a.txt", w.admin, json::object()).status, 405);
    }

    TEST_CASE("what is too large is refused, and a project without a repository has none") {
        repository_world w;
        w.commit({{"large.bin", std::string((1U << 20U) + 1, 'x')}});
        CHECK_EQ(w.ask("GET", contents + "/large.bin", w.viewer).status, 422);
        shell(w.work(), "mkdir many && cd many && for i in $(seq 1001); do : > f$i; done");
        w.commit({});
        CHECK_EQ(w.ask("GET", contents + "/many", w.viewer).status, 422);
        CHECK_EQ(w.ask("GET", contents + "/many/f1", w.viewer).status, 200);
        run_world without;
        CHECK_EQ(without.ask("GET", contents, without.viewer).status, 404);
    }
}
