// SPDX-License-Identifier: Apache-2.0
//
// A server whose store is in PostgreSQL: moved there from SQLite with nothing lost, alone on it, and its password
// seen nowhere.
#include "tests/runner/cli/running_server.hpp"
#include "tests/runner/store/either_store.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <csignal>

using latchkey::test::postgres_at;
using latchkey::test::read_file;
using latchkey::test::running_server;
using latchkey::test::said;
using latchkey::test::session;
using latchkey::test::write_file;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("cli.postgres") {
    TEST_CASE("what a server had in SQLite it has in PostgreSQL after migrate, and no second server comes in") {
        const session s;
        const std::string data = (s.project() / "data").string();
        const std::string url = postgres_at(s.project());
        std::string token;
        {
            running_server server(s, {"--data", data, "--init-owner", "ana@acme.test", "--init-workspace", "acme",
                                      "--token-file", (s.project() / "owner.token").string()});
            server.wait_until_up();
            token = read_file(s.project() / "owner.token");
            token.pop_back();
            const auto added = server.ask("POST", "/workspaces/acme/integrations", token,
                                          {{"name", "Slack"},
                                           {"type", "SLACK"},
                                           {"scope", "WORKSPACE"},
                                           {"webhook_address", "https://hooks.test/planted0secret"}});
            CAPTURE(added.text);
            REQUIRE_EQ(added.status, 201);
            const said busy = s.latchkey({"migrate", "--from", "sqlite:" + data + "/latchkey.db", "--to", url});
            CHECK_EQ(busy.code, 5);
            CHECK(has(busy.out, "a server works on"));
            server.signal(SIGTERM);
            REQUIRE_EQ(server.wait(), 0);
        }
        const said moved = s.latchkey({"migrate", "--from", "sqlite:" + data + "/latchkey.db", "--to", url});
        CAPTURE(moved.out);
        REQUIRE_EQ(moved.code, 0);
        CHECK(has(moved.out, "copied "));

        running_server server(s, {"--data", data, "--store", url});
        server.wait_until_up();
        const auto found = server.ask("GET", "/workspaces/acme/integrations", token);
        CAPTURE(found.text);
        REQUIRE_EQ(found.status, 200);
        CHECK_EQ(found.body["integrations"][0]["name"], "Slack");
        CHECK_FALSE(has(found.text, "planted0secret"));
        CHECK_EQ(server.ask("GET", "/latchkey/v1/workspaces/acme/audit/verify", token).status, 200);

        const said second = s.latchkey({"server", "--listen", "127.0.0.1:0", "--data", data + "2", "--store", url});
        CHECK_EQ(second.code, 5);
        CHECK(has(second.out, "another server works on this database"));

        // The master key is rotated while it serves, and opens what is there when it serves again.
        const std::string key = read_file(data + "/master.key");
        const said rotated = s.latchkey({"key", "rotate", "--data", data, "--store", url});
        CAPTURE(rotated.out);
        CHECK_EQ(rotated.code, 0);
        CHECK_NE(read_file(data + "/master.key"), key);
        CHECK_EQ(server
                     .ask("POST", "/workspaces/acme/integrations", token,
                          {{"name", "Other"},
                           {"type", "SLACK"},
                           {"scope", "WORKSPACE"},
                           {"webhook_address", "https://hooks.test/planted1secret"}})
                     .status,
                 201);
        server.signal(SIGTERM);
        CHECK_EQ(server.wait(), 0);
        running_server again(s, {"--data", data, "--store", url});
        again.wait_until_up();
        CHECK_EQ(again.ask("GET", "/workspaces/acme/integrations", token).body["integrations"].size(), 2);
        again.signal(SIGTERM);
        CHECK_EQ(again.wait(), 0);
        // With the old one it would not: nothing that it opens is there any more.
        write_file(data + "/master.key", key);
        CHECK_EQ(s.latchkey({"server", "--listen", "127.0.0.1:0", "--data", data, "--store", url}).code, 5);
    }

    TEST_CASE("a key is rotated where a server's data is, and nothing is made where there is none") {
        const session s;
        const said none = s.latchkey({"key", "rotate", "--data", (s.project() / "none").string()});
        CHECK_EQ(none.code, 2);
        CHECK(has(none.out, "there is no store at"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "none"));
    }

    TEST_CASE("a password is taken from the file, and is in no output") {
        const session s;
        write_file(s.project() / "server.toml", "store = \"postgresql://ci:planted0secret@127.0.0.1:1/none\"\n");
        const said printed =
            s.latchkey({"server", "--config", (s.project() / "server.toml").string(), "--print-config"});
        CHECK_EQ(printed.code, 0);
        CHECK(has(printed.out, "ci:***@127.0.0.1:1/none"));
        CHECK_FALSE(has(printed.out, "planted0secret"));
        const said nobody = s.latchkey({"server", "--config", (s.project() / "server.toml").string()});
        CHECK_EQ(nobody.code, 5);
        CHECK(has(nobody.out, "can't open the store in PostgreSQL"));
        CHECK_FALSE(has(nobody.out, "planted0secret"));
        const said refused =
            s.latchkey({"migrate", "--from", "sqlite:x.db", "--to", "postgresql://ci:planted0secret@db/x"});
        CHECK_EQ(refused.code, 2);
        CHECK_FALSE(has(refused.out, "planted0secret"));
    }
}
