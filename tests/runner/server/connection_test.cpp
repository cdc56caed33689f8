// SPDX-License-Identifier: Apache-2.0
//
// Whether a service takes a credential, asked of real servers: who may ask, where the credential goes, and what is
// told of the answer.
#include "runner/server/connection_check.hpp"
#include "tests/runner/server/outgoing_world.hpp"
#include "tests/runner/server/run_world.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace latchkey;
using namespace latchkey::test;
using nlohmann::json;

namespace {

const std::string integrations = "/workspaces/acme/integrations";

struct asking_world {
    explicit asking_world(bool private_hosts = true)
        : api(1'000'000, [&](latchkey::server::state& s) {
              s.private_hosts = private_hosts;
              s.connection_test_limit = std::chrono::milliseconds(1500);
          }) {}
    // A GitLab of one's own at this address.
    std::string add(const std::string& host, const std::string& token = "planted secret", const json& more = {}) {
        json body = {
            {"name", "Forge"}, {"type", "GIT_LAB_ENTERPRISE"}, {"token", token}, {"all_pipelines_allowed", false}};
        if (!host.empty()) body["host_url"] = host;
        if (more.is_object()) body.update(more);
        const auto made = api.ask("POST", integrations, admin, body);
        REQUIRE_MESSAGE(made.status == 201, made.text);
        return made.body["hash_id"];
    }
    api_reply test(const std::string& hash, const std::string& token, const json& body = json::object()) const {
        return api.ask("POST", "/latchkey/v1" + integrations + "/" + hash + "/test", token, body);
    }
    std::vector<json> audit(const std::string& kind) const {
        const auto all = api.ask("GET", "/latchkey/v1/workspaces/acme/audit?limit=500", admin);
        CHECK_EQ(all.text.find("planted secret"), std::string::npos);
        std::vector<json> found;
        for (const json& e : all.body["entries"])
            if (e["kind"] == kind && e["facts"].value("subject", "") == "test of the connection") found.push_back(e);
        return found;
    }
    api_world api;
    std::string admin = api.token(api.team.admin);
};

// Trusted by whoever asks servers from this process, while it lives.
struct trusting {
    explicit trusting(const std::string& file) { ::setenv("SSL_CERT_FILE", file.c_str(), 1); }
    ~trusting() { ::unsetenv("SSL_CERT_FILE"); }
    trusting(const trusting&) = delete;
    trusting& operator=(const trusting&) = delete;
};

std::string asked_of(const latchkey::test::server& s) {
    return std::filesystem::exists(s.folder() / "requests") ? read_file(s.folder() / "requests") : "";
}

}  // namespace

TEST_SUITE("server.connection") {
    TEST_CASE("over TLS: taken or not, by a server whose certificate is trusted, and nothing of its answer is told") {
        const latchkey::test::server service{"runner/server/https_sink.py"};
        asking_world w;
        const std::string host = "localhost:" + service.port();
        const std::string good = w.add(host, "good");
        const std::string bad = w.add("https://" + host + "/", "planted secret");
        // A certificate that nobody vouches for.
        const auto distrusted = w.test(good, w.admin);
        CHECK_EQ(distrusted.body["ok"], false);
        CHECK_NE(distrusted.body["message"].get<std::string>().find("no answer from " + host), std::string::npos);
        CHECK_EQ(asked_of(service), "");

        const trusting it((service.folder() / "certificate").string());
        const auto taken = w.test(good, w.admin);
        CHECK_EQ(taken.status, 200);
        CHECK_EQ(taken.body, json({{"tested", true}, {"ok", true}, {"message", host + " takes the credential"}}));
        const json request = json::parse(asked_of(service));
        CHECK_EQ(request["method"], "GET");
        CHECK_EQ(request["path"], "/api/v4/user");
        CHECK_EQ(request["headers"]["PRIVATE-TOKEN"], "good");
        const auto refused = w.test(bad, w.admin);
        CHECK_EQ(refused.body["ok"], false);
        CHECK_EQ(refused.body["message"],
                 host + " does not take the credential (it answers with 401): put a new one in its place");
        CHECK_EQ(refused.text.find("planted"), std::string::npos);
        CHECK_EQ(refused.text.find("root"), std::string::npos);
    }

    TEST_CASE("who may: Use or Manage, and each is decided anew and audited, allowed and denied") {
        const receiver there;
        asking_world w;
        const std::string hash = w.add(there.url(""));
        const std::string developer = w.api.token(w.api.team.developer);
        const std::string at = integrations + "/" + hash;
        const auto rights = [&](const char* admins, const char* others) {
            REQUIRE_EQ(w.api
                           .ask("PATCH", at, w.admin,
                                {{"permissions",
                                  {{"admins", admins},
                                   {"others", others},
                                   {"users", json::array()},
                                   {"groups", json::array()}}}})
                           .status,
                       200);
        };
        CHECK_EQ(w.test(hash, developer).body["ok"], true);
        CHECK_EQ(there.came().size(), 1);
        const auto decisions = w.audit("decision");
        REQUIRE_EQ(decisions.size(), 1);
        CHECK_EQ(decisions[0]["facts"]["allowed"], "yes");
        CHECK_EQ(decisions[0]["facts"]["verdict"], "allowed_by_level");
        CHECK_EQ(decisions[0]["actor"]["id"], w.api.team.developer.value());
        const auto opened = w.audit("secret_opened");
        REQUIRE_EQ(opened.size(), 1);
        CHECK_EQ(opened[0]["facts"]["host"], "127.0.0.1:" + there.sink.port());
        CHECK_EQ(opened[0]["facts"]["decision"], decisions[0]["facts"]["decision"]);

        rights("MANAGE", "DENIED");
        const auto hidden = w.test(hash, developer);
        CHECK_EQ(hidden.status, 404);
        CHECK_EQ(hidden.text, w.test("000000000000000000000000", developer).text);
        CHECK_EQ(w.audit("decision")[0]["facts"]["verdict"], "unknown_integration");
        CHECK_EQ(w.audit("decision")[0]["facts"]["allowed"], "no");
        rights("DENIED", "DENIED");  // an administrator keeps Delete-only
        CHECK_EQ(w.test(hash, w.admin).status, 403);
        CHECK_EQ(w.audit("decision")[0]["facts"]["verdict"], "level_too_low");
        CHECK_EQ(w.audit("secret_opened").size(), 1);
        CHECK_EQ(there.came().size(), 1);
        CHECK_EQ(w.test(hash, w.api.token(w.api.team.admin, {"INTEGRATION_INFO"})).status, 403);
        CHECK_EQ(w.test(hash, "").status, 401);
    }

    TEST_CASE("where: the integration's own host, not one that is passed, no redirect, and answers of every kind") {
        const receiver there;
        const receiver elsewhere;
        asking_world w;
        const std::string hash = w.add(there.url("/"));
        CHECK_EQ(w.test(hash, w.admin, {{"host_url", elsewhere.url("")}}).status, 400);
        CHECK(there.came().empty());
        CHECK_EQ(w.test(hash, w.admin).body["ok"], true);
        REQUIRE_EQ(there.at("/api/v4/user").size(), 1);
        CHECK_EQ(there.came()[0]["headers"]["PRIVATE-TOKEN"], "planted secret");
        std::string all;
        for (const char* path : {"/status/204", "/status/302", "/status/401", "/status/403", "/status/404",
                                 "/status/500", "/close", "/huge", "/hang"}) {
            const std::size_t before = there.came().size();
            const auto said = w.test(w.add(there.url(path)), w.api.token(w.api.team.owner));
            REQUIRE_EQ(said.status, 200);
            CHECK_EQ(there.came().size(), before + 1);  // once, and nowhere else
            CHECK_EQ(said.text.find("planted"), std::string::npos);
            CHECK_EQ(said.text.find("channel_not_found"), std::string::npos);
            const std::string message = said.body["message"];
            all += std::string(path) + ": " + said.body["ok"].dump() + ", " +
                   message.substr(0, message.find(" after ")) + "\n";
        }
        const std::string here = "127.0.0.1:" + there.sink.port();
        for (std::size_t i = all.find(here); i != std::string::npos; i = all.find(here))
            all.replace(i, here.size(), "HOST");
        CHECK_GOLDEN("runner/server/golden/connection_tests.txt", all);
        CHECK(elsewhere.came().empty());
    }

    TEST_CASE("not reached: networks of our own, and what is no address of a server") {
        const receiver there;
        asking_world closed(false);
        const auto kept_out = closed.test(closed.add("https://127.0.0.1:" + there.sink.port()), closed.admin);
        CHECK_EQ(kept_out.body["ok"], false);
        CHECK_EQ(kept_out.body["message"],
                 "127.0.0.1:" + there.sink.port() + " is in a network of our own, and not reached from here");
        CHECK_EQ(closed.test(closed.add(there.url("")), closed.admin).body["message"],
                 "the address must begin with https://");
        asking_world w;
        for (const char* host :
             {"file:///etc/passwd", "ftp://127.0.0.1/x", "https://someone:pass@127.0.0.1", "a b"}) {
            const auto said = w.test(w.add(host), w.admin);
            CAPTURE(said.text);
            CHECK_EQ(said.body["ok"], false);
        }
        const auto open_to_all = w.test(w.add("http://gitlab.acme.test"), w.admin);
        CHECK_EQ(open_to_all.body["tested"], false);
        CHECK_EQ(
            open_to_all.body["message"],
            "gitlab.acme.test is asked without TLS, where anybody on the way reads the credential: write https://");
        CHECK_EQ(w.test(w.add(there.url("/?x=")), w.admin).body["ok"], nullptr);
        CHECK_EQ(w.test(w.add("", "planted secret"), w.admin).body["message"],
                 "the integration does not say where its service is: fill in \"Host name of the server\", together "
                 "with the credential");
        CHECK(there.came().empty());
    }

    TEST_CASE("told: where nothing is known to ask, and in the list of types") {
        asking_world w;
        const auto made = w.api.ask(
            "POST", integrations, w.admin,
            {{"name", "Cloud"}, {"type", "AMAZON"}, {"access_key", "AKID"}, {"secret_key", "planted secret"}});
        REQUIRE_EQ(made.status, 201);
        const auto said = w.test(made.body["hash_id"], w.admin);
        CHECK_EQ(said.body["tested"], false);
        CHECK_EQ(said.body["ok"], nullptr);
        CHECK_EQ(said.body["message"],
                 "no question is known that asks Amazon Web Services whether it takes a credential: the first run "
                 "that uses it shows it");
        const auto hook = w.add(
            "", "",
            {{"type", "SLACK"}, {"token", nullptr}, {"webhook_address", "https://hooks.slack.test/planted secret"}});
        CHECK_EQ(w.test(hook, w.admin).body["tested"], false);
        CHECK(w.audit("secret_opened").empty());
        const auto types = w.api.ask("GET", "/latchkey/v1/integration_types", w.admin);
        for (const json& t : types.body["integration_types"]) {
            if (t["type"] == "AMAZON") CHECK_EQ(t["can_be_tested"], false);
            if (t["type"] == "GIT_LAB_ENTERPRISE") CHECK_EQ(t["can_be_tested"], true);
        }
    }

    TEST_CASE("counted: ten a minute for one person") {
        const receiver there;
        asking_world w;
        const std::string hash = w.add(there.url(""));
        for (int i = 0; i < 10; ++i) CHECK_EQ(w.test(hash, w.admin).status, 200);
        const auto refused = w.test(hash, w.admin);
        CHECK_EQ(refused.status, 429);
        CHECK(refused.headers.contains("retry-after"));
        CHECK_EQ(there.came().size(), 10);
        CHECK_EQ(w.test(hash, w.api.token(w.api.team.owner)).status, 200);
    }

    TEST_CASE("bound: a credential that is kept goes to no other host than it was given for") {
        const receiver there;
        asking_world w;
        const std::string at = integrations + "/" + w.add(there.url(""));
        const auto moved = w.api.ask("PATCH", at, w.admin, {{"host_url", "evil.test"}});
        CHECK_EQ(moved.status, 422);
        CHECK_EQ(
            moved.message(),
            "`host_url` names another server than the credential was given for: give the credential again with it");
        CHECK_EQ(w.api.ask("GET", at, w.admin).body["host_url"], there.url(""));
        CHECK_EQ(w.api.ask("PATCH", at, w.admin, {{"host_url", there.url("")}, {"name", "Mine"}}).status, 200);
        CHECK_EQ(w.api.ask("PATCH", at, w.admin, {{"host_url", "other.test"}, {"token", "another"}}).status, 200);
        CHECK_EQ(w.api.ask("GET", at, w.admin).body["host_url"], "other.test");
    }

    TEST_CASE("meant: where a service says 200 to everybody, its answer counts") {
        const auto& check = *pipelines::find_integration_type("SLACK")->check;
        CHECK(latchkey::server::meaning_of(check, "slack.com", outgoing::response{200, R"({"ok":true,"url":"x"})"})
                  .good);
        const auto no = latchkey::server::meaning_of(
            check, "slack.com", outgoing::response{200, R"({"ok":false,"error":"invalid_auth"})"});
        CHECK_FALSE(no.good);
        CHECK_EQ(no.message, "slack.com does not take the credential: put a new one in its place");
    }
}
