// SPDX-License-Identifier: Apache-2.0
//
// The real server, started as a user starts it: where it says it is, its first owner, what survives, how it ends.
#include "runner/web/assets.hpp"
#include "tests/runner/cli/running_server.hpp"
#include "tests/support/golden.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <sys/stat.h>

using latchkey::test::api_reply;
using latchkey::test::read_file;
using latchkey::test::running_server;
using latchkey::test::said;
using latchkey::test::session;

namespace {

namespace asio = boost::asio;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string token_in(const std::filesystem::path& file) {
    std::string token = read_file(file);
    REQUIRE_FALSE(token.empty());
    token.pop_back();
    return token;
}

int mode_of(const std::filesystem::path& path) {
    struct stat found{};
    REQUIRE_EQ(::stat(path.c_str(), &found), 0);
    return static_cast<int>(found.st_mode & 07777U);
}

const std::vector<std::string> owner_words = {"--init-owner", "ana@acme.test", "--init-workspace",
                                              "acme",         "--token-file",  "owner.token"};

// A certificate for 127.0.0.1 with its own name in it, and its key.
void make_certificate(const session& s, const std::string& name) {
    const said made = s.program({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                 "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-addext",
                                 "subjectAltName=IP:127.0.0.1", "-keyout", "new.key", "-out", "new.pem"});
    CAPTURE(made.out);
    REQUIRE_EQ(made.code, 0);
    std::filesystem::rename(s.project() / "new.key", s.project() / "tls.key");
    std::filesystem::rename(s.project() / "new.pem", s.project() / "tls.pem");
}

std::string certificate_name(const session& s, std::uint16_t port) {
    const said shown =
        s.program({"/usr/bin/openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(port), "-tls1_2"});
    const std::size_t at = shown.out.find("subject=CN = ");
    REQUIRE_NE(at, std::string::npos);
    return shown.out.substr(at + 13, shown.out.find('\n', at) - at - 13);
}

}  // namespace

TEST_SUITE("cli.server") {
    TEST_CASE("no flags but a port: it says where it is and how the first owner is made, once") {
        const session s;
        running_server server(s);
        server.wait_until_up();
        REQUIRE(server.wait_for("\"code\":\""));
        REQUIRE(server.wait_for("\n"));
        const std::string said = server.output();
        const std::size_t at = said.find("\"code\":\"") + 8;
        const std::string code = said.substr(at, said.find('"', at) - at);
        CHECK_EQ(server.ask("GET", "/latchkey/v1/ready").status, 200);

        // The link, as a browser opens it: its code stays there.
        const std::string place = latchkey::web::assets().empty() ? "/latchkey/v1/setup#" : "/app/setup#";
        CHECK(has(said, server.url() + place + code + "\n"));
        const api_reply page = server.ask("GET", "/latchkey/v1/setup");
        REQUIRE_EQ(page.status, 200);
        CHECK_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
        const std::string policy = page.headers.at("content-security-policy");
        const std::size_t nonce = policy.find("'nonce-") + 7;
        CHECK(has(page.text, "<script nonce=\"" + policy.substr(nonce, 32) + "\">"));
        CHECK(has(policy, "default-src 'none'"));
        CHECK_FALSE(has(page.text, "{nonce}"));
        CHECK_FALSE(has(page.text, "{page}"));
        CHECK_FALSE(has(page.text, code));

        const auto claim = [&](const std::string& with, const std::string& workspace) {
            return server.ask("POST", "/latchkey/v1/setup", "",
                              {{"code", with}, {"email", "ana@acme.test"}, {"workspace", workspace}});
        };
        CHECK_EQ(claim("0123", "acme").status, 403);
        CHECK_EQ(claim(code, "no good").status, 400);
        const api_reply made = claim(code, "acme");
        REQUIRE_EQ(made.status, 201);
        CHECK_EQ(claim(code, "other").status, 403);
        CHECK_EQ(server.ask("GET", "/latchkey/v1/setup").status, 404);
        const api_reply mine = server.ask("GET", "/workspaces", made.body["token"]);
        CHECK_EQ(mine.body["workspaces"][0]["domain"], "acme");

        for (const char* name : {"latchkey", "latchkey/server"}) CHECK_EQ(mode_of(s.data() / name), 0700);
        for (const char* name : {"latchkey.db", "master.key", "server.lock"})
            CHECK_EQ(mode_of(s.data() / "latchkey/server" / name), 0600);
        server.signal(SIGTERM);
        CHECK_EQ(server.wait(), 0);
        CHECK(s.files_with(made.body["token"]).empty());
        CHECK(s.files_with(code).empty());
    }

    TEST_CASE("--init-owner: the token is in its file, once, and later starts write nothing and say so") {
        const session s;
        std::string token;
        {
            running_server server(s, owner_words);
            server.wait_until_up();
            token = token_in(s.project() / "owner.token");
            CHECK_EQ(mode_of(s.project() / "owner.token"), 0600);
            CHECK_FALSE(has(server.output(), token));
            CHECK_FALSE(has(server.output(), "no owner yet"));
            CHECK_EQ(server.ask("GET", "/user", token).status, 200);
            const api_reply shown = server.ask("GET", "/user/token", token);
            CHECK_GE(shown.body["scopes"].size(), 10);
            server.signal(SIGINT);
            CHECK_EQ(server.wait(), 0);
        }
        std::filesystem::remove(s.project() / "owner.token");
        running_server again(s, owner_words);
        again.wait_until_up();
        CHECK(has(again.output(), "there is an owner already: nothing was written to "));
        CHECK_FALSE(std::filesystem::exists(s.project() / "owner.token"));
        CHECK_EQ(again.ask("GET", "/workspaces/acme", token).status, 200);
    }

    TEST_CASE("a token file that is there already is not touched, and there is no owner then") {
        const session s;
        s.write("owner.token", "mine");
        running_server server(s, owner_words);
        CHECK_EQ(server.wait(), 2);
        CHECK(has(server.output(), "owner.token is there already: remove it, or name another file"));
        CHECK_EQ(read_file(s.project() / "owner.token"), "mine");
        std::filesystem::remove(s.project() / "owner.token");
        running_server again(s, owner_words);
        again.wait_until_up();
        CHECK(has(again.output(), "made the first owner, ana@acme.test, of the workspace acme"));
        again.signal(SIGTERM);
        CHECK_EQ(again.wait(), 0);
        // An address or a domain that can't be leaves nothing behind.
        const session other;
        running_server wrong(other, {"--init-owner", "ana", "--init-workspace", "acme", "--token-file", "t"});
        CHECK_NE(wrong.wait(), 0);
        CHECK_FALSE(std::filesystem::exists(other.project() / "t"));
    }

    TEST_CASE("killed and started again: everything that was acknowledged is there") {
        const session s;
        std::string token;
        {
            running_server server(s, owner_words);
            server.wait_until_up();
            token = token_in(s.project() / "owner.token");
            for (int i = 0; i < 20; ++i)
                REQUIRE_EQ(server
                               .ask("POST", "/workspaces/acme/integrations", token,
                                    {{"name", "Releases " + std::to_string(i)},
                                     {"type", "GIT_HUB"},
                                     {"scope", "WORKSPACE"},
                                     {"token", "ghp_planted0secret" + std::to_string(i)}})
                               .status,
                           201);
            server.signal(SIGKILL);
            CHECK_EQ(server.wait(), 128 + SIGKILL);
        }
        running_server server(s);
        server.wait_until_up();
        CHECK_EQ(server.ask("GET", "/workspaces/acme/integrations", token).body["integrations"].size(), 20);
        CHECK(s.files_with("ghp_planted0secret").empty());
    }

    TEST_CASE("one data folder, one store, one server") {
        const session s;
        running_server first(s);
        first.wait_until_up();
        running_server second(s);
        CHECK_EQ(second.wait(), 5);
        CHECK(has(second.output(), "another server works on "));
        CHECK(has(second.output(), "(process " + std::to_string(first.pid()) + ")"));
        // Its own data folder and the other's store are no better.
        running_server third(s, {"--data", "elsewhere", "--store", "sqlite:stores/one.db"});
        third.wait_until_up();
        running_server fourth(s, {"--data", "yet-elsewhere", "--store", "sqlite:stores/one.db"});
        CHECK_EQ(fourth.wait(), 5);
        CHECK(has(fourth.output(), "another server works on "));
        first.signal(SIGKILL);
        first.wait();
        running_server fifth(s);
        fifth.wait_until_up();
    }

    TEST_CASE("told to end: what is under way ends well, nothing new begins, a second signal cuts it off") {
        const session s;
        running_server server(s, {"--grace", "1h"});
        server.wait_until_up();
        asio::io_context io;
        asio::ip::tcp::socket slow(io);
        slow.connect({asio::ip::address_v4::loopback(), server.port()});
        // Its body is still on its way.
        asio::write(slow, asio::buffer(std::string("POST /latchkey/v1/setup HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                                   "2\r\nExpect: 100-continue\r\n\r\n")));
        asio::streambuf buffer;
        asio::read_until(slow, buffer, "100 Continue\r\n\r\n");
        server.signal(SIGTERM);
        REQUIRE(server.wait_for("ending: "));
        asio::ip::tcp::socket late(io);
        boost::system::error_code refused;
        late.connect({asio::ip::address_v4::loopback(), server.port()}, refused);
        CHECK(refused);
        asio::write(slow, asio::buffer(std::string("{}")));
        buffer.consume(buffer.size());
        asio::read_until(slow, buffer, "\r\n\r\n");
        const std::string head{asio::buffers_begin(buffer.data()), asio::buffers_end(buffer.data())};
        CHECK(head.starts_with("HTTP/1.1 400 "));
        CHECK(has(head, "Connection: close"));
        CHECK_EQ(server.wait(), 0);

        running_server stuck(s, {"--grace", "1h"});
        stuck.wait_until_up();
        asio::ip::tcp::socket silent(io);
        silent.connect({asio::ip::address_v4::loopback(), stuck.port()});
        asio::write(silent, asio::buffer(std::string("POST /latchkey/v1/setup HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                                     "2\r\nExpect: 100-continue\r\n\r\n")));
        buffer.consume(buffer.size());
        asio::read_until(silent, buffer, "100 Continue\r\n\r\n");
        stuck.signal(SIGTERM);
        REQUIRE(stuck.wait_for("ending: "));
        stuck.signal(SIGTERM);
        CHECK_EQ(stuck.wait(), 0);
        CHECK(has(stuck.output(), "ending at once"));
    }

    TEST_CASE("TLS: a new certificate is taken on HUP, a broken one is not") {
        const session s;
        make_certificate(s, "first.test");
        running_server server(s, {"--tls-cert", "tls.pem", "--tls-key", "tls.key"});
        server.wait_until_up();
        CHECK(server.url().starts_with("https://127.0.0.1:"));
        CHECK_EQ(certificate_name(s, server.port()), "first.test");
        make_certificate(s, "second.test");
        server.signal(SIGHUP);
        REQUIRE(server.wait_for("read the TLS files again"));
        CHECK_EQ(certificate_name(s, server.port()), "second.test");
        s.write("tls.pem", "no certificate");
        server.signal(SIGHUP);
        REQUIRE(server.wait_for("kept the TLS files as they were"));
        CHECK_EQ(certificate_name(s, server.port()), "second.test");
        server.signal(SIGTERM);
        CHECK_EQ(server.wait(), 0);
        // Not one that works, at a start.
        running_server broken(s, {"--tls-cert", "tls.pem", "--tls-key", "tls.key"});
        CHECK_EQ(broken.wait(), 5);
        CHECK(has(broken.output(), "can't use the TLS certificate"));
        std::filesystem::permissions(s.project() / "tls.key", std::filesystem::perms(0644));
        running_server open(s, {"--tls-cert", "tls.pem", "--tls-key", "tls.key"});
        CHECK_EQ(open.wait(), 5);
        CHECK(has(open.output(), "is open to other users: run chmod 600"));
    }
}
