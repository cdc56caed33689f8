// SPDX-License-Identifier: Apache-2.0
//
// Services that are told of deployments, with the real program and a server on this machine that stands in for each.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::server;
using latchkey::test::session;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A session with an integration `mine`, whose runs reach the sink in the service's place.
struct world {
    world(const std::string& type, const std::string& field, const std::string& secret) : type_(type) {
        if (field.empty()) return;
        const said added =
            s.latchkey({"integration", "add", "mine", "--type", type, "--field", field + "=-", "--all-pipelines"},
                       secret + "\n");
        REQUIRE_EQ(added.code, 0);
    }

    said run(const std::string& action, const std::string& keys, const std::string& path = "") const {
        s.write("buddy.yml", "- pipeline: p\n  variables:\n    - {key: LATCHKEY_" + type_ +
                                 "_API, value: 'http://127.0.0.1:" + sink.port() + path +
                                 "'}\n  actions:\n    - action: Tell\n      type: " + action + "\n" + keys);
        return s.latchkey({"run"});
    }

    std::string requests() const { return read_file(sink.folder() / "requests"); }
    std::string log(const std::string& number) const { return s.latchkey({"logs", number}).out; }

    server sink{"runner/native/servers/http_sink.py"};
    session s;

private:
    std::string type_;
};

const std::string mine = "      integration: mine\n";

}  // namespace

TEST_SUITE("cli.native_services") {
    TEST_CASE("SENTRY: a release, then its deploy, with the token in a header, and a refusal ends it") {
        const world w("SENTRY", "token", "sntrys-0123456789");
        const std::string keys = mine +
                                 "      organization_slug: acme\n      version: shop/1.2\n      environment: live\n"
                                 "      projects: [shop, api]\n      release_url: 'https://acme.test/1.2'\n";
        const said run = w.run("SENTRY", keys);
        CAPTURE(w.log("1"));
        CHECK_EQ(run.code, 0);
        const std::string requests = w.requests();
        CHECK(has(requests, R"("path": "/api/0/organizations/acme/releases/")"));
        CHECK(has(requests, R"(\"projects\":[\"shop\",\"api\"])"));
        CHECK(has(requests, R"("path": "/api/0/organizations/acme/releases/shop%2F1.2/deploys/")"));
        CHECK(has(requests, R"(\"environment\":\"live\")"));
        CHECK(has(requests, "Bearer sntrys-0123456789"));
        CHECK_FALSE(has(w.log("1"), "0123456789"));
        CHECK_EQ(w.run("SENTRY", keys, "/status/403").code, 1);
        CHECK(has(w.log("2"), "status 403"));
        CHECK_FALSE(has(w.requests(), "/status/403/api/0/organizations/acme/releases/shop%2F1.2/deploys/"));
    }

    TEST_CASE("SENTRY of one's own: at its own address, and none without one") {
        const world w("SENTRY", "", "");
        w.s.write("token", "sntrys-0123456789");
        std::filesystem::permissions(w.s.project() / "token", std::filesystem::perms(0600));
        const auto add = [&](const std::string& name, std::vector<std::string> more) {
            std::vector<std::string> args = {"integration",       "add",     name,           "--type",
                                             "SENTRY_ENTERPRISE", "--field", "token=@token", "--all-pipelines"};
            args.insert(args.end(), more.begin(), more.end());
            return w.s.latchkey(args).code;
        };
        REQUIRE_EQ(add("mine", {"--field", "url=http://127.0.0.1:" + w.sink.port() + "/"}), 0);
        REQUIRE_EQ(add("bare", {}), 0);
        const std::string keys =
            "      organization_slug: acme\n      version: '1'\n      environment: live\n      projects: [shop]\n";
        CHECK_EQ(w.run("SENTRY", mine + keys).code, 0);
        CHECK(has(w.requests(), R"("path": "/api/0/organizations/acme/releases/")"));
        CHECK_EQ(w.run("SENTRY", "      integration: bare\n" + keys).code, 1);
        CHECK(has(w.log("2"), "the Sentry integration has no url"));
    }

    TEST_CASE("ROLLBAR: the project's own token, else the integration's") {
        const world w("ROLLBAR", "token", "of-integration-0123456789");
        const std::string keys =
            mine +
            "      environment: live\n      user: ana\n      rollbar_username: Ana\n      comment: 'it''s out'\n";
        CHECK_EQ(w.run("ROLLBAR", keys).code, 0);
        CHECK_EQ(w.run("ROLLBAR", keys + "      token: own-0123456789\n      application_id: '7'\n").code, 0);
        const std::string requests = w.requests();
        CHECK(has(requests, R"("path": "/api/1/deploy")"));
        CHECK(has(requests, R"("X-Rollbar-Access-Token": "of-integration-0123456789")"));
        CHECK(has(requests, R"("X-Rollbar-Access-Token": "own-0123456789")"));
        CHECK(has(requests, R"(\"local_username\":\"ana\")"));
        CHECK(has(requests, R"(\"comment\":\"it's out\")"));
    }

    TEST_CASE("HONEYBADGER: a form, whose values are escaped") {
        const world w("HONEYBADGER", "token", "hbp-0123456789");
        CHECK_EQ(w.run("HONEYBADGER", mine + "      environment: 'live & well'\n").code, 0);
        CHECK(has(w.requests(), R"("path": "/v1/deploys")"));
        CHECK(has(w.requests(), "api_key=hbp-0123456789&deploy%5Benvironment%5D=live%20%26%20well"));
    }

    TEST_CASE("RAYGUN: the token is masked, and needed") {
        const world w("RAYGUN", "", "");
        CHECK_EQ(w.run("RAYGUN",
                       "      token: rg-0123456789\n      device: key-1\n      version: '1.2'\n"
                       "      user: ana\n      email: ana@acme.test\n")
                     .code,
                 0);
        CHECK(has(w.requests(), R"("path": "/deployments?authToken=rg-0123456789")"));
        CHECK(has(w.requests(), R"(\"apiKey\":\"key-1\")"));
        CHECK(has(w.requests(), R"(\"emailAddress\":\"ana@acme.test\")"));
        CHECK_FALSE(has(w.log("1"), "0123456789"));
        CHECK_EQ(w.run("RAYGUN", "      token: ''\n      device: key-1\n").code, 1);
    }

    TEST_CASE("DATADOG: an event and a check, and a region that there is not") {
        const world w("DATADOG", "token", "dd-0123456789");
        CHECK_EQ(
            w.run("DATADOG", mine + "      alert_type: SUCCESS\n      content: out\n      tags: ['app:shop']\n").code,
            0);
        CHECK(has(w.requests(), R"("path": "/api/v1/events")"));
        CHECK(has(w.requests(), R"(\"alert_type\":\"success\")"));
        CHECK(has(w.requests(), R"(\"title\":\"p #1\")"));
        CHECK(has(w.requests(), R"(\"tags\":[\"app:shop\"])"));
        CHECK_EQ(w.run("DATADOG_STATUS_CHECK", mine + "      check: shop.up\n      status: 2\n").code, 0);
        CHECK(has(w.requests(), R"("path": "/api/v1/check_run")"));
        CHECK(has(w.requests(), R"(\"status\":2)"));
        CHECK_EQ(w.run("DATADOG_STATUS_CHECK", mine + "      check: shop.up\n      status: 9\n").code, 1);
        CHECK_EQ(w.run("DATADOG", mine + "      alert_type: ERROR\n      region: MARS\n").code, 1);
        CHECK(has(w.log("4"), "`region` is not one of US1"));
    }

    TEST_CASE("LOGGLY: text with its tags") {
        const world w("LOGGLY", "token", "lg-0123456789");
        CHECK_EQ(w.run("LOGGLY", mine + "      tags: [shop, 'a b']\n      content: 'run $BUDDY_RUN_ID'\n").code, 0);
        CHECK(has(w.requests(), R"("path": "/inputs/lg-0123456789/tag/shop,a%20b/")"));
        CHECK(has(w.requests(), R"("body": "run 1")"));
        CHECK_FALSE(has(w.log("1"), "0123456789"));
    }

    TEST_CASE(
        "GHOST_INSPECTOR: its tests' failure is the action's, and a field that nothing is done with is refused") {
        const world w("GHOST_INSPECTOR", "token", "gi-0123456789");
        const std::string keys = mine + "      suite_id: s1\n      start_url: 'https://acme.test'\n";
        CHECK_EQ(w.run("GHOST_INSPECTOR", keys).code, 0);
        CHECK(has(w.requests(), R"("path": "/v1/suites/s1/execute/")"));
        CHECK(has(w.requests(), R"(\"startUrl\":\"https://acme.test\")"));
        CHECK(has(w.log("1"), "2 tests, 0 failed"));
        CHECK_EQ(w.run("GHOST_INSPECTOR", keys, "/refuse").code, 1);
        CHECK(has(w.log("2"), "failed: Sign in\n2 tests, 1 failed"));
        CHECK_EQ(w.run("GHOST_INSPECTOR", keys + "      immediate: true\n", "/refuse").code, 0);
        const said refused = w.run("GHOST_INSPECTOR", keys + "      data_file: users.csv\n");
        CHECK_EQ(refused.code, 3);
        CHECK(has(refused.out, "P072"));
    }

    TEST_CASE("CLOUDFLARE: the addresses of what was deployed, or all, and its no counts") {
        const world w("CLOUDFLARE", "token", "cf-0123456789");
        w.s.write("dist/index.html", "x");
        w.s.write("dist/a b/page.html", "x");
        w.s.write("dist/left.map", "x");
        const std::string keys = mine +
                                 "      zone_id: z1\n      base_url: acme.test\n      local_path: /dist\n"
                                 "      deployment_excludes: ['*.map']\n";
        CHECK_EQ(w.run("CLOUDFLARE", keys).code, 0);
        CHECK(has(w.requests(), R"("path": "/client/v4/zones/z1/purge_cache")"));
        CHECK(has(w.requests(), "Bearer cf-0123456789"));
        CHECK(has(w.requests(), R"([\"https://acme.test/a%20b/page.html\",\"https://acme.test/index.html\",)"
                                R"(\"https://acme.test/\"])"));
        CHECK(has(w.log("1"), "3 addresses purged"));
        CHECK_EQ(w.run("CLOUDFLARE", mine + "      zone_id: z1\n      purge_all: true\n").code, 0);
        CHECK(has(w.requests(), R"({\"purge_everything\":true})"));
        CHECK_EQ(w.run("CLOUDFLARE", mine + "      zone_id: z1\n      purge_all: true\n", "/refuse").code, 1);
        CHECK(has(w.log("3"), "Cloudflare did not purge"));
    }

    TEST_CASE("GOOGLE_CHAT: by its webhook, and never into another space") {
        const server sink("runner/native/servers/http_sink.py");
        const session s;
        REQUIRE_EQ(
            s.latchkey({"integration", "add", "mine", "--type", "GOOGLE_CHAT", "--field", "webhook_address=-",
                        "--all-pipelines"},
                       "http://127.0.0.1:" + sink.port() + "/v1/spaces/AAAA/messages?key=k&token=t-0123456789\n")
                .code,
            0);
        const auto run = [&](const std::string& channel) {
            s.write("buddy.yml",
                    "- pipeline: p\n  actions:\n    - {action: N, type: GOOGLE_CHAT, integration: mine, "
                    "channel: " +
                        channel + ", content: 'run $BUDDY_RUN_ID'}\n");
            return s.latchkey({"run"}).code;
        };
        CHECK_EQ(run("spaces/AAAA"), 0);
        CHECK(has(read_file(sink.folder() / "requests"), R"({\"text\":\"run 1\"})"));
        CHECK_EQ(run("spaces/BBBB"), 1);
        CHECK(has(s.latchkey({"logs", "2"}).out, "webhook is not one of the space in `channel`: spaces/BBBB"));
        CHECK_FALSE(has(s.latchkey({"logs", "1"}).out, "0123456789"));
    }

    TEST_CASE("SLACK and DISCORD: attachments go with the message, and what is no JSON is said") {
        const server sink("runner/native/servers/http_sink.py");
        const session s;
        const std::string hook = "http://127.0.0.1:" + sink.port();
        REQUIRE_EQ(s.latchkey({"integration", "add", "mine", "--type", "SLACK", "--field", "webhook_address=-",
                               "--all-pipelines"},
                              hook + "/services/T/B/0123456789\n")
                       .code,
                   0);
        const auto run = [&](const std::string& keys) {
            s.write("buddy.yml", "- pipeline: p\n  actions:\n    - {action: N, content: x, " + keys + "}\n");
            return s.latchkey({"run"}).code;
        };
        CHECK_EQ(run("type: SLACK, integration: mine, channel: c, attachments: ['{\"color\":\"good\"}']"), 0);
        CHECK(has(read_file(sink.folder() / "requests"), R"(\"attachments\":[{\"color\":\"good\"}])"));
        CHECK_EQ(run("type: DISCORD, notification_url: '" + hook + "/d', attachments: ['[{\"title\":\"T\"}]']"), 0);
        CHECK(has(read_file(sink.folder() / "requests"), R"(\"embeds\":[{\"title\":\"T\"}])"));
        CHECK_EQ(run("type: SLACK, integration: mine, channel: c, attachments: ['{']"), 1);
        CHECK(has(s.latchkey({"logs", "3"}).out, "`attachments` is not a list of maps in JSON"));
        CHECK_EQ(run("type: SLACK, integration: mine, channel: c, file_attachments: [log.txt]"), 3);
    }
}
