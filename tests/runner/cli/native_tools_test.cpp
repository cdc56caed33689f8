// SPDX-License-Identifier: Apache-2.0
//
// Files and monitoring by native actions, with the real program: ZIP, REPLACE, PING, TCP, SSL_VERIFY, TRANSFER.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::server;
using latchkey::test::session;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A run of one action with these keys: its exit code and its log.
said run_one(const session& s, const std::string& type, const std::string& keys, const std::string& variables = "") {
    s.write("buddy.yml",
            "- pipeline: p\n" + variables + "  actions:\n    - action: A\n      type: " + type + "\n" + keys);
    return s.latchkey({"run"});
}

std::string log_of(const session& s, const std::string& run) {
    return s.latchkey({"logs", run}).out;
}

}  // namespace

TEST_SUITE("cli.native_tools") {
    TEST_CASE("ZIP: what local_path holds without what is excluded, and never itself") {
        const session s;
        s.write("dist/a.txt", "aaa");
        s.write("dist/sub/b.txt", "bbb");
        s.write("dist/sub/c.map", "ccc");
        std::filesystem::create_symlink("/etc/passwd", s.project() / "dist/link");
        const std::string keys =
            "      local_path: /dist\n      destination: dist/out/site.zip\n"
            "      deployment_excludes: ['*.map']\n";
        CHECK_EQ(run_one(s, "ZIP", keys).code, 0);
        CHECK_EQ(run_one(s, "ZIP", keys).code, 0);  // now it is there
        const std::string at = s.project().string();
        const std::string list = "cd '" + at +
                                 "' && python3 -c 'import zipfile; z = zipfile.ZipFile(\"dist/out/site.zip\"); "
                                 "print(sorted((n, z.read(n)) for n in z.namelist()))' > listed";
        REQUIRE_EQ(std::system(list.c_str()), 0);
        CHECK_EQ(read_file(s.project() / "listed"), "[('a.txt', b'aaa'), ('sub/b.txt', b'bbb')]\n");
        CHECK(has(log_of(s, "1"), "2 files in dist/out/site.zip"));
        CHECK_EQ(run_one(s, "ZIP", "      local_path: /dist\n      destination: ../out.zip\n").code, 1);
        CHECK(has(log_of(s, "3"), "\"../out.zip\" is not in the workspace"));
        CHECK_EQ(run_one(s, "ZIP", "      local_path: /nothing\n      destination: out.zip\n").code, 1);
        CHECK_FALSE(std::filesystem::exists(s.project() / "out.zip"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "out.zip.latchkey"));
    }

    TEST_CASE("REPLACE: in the files below local_path, with variables, keeping their mode") {
        const session s;
        s.write("conf/app.ini", "env=[ENV]\nother=[ENV]\n");
        s.write("conf/untouched", "nothing");
        s.write("outside.ini", "[ENV]");
        std::filesystem::permissions(s.project() / "conf/app.ini", std::filesystem::perms(0640));
        const said run = run_one(s, "REPLACE",
                                 "      local_path: conf\n      replacements:\n        - {replace_from: '[ENV]', "
                                 "replace_to: $STAGE}\n",
                                 "  variables:\n    - {key: STAGE, value: live}\n");
        CHECK_EQ(run.code, 0);
        CHECK_EQ(read_file(s.project() / "conf/app.ini"), "env=live\nother=live\n");
        CHECK_EQ(read_file(s.project() / "outside.ini"), "[ENV]");
        CHECK_EQ(std::filesystem::status(s.project() / "conf/app.ini").permissions(), std::filesystem::perms(0640));
        CHECK(has(log_of(s, "1"), "app.ini: 2 places"));
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK(has(log_of(s, "2"), "nothing to replace was found"));
        CHECK_EQ(run_one(s, "REPLACE", "      replacements:\n        - {replace_to: x}\n").code, 1);
        CHECK(has(log_of(s, "3"), "replace_from"));
    }

    TEST_CASE("PING: a host that answers, and a name that would be an option") {
        const session s;
        CHECK_EQ(run_one(s, "PING", "      destination: 127.0.0.1\n").code, 0);
        CHECK_EQ(run_one(s, "PING", "      destination: -f\n").code, 1);
        CHECK(has(log_of(s, "2"), "`destination` is not the name or address of a host"));
    }

    TEST_CASE("TCP: a port that answers with the text, one that does not, one that nobody listens on") {
        const server tls("runner/native/servers/tls_server.py");
        const session s;
        const std::string at =
            "      destination: 127.0.0.1\n      port: " + read_file(tls.folder() / "plain") + "\n";
        CHECK_EQ(run_one(s, "TCP", at + "      text: 220 ready\n").code, 0);
        CHECK_EQ(run_one(s, "TCP", at + "      post_data: 'echo me'\n      text: echo me\n").code, 0);
        CHECK_EQ(run_one(s, "TCP", at + "      post_data: 'x'\n      text: never\n").code, 1);
        CHECK(has(log_of(s, "3"), "did not answer with \"never\""));
        CHECK_EQ(run_one(s, "TCP", "      destination: 127.0.0.1\n      port: 1\n").code, 1);
        CHECK_EQ(run_one(s, "TCP", "      destination: 127.0.0.1\n      port: 99999\n").code, 1);
    }

    TEST_CASE("SSL_VERIFY: valid for long enough, not for that long, and not from whom we trust") {
        const server tls("runner/native/servers/tls_server.py");
        const session s;
        const std::string at = "      website: localhost\n      port: " + tls.port() + "\n";
        const std::string trust =
            "  variables:\n    - {key: SSL_CERT_FILE, value: " + (tls.folder() / "certificate").string() + "}\n";
        CHECK_EQ(run_one(s, "SSL_VERIFY", at + "      valid_for_days: 20\n", trust).code, 0);
        CAPTURE(log_of(s, "1"));
        CHECK(has(log_of(s, "1"), "localhost: the certificate is valid for "));
        CHECK_EQ(run_one(s, "SSL_VERIFY", at + "      valid_for_days: 60\n", trust).code, 1);
        CHECK_EQ(run_one(s, "SSL_VERIFY", at + "      valid_for_days: 1\n").code, 1);
        CHECK(has(log_of(s, "3"), "certificate"));
    }

    TEST_CASE("TRANSFER: by the protocol of its target") {
        const server ftp("runner/native/servers/ftp_server.py");
        const session s;
        s.write("dist/page.html", "<p>");
        const std::string target =
            "      local_path: dist\n      targets:\n        - {target: site, type: FTP, host: 127.0.0.1, "
            "port: " +
            ftp.port() + ", auth: {method: PASSWORD, username: ana, password: pass word}}\n";
        CAPTURE(target);
        const said sent = run_one(s, "TRANSFER", target);
        CAPTURE(sent.out);
        CHECK_EQ(sent.code, 0);
        CAPTURE(log_of(s, "1"));
        CHECK_EQ(read_file(ftp.folder() / "files/page.html"), "<p>");
        CHECK_EQ(
            run_one(s, "TRANSFER",
                    "      targets:\n        - {target: x, type: EC2, host: h, auth: {username: u, password: p}}\n")
                .code,
            1);
        CHECK(has(log_of(s, "2"), "can't be sent to a target of the type EC2"));
    }
}
