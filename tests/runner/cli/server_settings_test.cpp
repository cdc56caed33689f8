// SPDX-License-Identifier: Apache-2.0
//
// What a server can be told, and what it says of what it can't be told.
#include "tests/runner/cli/running_server.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

using latchkey::test::running_server;
using latchkey::test::said;
using latchkey::test::session;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("cli.server settings") {
    TEST_CASE("help") {
        CHECK_GOLDEN("runner/cli/golden/help_server.txt", session().latchkey({"server", "--help"}).out);
    }

    TEST_CASE("what can't be: one sentence that says where it came from and what can, exit code 2") {
        session s;
        const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
            {{"--listen", "8080"}, "\"8080\" (--listen) can't be: say an address and a port"},
            {{"--listen", "example.test:80"}, "say an address and a port"},
            {{"--listen", "127.0.0.1:65536"}, "say an address and a port"},
            {{"--listen", "::1:80"}, "say an address and a port"},
            {{"--store", "postgresql://ci:planted@db/latchkey"},
             "a password on the command line can be read by every program"},
            {{"--store", "mysql://db/latchkey"},
             "the store (--store) is at sqlite:FILE or postgresql://USER@HOST/DATABASE"},
            {{"--objects", "/mnt/logs"}, "the objects' place (--objects) is file:FOLDER or s3://BUCKET"},
            {{"--objects", "file:logs"}, "must be a whole path"},
            {{"--objects", "s3://logs?endpoint=http://s3.test"}, "without TLS, which is for this machine only"},
            {{"--objects", "s3://id:planted@logs"}, "say s3://BUCKET/PREFIX?endpoint=https://HOST"},
            {{"--objects-login", "login"}, "--objects-login is for objects in a bucket"},
            {{"--backend", "vm"}, "say host, sandbox or container"},
            {{"--threads", "0"}, "say a number from 1 to 256"},
            {{"--threads", "4x"}, "say a number from 1 to 256"},
            {{"--private-hosts", "maybe"}, "say yes or no"},
            {{"--trusted-proxies", "10.0.0.1,proxy"}, "say addresses and networks"},
            {{"--grace", "10"}, "say 30s, 2m or 1h"},
            {{"--keep-logs", "90d,"}, "say a time, as in 90d, or a number of runs, or both, as in 90d,500"},
            {{"--keep-logs", "90d,1h"}, "say a time, as in 90d"},
            {{"--keep-logs", ""}, "say a time, as in 90d"},
            {{"--rate-limit", "0"}, "say a number from 1 on"},
            {{"--metrics", "all"}, "say loopback, token or off"},
            {{"--log-format", "xml"}, "say plain or json"},
            {{"--log-level", "all"}, "say debug, info, warning or error"},
            {{"--public-url", "ci.example.test"}, "say https://NAME"},
            {{"--tls-cert", "tls.pem"}, "TLS needs both --tls-cert FILE and --tls-key FILE"},
            {{"--init-owner", "ana@acme.test"}, "the first owner needs all of --init-owner EMAIL"},
            {{"--lisen", "x"}, "did you mean \"--listen\"?"},
        };
        for (const auto& [words, text] : wrong) {
            std::vector<std::string> line = {"server"};
            line.insert(line.end(), words.begin(), words.end());
            const said refused = s.latchkey(line);
            CAPTURE(refused.out);
            CHECK_EQ(refused.code, 2);
            CHECK(refused.out.starts_with("latchkey: "));
            CHECK(has(refused.out, text));
        }
        CHECK_FALSE(std::filesystem::exists(s.data()));
        s.set("LATCHKEY_SERVER_THREADS", "many");
        const said refused = s.latchkey({"server"});
        CHECK_EQ(refused.code, 2);
        CHECK(has(refused.out, "\"many\" (LATCHKEY_SERVER_THREADS) can't be: say a number from 1 to 256"));
    }

    TEST_CASE("a flag wins over the environment") {
        session s;
        s.set("LATCHKEY_SERVER_DATA", "from-environment");
        s.set("LATCHKEY_SERVER_LISTEN", "nonsense");
        running_server server(s);
        server.wait_until_up();
        CHECK(std::filesystem::exists(s.project() / "from-environment/latchkey.db"));
        CHECK_FALSE(std::filesystem::exists(s.data()));
    }

    TEST_CASE(
        "flags, then the environment, then the file, then the defaults, and --print-config and doctor say which") {
        session s;
        s.write("conf/server.toml",
                "# ours\nlisten = \"127.0.0.1:0\"\nthreads = 7\ngrace = \"1m\"\ndata = \"../here\"\ntls_cert = "
                "\"/tls/a \\\"b\\\".pem\"\ntls_key = \"key.pem\"\n");
        s.set("LATCHKEY_SERVER_GRACE", "2m");
        s.set("LATCHKEY_SERVER_THREADS", "8");
        const said printed =
            s.latchkey({"server", "--config", "conf/server.toml", "--threads", "9", "--print-config"});
        CHECK_EQ(printed.code, 0);
        std::string shown = printed.out;
        const std::string here = s.project().string();
        for (auto at = shown.find(here); at != std::string::npos; at = shown.find(here))
            shown.replace(at, here.size(), "HERE");
        CHECK_GOLDEN("runner/cli/golden/server_config.txt", shown);

        // What is printed is a file that says the same.
        s.write("again.toml", printed.out);
        session plain_session;
        plain_session.write("again.toml", printed.out);
        const said again = plain_session.latchkey({"server", "--config", "again.toml", "--print-config"});
        CAPTURE(again.out);
        CHECK_EQ(again.code, 0);
        CHECK(has(again.out, "threads = \"9\""));
        CHECK(has(again.out, "tls_cert = \"/tls/a \\\"b\\\".pem\""));

        s.set("LATCHKEY_SERVER_CONFIG", "conf/server.toml");
        const said doctor = s.latchkey({"doctor"});
        CHECK(has(doctor.out, "2m (LATCHKEY_SERVER_GRACE)"));
        CHECK(has(doctor.out, "127.0.0.1:0 (conf/server.toml:2)"));
    }

    TEST_CASE("server.toml in the data folder is read without being named") {
        session s;
        std::filesystem::create_directories(s.data() / "latchkey/server");
        std::filesystem::permissions(s.data() / "latchkey", std::filesystem::perms(0700));
        std::filesystem::permissions(s.data() / "latchkey/server", std::filesystem::perms(0700));
        const auto file = s.data() / "latchkey/server/server.toml";
        latchkey::test::write_file(file, "threads = 3\n");
        CHECK(has(s.latchkey({"server", "--print-config"}).out, "server.toml:1"));
        latchkey::test::write_file(file, "data = \"/elsewhere\"\n");
        const said moved = s.latchkey({"server"});
        CHECK_EQ(moved.code, 2);
        CHECK(has(moved.out, "the data folder can't be named in the file that is found by it"));
        latchkey::test::write_file(file, "threads = 0\n");
        const said wrong = s.latchkey({"server"});
        CHECK_EQ(wrong.code, 2);
        CHECK(has(wrong.out, "\"0\" (" + file.string() + ":1) can't be: say a number from 1 to 256"));
        CHECK(has(s.latchkey({"doctor"}).out, "say a number from 1 to 256"));
    }

    TEST_CASE("a file with what is no setting is an error with its position and the nearest name") {
        const session s;
        const auto refused = [&](const std::string& text, const std::string& complaint, int code = 2) {
            s.write("c.toml", text);
            const said said = s.latchkey({"server", "--config", "c.toml"});
            CAPTURE(said.out);
            CHECK_EQ(said.code, code);
            CHECK(has(said.out, complaint));
        };
        refused("threads = 4\n  tls-cert = \"x\"\n",
                "latchkey: c.toml:2:3: there is no setting \"tls-cert\": did you mean \"tls_cert\"?");
        refused("[server]\nthreads = 4\n", "c.toml:1:2: there is no setting \"server\"");
        refused("threads = [4]\n", "c.toml:1:1: \"threads\" has one plain value");
        refused("threads = 4\nthreads = 5\n", "c.toml:2:");
        refused("threads = \"4\n", "c.toml:1:");
        refused("threads = 4.5\n", "\"threads\" has one plain value");
        s.write("loose.toml", "");
        std::filesystem::permissions(s.project() / "loose.toml", std::filesystem::perms(0666));
        const said loose = s.latchkey({"server", "--config", "loose.toml"});
        CHECK_EQ(loose.code, 5);
        CHECK(has(loose.out, "others may write loose.toml"));
        const said none = s.latchkey({"server", "--config", "none.toml"});
        CHECK_EQ(none.code, 2);
        CHECK(has(none.out, "can't read none.toml: No such file"));
    }

    TEST_CASE("what this machine refuses: exit code 5, and what to do") {
        const session s;
        running_server first(s);
        first.wait_until_up();
        const said taken =
            s.latchkey({"server", "--data", "other", "--listen", "127.0.0.1:" + std::to_string(first.port())});
        CHECK_EQ(taken.code, 5);
        CHECK(has(taken.out, "can't listen on 127.0.0.1 port " + std::to_string(first.port())));
        CHECK(has(taken.out, "in use"));
        const said foreign = s.latchkey({"server", "--listen", "192.0.2.1:0", "--data", "other"});
        CHECK_EQ(foreign.code, 5);
        CHECK(has(foreign.out, "can't listen on 192.0.2.1"));
        const said nowhere = s.latchkey({"server", "--data", "/proc/latchkey"});
        CHECK_EQ(nowhere.code, 5);
        CHECK(has(nowhere.out, "can't make the folder /proc/latchkey"));
        std::filesystem::create_directory(s.project() / "open");
        std::filesystem::permissions(s.project() / "open", std::filesystem::perms(0755));
        const said loose = s.latchkey({"server", "--data", "open"});
        CHECK_EQ(loose.code, 5);
        CHECK(has(loose.out, "is open to other users: run chmod 700"));
        s.write("file", "");
        CHECK(has(s.latchkey({"server", "--data", "file"}).out, "is no folder"));
    }

    TEST_CASE("an address that is not this machine's own, without TLS, is warned of") {
        const session s;
        running_server local(s);
        local.wait_until_up();
        local.signal(SIGTERM);
        local.wait();
        CHECK_FALSE(has(local.output(), "warning"));
        // A loopback address written so that it only looks like another's: nothing here listens beyond loopback.
        running_server mapped(s, {"--listen", "[::ffff:127.0.0.1]:0"});
        mapped.wait_until_up();
        mapped.signal(SIGTERM);
        mapped.wait();
        CHECK(has(mapped.output(), "warning: it listens on ::ffff:127.0.0.1 without TLS"));
    }
}
