// SPDX-License-Identifier: Apache-2.0
// Logging in to the real server: where the token is kept, who may see it, what wins over what.
#include "tests/runner/cli/team_session.hpp"
#include "tests/support/scripted_server.hpp"

#include <sys/stat.h>

using namespace latchkey::test;

namespace {

int mode_of(const std::filesystem::path& path) {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 ? static_cast<int>(found.st_mode & 07777U) : -1;
}

}  // namespace

TEST_SUITE("cli.login") {
    TEST_CASE("in, who am I, out") {
        team_session t;
        t.ana.write("t.txt", t.token() + "\n");
        std::string all;
        const auto type = [&](const std::vector<std::string>& words, const std::string& input = {}) {
            const said s = t.ana.latchkey(words, input);
            std::string line = "$ latchkey";
            for (const std::string& w : words) line += " " + w;
            all += line + "\n" + s.out + "[" + std::to_string(s.code) + "]\n\n";
        };
        type({"whoami"});
        type({"member", "list"});
        type({"run", "--workspace", "acme"});
        type({"login", t.url(), "--token-file", "t.txt"});
        type({"workspace", "list"});
        type({"project", "add", "web"});
        type({"member", "add", "bob@acme.test"});
        type({"group", "add", "Developers", "--description", "Who builds"});
        type({"group", "join", "Developers", "bob@acme.test"});
        type({"group", "show", "Developers"});
        type({"project", "role", "set", "Developers", "--role", "Developer"});
        type({"project", "role", "list"});
        type({"member", "show", "bop@acme.test"});
        type({"member", "rm", "bob@acme.test"});
        type({"logout"});
        type({"logout"});
        CHECK_GOLDEN("runner/cli/golden/login.txt", t.neutral(all));
        CHECK_FALSE(contains(all, t.token()));
    }

    TEST_CASE("the token lies in a file of one's own, and one that is open to others is refused") {
        team_session t;
        REQUIRE_EQ(t.ana.latchkey({"login", t.url(), "--token-file", "-"}, t.token()).code, 0);
        const auto file = t.ana.project().parent_path() / ".config/latchkey/login.json";
        CHECK_EQ(mode_of(file), 0600);
        CHECK_EQ(mode_of(file.parent_path()), 0700);
        CHECK(contains(read_file(file), t.token()));
        for (const auto& entry : std::filesystem::recursive_directory_iterator(t.ana.project()))
            CHECK_FALSE(entry.is_regular_file());
        const said who = t.ana.latchkey({"whoami"});
        CHECK_EQ(who.code, 0);
        CHECK(contains(who.out, "ana@acme.test"));
        CHECK_FALSE(contains(who.out, t.token()));
        std::filesystem::permissions(file, std::filesystem::perms(0640));
        const said open = t.ana.latchkey({"whoami"});
        CHECK_EQ(open.code, 5);
        CHECK(contains(open.out, "is open to others: chmod 600 it"));
        // A login anew puts it right.
        CHECK_EQ(t.ana.latchkey({"login", t.url(), "--token-file", "-"}, t.token()).code, 0);
        CHECK_EQ(mode_of(file), 0600);
    }

    TEST_CASE("asked for on a terminal, and not shown there") {
        team_session t;
        const said s = t.ana.on_terminal({"login", t.url()}, {{"Token for ", t.token() + "\n"}});
        CHECK_EQ(s.code, 0);
        CHECK(contains(s.out, "logged in to " + t.url() + " as ana@acme.test"));
        CHECK_FALSE(contains(s.out, t.token()));
        CHECK(s.echo);
    }

    TEST_CASE("no login where it would be wrong: a bad token, no server, plain http to elsewhere") {
        team_session t;
        const said wrong = t.ana.latchkey({"login", t.url(), "--token-file", "-"}, "lk_wrong0token");
        CHECK_EQ(wrong.code, 5);
        CHECK(contains(wrong.out, "does not accept the token"));
        CHECK_FALSE(contains(wrong.out, "lk_wrong0token"));
        const said far = t.ana.latchkey({"login", "http://ci.example.test", "--token-file", "-"}, t.token());
        CHECK_EQ(far.code, 5);
        CHECK(contains(far.out, "http to ci.example.test would show the token to everybody on the way"));
        CHECK_EQ(t.ana.latchkey({"login", "ci.example.test", "--token-file", "-"}, t.token()).code, 2);
        CHECK_EQ(t.ana.latchkey({"login", t.url(), "--token-file", "-"}, "two words").code, 2);
        CHECK_EQ(t.ana.latchkey({"login", t.url()}).code, 2);
        CHECK_EQ(t.ana.latchkey({"login", t.url(), "--workspace", "acne", "--token-file", "-"}, t.token()).code, 2);
        CHECK_FALSE(std::filesystem::exists(t.ana.project().parent_path() / ".config/latchkey/login.json"));
    }

    TEST_CASE("the environment wins over a login, both halves of it or none, and --local wins over all") {
        team_session t;
        REQUIRE_EQ(t.ana.latchkey({"login", t.url(), "--token-file", "-"}, t.token()).code, 0);
        const scripted_server other([](scripted_server::socket& to, const std::string&) {
            scripted_server::say(to, scripted_server::reply("200 OK", R"({"workspaces":[{"domain":"elsewhere"}]})"));
        });
        t.ana.set("LATCHKEY_SERVER", other.url());
        const said half = t.ana.latchkey({"workspace", "list"});
        CHECK_EQ(half.code, 5);
        CHECK(contains(half.out, "LATCHKEY_SERVER is set and LATCHKEY_TOKEN is not"));
        CHECK(other.requests().empty());
        t.ana.set("LATCHKEY_TOKEN", "lk_other");
        const said both = t.ana.latchkey({"workspace", "list"});
        CHECK_EQ(both.code, 0);
        CHECK(contains(both.out, "elsewhere"));
        REQUIRE_EQ(other.requests().size(), 1);
        CHECK(contains(other.requests()[0], "Bearer lk_other\r\n"));
        CHECK_FALSE(contains(other.requests()[0], t.token()));
        const said local = t.ana.latchkey({"runs", "--local"});
        CHECK_EQ(local.code, 0);
        CHECK_EQ(other.requests().size(), 1);
    }

    TEST_CASE("TLS: a certificate is trusted where it is named, and nowhere else") {
        const session machine("machine");
        const said made =
            machine.program({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=ci.test", "-addext",
                             "subjectAltName=IP:127.0.0.1", "-keyout", "tls.key", "-out", "tls.pem"});
        REQUIRE_EQ(made.code, 0);
        running_server server(machine, {"--init-owner", "ana@acme.test", "--init-workspace", "acme", "--token-file",
                                        "owner.token", "--tls-cert", "tls.pem", "--tls-key", "tls.key"});
        server.wait_until_up();
        const std::string token = read_file(machine.project() / "owner.token");
        session ana("shop");
        const said stranger = ana.latchkey({"login", server.url(), "--token-file", "-"}, token);
        CHECK_EQ(stranger.code, 5);
        CHECK(contains(stranger.out, "is not trusted"));
        const std::string ca = (machine.project() / "tls.pem").string();
        CHECK_EQ(ana.latchkey({"login", server.url(), "--ca", ca, "--token-file", "-"}, token).code, 0);
        CHECK_EQ(ana.latchkey({"whoami"}).code, 0);
        // Its name has to be right, too.
        const std::string other = "https://localhost:" + std::to_string(server.port());
        CHECK_EQ(ana.latchkey({"login", other, "--ca", ca, "--token-file", "-"}, token).code, 5);
    }
}
