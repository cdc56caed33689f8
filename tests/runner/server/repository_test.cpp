// SPDX-License-Identifier: Apache-2.0
// What a project's repository holds, over HTTP.
#include "runner/cli/project_clones.hpp"
#include "runner/exec/descriptor.hpp"
#include "runner/server/route.hpp"
#include "tests/runner/server/repository_world.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>

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

    TEST_CASE("a file that names an integration is not shown to who may not know of it") {
        repository_world w;
        const std::string yaml =
            "- pipeline: p\n  actions:\n    - {action: Tell, type: SLACK, channel: c, content: x, integration: ";
        w.commit({{"buddy.yml", yaml + "slack_prod}\n"},
                  {".buddy/more.yaml", yaml + "Slack_Prod}\n"},
                  {"shared/template.txt", yaml + "'!{which:slack_prod}'}\n!more\n"},
                  {"a.txt", "one\n"}});
        const std::vector<std::string> files = {"/buddy.yml", "/.buddy/more.yaml", "/shared/template.txt"};
        for (const std::string& file : files) {
            const auto shown = w.ask("GET", contents + file, w.viewer);
            CHECK_EQ(shown.body["hidden"], false);
            CHECK(shown.body["content"].is_string());
        }
        REQUIRE_EQ(w.ask("PATCH", "/workspaces/acme/integrations/" + w.team.slack.hash_id, w.admin,
                         {{"permissions", {{"others", "DENIED"}, {"admins", "MANAGE"}}}})
                       .status,
                   200);
        for (const std::string& file : files) {
            CAPTURE(file);
            const auto hidden = w.ask("GET", contents + file, w.viewer);
            CHECK_EQ(hidden.status, 200);
            CHECK_EQ(hidden.body["hidden"], true);
            CHECK_EQ(hidden.body["content"], nullptr);
            CHECK(w.ask("GET", contents + file, w.admin).body["content"].is_string());
        }
        CHECK_EQ(w.ask("GET", contents + "/a.txt", w.viewer).body["content"], "b25lCg==");
    }

    TEST_CASE("what can't be read as a definition is hidden from who can't see all that it may mention") {
        repository_world w;
        const std::string broken = "- pipeline: p\n  actions:\n    - {action: x, type: SLACK, integration: ";
        const std::string id = std::to_string(w.team.slack.rights.id.value());
        w.commit({{"buddy.yml", broken + "slack_prod\n  - ]\n"},
                  {"a.yaml", broken + w.team.slack.hash_id + "\n"},
                  {"b.yml", "{\"Integration\" : nothing there\n"},
                  {"c.yml", "x: [integration: " + id + "\n"},
                  {".buddy/actions/tell/action.yml",
                   "name: tell\ninputs:\n  to: {type: SLACK_INTEGRATION, default: Slack_Prod}\n"},
                  {"notes/templates.txt", "actions:\n  - slack_prod\n"},
                  {"other.yml", "services: [slack_product, " + id + "\n"},
                  {"code.txt", "slack_prod is no definition of integrations\n"}});
        const std::vector<std::string> hidden = {
            "/buddy.yml", "/a.yaml", "/b.yml", "/c.yml", "/.buddy/actions/tell/action.yml", "/notes/templates.txt"};
        for (const std::string& file : hidden)
            CHECK_EQ(w.ask("GET", contents + file, w.viewer).body["hidden"], false);
        REQUIRE_EQ(w.ask("PATCH", "/workspaces/acme/integrations/" + w.team.slack.hash_id, w.admin,
                         {{"permissions", {{"others", "DENIED"}, {"admins", "MANAGE"}}}})
                       .status,
                   200);
        for (const std::string& file : hidden) {
            CAPTURE(file);
            const auto no = w.ask("GET", contents + file, w.viewer);
            CHECK_EQ(no.body["hidden"], true);
            CHECK_EQ(no.body["content"], nullptr);
            CHECK_EQ(w.ask("GET", contents + file, w.admin).body["hidden"], false);
        }
        for (const char* file : {"/other.yml", "/code.txt"})
            CHECK_EQ(w.ask("GET", contents + file, w.viewer).body["hidden"], false);
    }

    TEST_CASE("who writes a guess and reads it does not learn whether there is such an integration") {
        repository_world w;
        const auto deny = [&](const json& permissions) {
            REQUIRE_EQ(w.ask("PATCH", "/workspaces/acme/integrations/" + w.team.slack.hash_id, w.admin,
                             {{"permissions", permissions}})
                           .status,
                       200);
        };
        const auto made = w.ask("POST", "/workspaces/acme/integrations", w.admin,
                                {{"name", "Seen"},
                                 {"identifier", "seen_id"},
                                 {"type", "SLACK"},
                                 {"webhook_address", "https://hooks.example.test/x"},
                                 {"token", "t"}});
        REQUIRE_MESSAGE(made.status == 201, made.text);
        const std::string yaml =
            "- pipeline: p\n  actions:\n    - {action: Tell, type: SLACK, channel: c, content: x, integration: ";
        const std::string id = std::to_string(w.team.slack.rights.id.value());
        std::map<std::string, std::string> files = {{"seen.yml", yaml + "seen_id}\n"}};
        std::vector<std::string> probes;
        for (const std::string& guess : {std::string("slack_prod"), std::string("nobody_id"), w.team.slack.hash_id,
                                         std::string("aaaaaaaaaaaaaaaaaaaaaaaa"), id, std::string("987654"),
                                         w.team.slack.name, std::string("Nobody's")}) {
            const std::string name = "probe" + std::to_string(files.size());
            files[name + ".yml"] = yaml + json(guess).dump() + "}\n";
            files[name + ".txt"] = yaml + guess + "\n  - ]\n";
            probes.insert(probes.end(), {"/" + name + ".yml", "/" + name + ".txt"});
        }
        w.commit(files);
        const auto is_hidden = [&](const std::string& file, const std::string& token) {
            const auto reply = w.ask("GET", contents + file, token);
            REQUIRE_MESSAGE(reply.status == 200, reply.text);
            return reply.body["hidden"].get<bool>();
        };
        // As long as nothing is hidden from them.
        for (const std::string& file : probes) CHECK_MESSAGE(!is_hidden(file, w.developer), file);
        deny({{"others", "DENIED"}, {"admins", "MANAGE"}});
        for (const std::string& file : probes) {
            CAPTURE(file);
            CHECK(is_hidden(file, w.developer));
            CHECK_FALSE(is_hidden(file, w.admin));
        }
        CHECK_FALSE(is_hidden("/seen.yml", w.developer));
        deny({{"others", "USE_ONLY"}, {"admins", "MANAGE"}});
        for (const std::string& file : probes) CHECK_MESSAGE(!is_hidden(file, w.developer), file);
    }

    TEST_CASE("who only looks waits for nobody long, and is shown what was fetched a moment ago") {
        repository_world w;
        const std::string first = w.commit({{"a.txt", "one\n"}});
        const auto project = w.stores().people->project(w.team.acme, "web").value();
        temp_dir data;
        const auto looks = [&](std::chrono::milliseconds fresh_for) {
            return cli::make_project_clones(
                {.data = data.path(),
                 .local = true,
                 .look_patience = std::chrono::milliseconds(0),
                 .fresh_for = fresh_for,
                 .login = cli::logins_from(w.stores(), w.vault(), [] { return at(100'000); })});
        };
        const auto some = looks(std::chrono::hours(1));
        const auto none = looks(std::chrono::milliseconds(0));
        CHECK_EQ(some->find_to_show(project, {}).value().commit, first);
        const std::string second = w.commit({{"a.txt", "two\n"}});
        CHECK_EQ(some->find_to_show(project, {}).value().commit, first);
        CHECK_EQ(none->find_to_show(project, {}).value().commit, second);
        // Somebody else is fetching.
        const auto lock = data.path() / "repositories" / (std::to_string(project.id.value()) + ".lock");
        REQUIRE(std::filesystem::exists(lock));
        const exec::descriptor held(::open(lock.c_str(), O_RDWR | O_CLOEXEC));
        REQUIRE_EQ(::flock(held.get(), LOCK_EX), 0);
        CHECK(some->find_to_show(project, {}).has_value());
        const auto busy = none->find_to_show(project, {});
        REQUIRE(busy.has_error());
        CHECK_EQ(busy.error().code, errc::conflict);
        CHECK_EQ(busy.error().what, "the repository is busy: others are fetching it, try again soon");
    }

    TEST_CASE("a first clone that takes long goes on by itself, and whoever looks meanwhile is told to come back") {
        repository_world w;
        const std::string first = w.commit({{"a.txt", "one\n"}});
        const auto project = w.stores().people->project(w.team.acme, "web").value();
        const auto hold = [&](const std::filesystem::path& data) {
            const auto lock = data / "repositories" / (std::to_string(project.id.value()) + ".lock");
            std::filesystem::create_directories(lock.parent_path());
            exec::descriptor held(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
            REQUIRE_EQ(::flock(held.get(), LOCK_EX), 0);
            return held;
        };
        const auto looks_at = [&](const std::filesystem::path& data) {
            return cli::make_project_clones(
                {.data = data,
                 .local = true,
                 .look_limit = std::chrono::milliseconds(0),
                 .look_patience = std::chrono::milliseconds(0),
                 .login = cli::logins_from(w.stores(), w.vault(), [] { return at(100'000); })});
        };
        temp_dir data;
        auto slow = hold(data.path());
        const auto files = looks_at(data.path());
        for (int i = 0; i < 2; ++i) {
            const auto not_yet = files->find_to_show(project, {});
            REQUIRE(not_yet.has_error());
            CHECK_EQ(not_yet.error().code, errc::conflict);
            CHECK_EQ(not_yet.error().what,
                     "the repository is fetched for the first time, which takes a while: it goes on, try again soon");
        }
        slow.reset();
        for (;;) {
            const auto now = files->find_to_show(project, {});
            // Between the clone's end and its being noted, a look has no time at all for a fetch of its own.
            if (!now) REQUIRE((now.error().code == errc::conflict || now.error().code == errc::engine));
            if (!now) continue;
            CHECK_EQ(now->commit, first);
            break;
        }
        // A server that ends does not wait for it.
        temp_dir other;
        const auto never = hold(other.path());
        CHECK(looks_at(other.path())->find_to_show(project, {}).has_error());

        api_world impatient(api_world::executing{.look = std::chrono::milliseconds(0)});
        const std::string admin = impatient.token(impatient.team.admin);
        const json url = {{"custom_repo_url", (w.files.path() / "web/there.git").string()}};
        REQUIRE_EQ(impatient.ask("PATCH", "/workspaces/acme/projects/web", admin, url).status, 200);
        auto held = hold(impatient.folder() / "data");
        const auto not_yet = impatient.ask("GET", contents, admin);
        CHECK_EQ(not_yet.status, 503);
        CHECK_EQ(not_yet.headers.at("retry-after"), "5");
        CHECK(not_yet.message().starts_with("the repository is fetched for the first time"));
        // Nor does who writes wait for it.
        const json some = {{"path", "b.txt"}, {"message", "m"}, {"content", "eA=="}};
        const auto not_written = impatient.ask("POST", contents, admin, some);
        CHECK_EQ(not_written.status, 503);
        CHECK_EQ(not_written.headers.at("retry-after"), "5");
        CHECK_EQ(not_written.message(), not_yet.message());
        held.reset();
        for (int status = 503; status != 200;) {
            status = impatient.ask("GET", contents, admin).status;
            REQUIRE((status == 200 || status == 503));
        }
    }

    TEST_CASE("a write is given up after a while, and is one at a time of a project") {
        repository_world w;
        w.commit({{"a.txt", "one\n"}});
        auto project = w.stores().people->project(w.team.acme, "web").value();
        source::file_change change;
        change.path = "b.txt";
        change.content = "b\n";
        change.message = "m";
        temp_dir data;
        std::unique_ptr<server::project_files> files;
        std::optional<failure> second;
        files =
            cli::make_project_clones({.data = data.path(),
                                      .local = true,
                                      .login = [&](const store::team_project_record& p) -> result<source::git_login> {
                                          // While the first is at it.
                                          const auto other = files->write(p, change, nullptr);
                                          if (!other) second = other.error();
                                          return source::git_login();
                                      }});
        const auto first = files->write(project, change, nullptr);
        REQUIRE_MESSAGE(first.has_value(), first.error().what);
        REQUIRE(second.has_value());
        CHECK_EQ(second->code, errc::conflict);
        CHECK_EQ(second->what, "somebody else is writing to the project's repository: try again soon");
        CHECK_EQ(shell(w.files.path() / "web/there.git", "git show main:b.txt"), "b");
        change.path = "c.txt";
        CHECK(files->write(project, change, nullptr).has_value());

        // A host that takes a call and says nothing.
        const exec::descriptor silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE_EQ(::bind(silent.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
        REQUIRE_EQ(::listen(silent.get(), 8), 0);
        REQUIRE_EQ(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
        project.settings = {
            {"custom_repo_url", "http://127.0.0.1:" + std::to_string(ntohs(at.sin_port)) + "/web.git"}};
        temp_dir other;
        const auto hurried =
            cli::make_project_clones({.data = other.path(),
                                      .write_limit = std::chrono::milliseconds(200),
                                      .login = [](const store::team_project_record&) -> result<source::git_login> {
                                          return source::git_login();
                                      }});
        const auto began = std::chrono::steady_clock::now();
        const auto late = hurried->write(project, change, nullptr);
        REQUIRE(late.has_error());
        CHECK_EQ(late.error().code, errc::engine);
        CHECK(late.error().what.ends_with("it takes longer than it may"));
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::minutes(1));
    }

    TEST_CASE("what waits for a git server keeps nobody from signing in, and no look at the store open") {
        std::atomic<int> looks = 0;
        api_world w(api_world::executing{.adjust = [&](server::state& s) {
            s.stores.one_moment = [&looks, real = s.stores.one_moment] {
                ++looks;
                return real();
            };
        }});
        const std::string viewer = w.token(w.team.viewer);
        const int before = looks;
        CHECK_EQ(w.ask("GET", contents, viewer).status, 404);
        CHECK_EQ(looks, before);
        CHECK_EQ(w.ask("GET", "/workspaces/acme/projects/web/pipelines", viewer).status, 200);
        CHECK_EQ(looks, before + 1);
        for (const server::route& r : server::routes()) {
            CAPTURE(r.path);
            const bool of_repository = r.path.find("/repository/") != std::string_view::npos;
            CHECK_EQ(r.how.on == server::lane::repositories, of_repository && r.method == "GET");
            // Nor does who reads wait for those who write.
            CHECK_EQ(r.how.on == server::lane::pushes, of_repository && r.method != "GET");
            if (r.path.find("/login/oidc") != std::string_view::npos) CHECK_EQ(r.how.on, server::lane::outgoing);
        }
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
