// SPDX-License-Identifier: Apache-2.0
//
// Signing in to a server as it is started: what its settings say of it, and that they reach it.
#include "tests/runner/cli/running_server.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using latchkey::test::running_server;
using latchkey::test::said;
using latchkey::test::session;
using nlohmann::json;

namespace {

std::string setup_code_in(const std::string& output) {
    const std::string before = "\"code\":\"";
    const auto at = output.find(before);
    REQUIRE_NE(at, std::string::npos);
    return output.substr(at + before.size(), output.find('"', at + before.size()) - at - before.size());
}

}  // namespace

TEST_SUITE("cli.server sign in") {
    TEST_CASE("the first owner chooses a password and signs in, and the server issues tokens under its address") {
        session s;
        running_server server(s, {"--session-life", "2h"});
        server.wait_until_up();
        REQUIRE(server.wait_for("\"workspace\""));
        const auto made = server.ask("POST", "/latchkey/v1/setup", "",
                                     {{"code", setup_code_in(server.output())},
                                      {"email", "ana@acme.test"},
                                      {"workspace", "acme"},
                                      {"password", "a good password"}});
        CAPTURE(made.text);
        REQUIRE_EQ(made.status, 201);
        const auto in = server.ask("POST", "/latchkey/v1/session", "",
                                   {{"email", "ana@acme.test"}, {"password", "a good password"}});
        CHECK_EQ(in.status, 201);
        CHECK(in.headers.at("set-cookie").ends_with("; Max-Age=7200"));
        CHECK_EQ(server.ask("GET", "/.well-known/openid-configuration").body["issuer"], server.url());
        CHECK_EQ(server.ask("GET", "/.well-known/jwks.json").body["keys"].size(), 1);
        CHECK_EQ(server.ask("GET", "/latchkey/v1/login/oidc").status, 404);
        // Neither the password nor the code is in what it wrote.
        CHECK_EQ(server.output().find("a good password"), std::string::npos);
    }

    TEST_CASE("an identity provider that is named is asked, with its secret from a file that nobody else reads") {
        session s;
        const auto secret = s.project() / "secret";
        latchkey::test::write_file(secret, "the secret\n");
        std::filesystem::permissions(secret, std::filesystem::perms(0644));
        const std::vector<std::string> words = {
            "server",          "--listen", "127.0.0.1:0",          "--openid-issuer", "http://127.0.0.1:1",
            "--openid-client", "latchkey", "--openid-secret-file", "secret"};
        const said open = s.latchkey(words);
        CHECK_EQ(open.code, 5);
        CAPTURE(open.out);
        CHECK(open.out.find("others can read the client's secret in secret: chmod 600 it") != std::string::npos);
        std::filesystem::permissions(secret, std::filesystem::perms(0600));
        running_server server(s, {words.begin() + 1, words.end()});
        server.wait_until_up();
        const auto asked = server.ask("GET", "/latchkey/v1/login/oidc");
        CHECK_EQ(asked.status, 502);
        CHECK(asked.message().starts_with("no answer from 127.0.0.1:1: "));
    }

    TEST_CASE("what can't be is said before it starts") {
        session s;
        const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
            {{"--session-idle", "30s"},
             "\"30s\" (--session-idle) can't be: say a minute or more, as in 10m, 12h or 7d"},
            {{"--session-life", "off"}, "\"off\" (--session-life) can't be"},
            {{"--step-up", "0m"}, "\"0m\" (--step-up) can't be"},
            {{"--openid-issuer", "https://id.example.test"},
             "an identity provider needs both --openid-issuer URL and --openid-client ID"},
            {{"--openid-issuer", "http://id.example.test", "--openid-client", "l"}, "is no https address"},
            {{"--openid-domains", "a@b.test"}, "say domains with commas between them"},
            {{"--openid-domains", "a.test,,b.test"}, "say domains with commas between them"},
            {{"--openid-new-users", "maybe"}, "say yes or no"},
            {{"--openid-issuer", "https://id.example.test", "--openid-client", "l", "--openid-new-users", "yes"},
             "name your domains with --openid-domains"},
        };
        for (const auto& [words, text] : wrong) {
            std::vector<std::string> line = {"server"};
            line.insert(line.end(), words.begin(), words.end());
            const said refused = s.latchkey(line);
            CAPTURE(refused.out);
            CHECK_EQ(refused.code, 2);
            CHECK(refused.out.find(text) != std::string::npos);
        }
        CHECK_FALSE(std::filesystem::exists(s.data()));
    }
}
