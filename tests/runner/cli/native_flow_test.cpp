// SPDX-License-Identifier: Apache-2.0
//
// Actions that Latchkey performs itself, with the real program against real servers on this machine.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <pwd.h>
#include <unistd.h>

using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::server;
using latchkey::test::session;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string me() {
    return ::getpwuid(::geteuid())->pw_name;
}

// The key of an SSH server as a secret file.
std::string as_secret(const server& ssh) {
    return "KEY<<END\n" + read_file(ssh.folder() / "key") + "END\n";
}

}  // namespace

TEST_SUITE("cli.native") {
    TEST_CASE("HTTP: method, headers, body and login arrive with variables filled in, and a status of 400 fails") {
        const server sink("runner/native/servers/http_sink.py");
        const session s;
        s.write("secrets", "PASSWORD=hunter2hunter2\n");
        std::filesystem::permissions(s.project() / "secrets", std::filesystem::perms(0600));
        s.write("buddy.yml", R"yml(- pipeline: p
  variables:
    - {key: PASSWORD, encrypted: true}
  actions:
    - action: Call
      type: HTTP
      method_url: PUT
      notification_url: http://127.0.0.1:)yml" +
                                 sink.port() + R"yml(/hook/$BUDDY_PIPELINE_NAME
      headers:
        - {name: X-Run, value: "$BUDDY_RUN_ID"}
      content: '{"run": $BUDDY_RUN_ID}'
      login: ana
      password: $PASSWORD
    - action: Refused
      type: HTTP
      method_url: POST
      notification_url: http://127.0.0.1:)yml" +
                                 sink.port() + R"yml(/status/403?token=$PASSWORD
)yml");
        const said run = s.latchkey({"run", "--secret-file", "secrets"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 1);
        const std::string requests = read_file(sink.folder() / "requests");
        CHECK(has(requests, R"("method": "PUT", "path": "/hook/p")"));
        CHECK(has(requests, R"("X-Run": "1")"));
        CHECK(has(requests, R"("body": "{\"run\": 1}")"));
        CHECK(has(requests, "Basic YW5hOmh1bnRlcjJodW50ZXIy"));
        const std::string log = s.latchkey({"logs", "1"}).out;
        CHECK(has(log, "POST 127.0.0.1:" + sink.port() + ": status 403\n"));
        CHECK_FALSE(has(log, "hunter2"));
        CHECK(s.files_with("hunter2hunter2").empty());
    }

    TEST_CASE("HTTP: a redirect to a file is not followed") {
        const server sink("runner/native/servers/http_sink.py");
        const session s;
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: HTTP, method_url: GET, notification_url: "
                "'http://127.0.0.1:" +
                    sink.port() + "/status/302'}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 1);
        const std::string log = s.latchkey({"logs", "1"}).out;
        CHECK(has(log, "no answer from 127.0.0.1"));
        CHECK_FALSE(has(log, "root:"));
    }

    TEST_CASE(
        "SLACK: denied without the permission, sent after the grant, its webhook in no log and no process list") {
        const server sink("runner/native/servers/http_sink.py");
        const session s;
        REQUIRE_EQ(s.latchkey({"integration", "add", "slack", "--type", "SLACK", "--field", "webhook_address=-"},
                              "http://127.0.0.1:" + sink.port() + "/services/T000/B000/XXXXsecretXXXX\n")
                       .code,
                   0);
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - action: Notify\n      type: SLACK\n      integration: slack\n      "
                "channel: general\n"
                "      content: 'run $BUDDY_RUN_ID is \"done\"'\n");
        CHECK_EQ(s.latchkey({"run"}).code, 4);
        const said retried = s.latchkey({"retry", "1", "--grant"});
        CAPTURE(retried.out);
        CHECK_EQ(retried.code, 0);
        const std::string requests = read_file(sink.folder() / "requests");
        CHECK(has(requests, R"("path": "/services/T000/B000/XXXXsecretXXXX")"));
        CHECK(has(requests, R"(run 1 is \\\"done\\\")"));
        CHECK_FALSE(has(s.latchkey({"logs", "1"}).out, "XXXXsecretXXXX"));
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: N, type: SLACK, channel: general, content: x}\n");
        const said without = s.latchkey({"validate"});
        CHECK(has(without.out, "needs an integration"));
    }

    TEST_CASE("SLACK with a token: the API is asked, and its no counts") {
        const server sink("runner/native/servers/http_sink.py");
        const session s;
        REQUIRE_EQ(
            s.latchkey({"integration", "add", "slack", "--type", "SLACK", "--field", "token=-", "--all-pipelines"},
                       "xoxb-0123456789\n")
                .code,
            0);
        const auto run = [&](const std::string& path) {
            s.write("buddy.yml",
                    "- pipeline: p\n  variables:\n    - {key: LATCHKEY_SLACK_API, value: 'http://127.0.0.1:" +
                        sink.port() + path +
                        "'}\n  actions:\n    - {action: N, type: SLACK, integration: slack, channel: general, "
                        "content: hello}\n");
            return s.latchkey({"run"}).code;
        };
        CHECK_EQ(run(""), 0);
        CHECK(has(read_file(sink.folder() / "requests"), "Bearer xoxb-0123456789"));
        CHECK_EQ(run("/refuse"), 1);
        CHECK(has(s.latchkey({"logs", "2"}).out, "Slack refused the message: channel_not_found"));
    }

    TEST_CASE("PUSHBULLET and BUGSNAG: what the services ask for, and no token in a log") {
        const server sink("runner/native/servers/http_sink.py");
        const session s;
        REQUIRE_EQ(s.latchkey({"integration", "add", "push", "--type", "PUSHBULLET", "--field", "token=-",
                               "--all-pipelines"},
                              "o.0123456789abc\n")
                       .code,
                   0);
        s.write("secrets", "KEY=bugsnag-0123456789\n");
        std::filesystem::permissions(s.project() / "secrets", std::filesystem::perms(0600));
        const std::string here = "'http://127.0.0.1:" + sink.port() + "'";
        s.write(
            "buddy.yml",
            "- pipeline: p\n  variables:\n    - {key: LATCHKEY_PUSHBULLET_API, value: " + here +
                "}\n    - {key: LATCHKEY_BUGSNAG_API, value: " + here +
                "}\n    - {key: KEY, encrypted: true}\n  actions:\n    - {action: N, type: PUSHBULLET, integration: "
                "push, "
                "title: T, content: hello, link: 'https://acme.test'}\n    - {action: B, type: BUGSNAG, token: $KEY, "
                "version: '1.2', release_stage: live}\n");
        const said run = s.latchkey({"run", "--secret-file", "secrets"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        const std::string requests = read_file(sink.folder() / "requests");
        CHECK(has(requests, R"("path": "/v2/pushes")"));
        CHECK(has(requests, R"("Access-Token": "o.0123456789abc")"));
        CHECK(has(requests, R"(\"type\":\"link\")"));
        CHECK(has(requests, R"(\"apiKey\":\"bugsnag-0123456789\")"));
        const std::string log = s.latchkey({"logs", "1"}).out;
        CHECK_FALSE(has(log, "0123456789"));
    }

    TEST_CASE(
        "SSH_COMMAND: one script there, with the variables, its exit code here, and no secret in a process list") {
        const server ssh("runner/native/servers/sshd.sh");
        const session s;
        s.write("secrets", as_secret(ssh) + "TOKEN=tok-0123456789\n");
        std::filesystem::permissions(s.project() / "secrets", std::filesystem::perms(0600));
        const std::string out = (ssh.folder() / "out").string();
        s.write("buddy.yml",
                "- pipeline: p\n  variables:\n    - {key: KEY, type: SSH_KEY, encrypted: true}\n    - {key: TOKEN, "
                "encrypted: true}\n"
                "    - {key: WHERE, value: '127.0.0.1'}\n  actions:\n    - action: Deploy\n      type: SSH_COMMAND\n"
                "      authentication_mode: ENV_KEY\n      env_key: KEY\n      host: $WHERE\n      port: " +
                    ssh.port() + "\n      login: " + me() + "\n      working_directory: " + ssh.folder().string() +
                    "\n      commands:\n"
                    "        - pwd > out\n        - echo \"$BUDDY_PIPELINE_NAME $TOKEN\" >> out\n        - cat\n"
                    "        - cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'tok-[0]123456789' >> out || true\n"
                    "        - if true; then\n        - exit 7\n        - fi\n");
        const said run = s.latchkey({"run", "--secret-file", "secrets"});
        CAPTURE(run.out);
        CAPTURE(s.latchkey({"logs", "1"}).out);
        CHECK_EQ(run.code, 1);
        CHECK(has(run.out, "exit code 7"));
        CHECK_EQ(read_file(out), ssh.folder().string() + "\np tok-0123456789\n0\n");
        CHECK(s.files_with("tok-0123456789").empty());
    }

    TEST_CASE("SSH_COMMAND: a host whose key has changed is refused, and a wrong field is named") {
        const session s;
        const auto deploy = [&](const server& ssh, const std::string& mode) {
            s.write("secrets", as_secret(ssh));
            std::filesystem::permissions(s.project() / "secrets", std::filesystem::perms(0600));
            s.write("buddy.yml",
                    "- pipeline: p\n  variables:\n    - {key: KEY, type: SSH_KEY, encrypted: true}\n  actions:\n    "
                    "- {action: D, "
                    "type: SSH_COMMAND, authentication_mode: " +
                        mode + ", env_key: KEY, host: 127.0.0.1, port: " + ssh.port() + ", login: " + me() +
                        ", commands: ['echo in']}\n");
            return s.latchkey({"run", "--secret-file", "secrets"});
        };
        const server first("runner/native/servers/sshd.sh");
        CHECK_EQ(deploy(first, "WORKSPACE_KEY").code, 1);
        CHECK(has(s.latchkey({"logs", "1"}).out,
                  "WORKSPACE_KEY names a key that a server has, and gives to no fork's run: use ENV_KEY"));
    }

    TEST_CASE("SFTP: files arrive in their folders, excludes stay, and links out of the workspace are not followed") {
        const server ssh("runner/native/servers/sshd.sh");
        const session s;
        s.write("secrets", as_secret(ssh));
        std::filesystem::permissions(s.project() / "secrets", std::filesystem::perms(0600));
        std::filesystem::create_directories(s.project() / "dist/sub dir");
        std::filesystem::create_symlink("/etc/passwd", s.project() / "dist/passwd");
        s.write("dist/index.html", "hello\n");
        s.write("dist/sub dir/a&b.txt", std::string(200'000, 'x'));
        s.write("dist/left.log", "out\n");
        const std::string there = (ssh.folder() / "www").string();
        s.write("buddy.yml",
                "- pipeline: p\n  variables:\n    - {key: KEY, type: SSH_KEY, encrypted: true}\n  actions:\n    - "
                "{action: Send, type: SFTP, "
                "authentication_mode: ENV_KEY, env_key: KEY, host: 127.0.0.1, port: " +
                    ssh.port() + ", login: " + me() + ", local_path: /dist, remote_path: " + there +
                    ", deployment_excludes: ['*.log']}\n");
        const said run = s.latchkey({"run", "--secret-file", "secrets"});
        CAPTURE(s.latchkey({"logs", "1"}).out);
        CHECK_EQ(run.code, 0);
        CHECK_EQ(read_file(ssh.folder() / "www/index.html"), "hello\n");
        CHECK_EQ(read_file(ssh.folder() / "www/sub dir/a&b.txt").size(), 200'000);
        CHECK_FALSE(std::filesystem::exists(ssh.folder() / "www/left.log"));
        CHECK_FALSE(std::filesystem::exists(ssh.folder() / "www/passwd"));
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: Send, type: SFTP, authentication_mode: PASS, host: "
                "127.0.0.1, port: 1, "
                "login: x, password: y, local_path: ../../../etc}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 1);
    }

    TEST_CASE("RSYNC: files arrive, excludes stay, extra files go where they are to, and .git is never sent") {
        const server ssh("runner/native/servers/sshd.sh");
        const session s;
        s.write("secrets", as_secret(ssh));
        std::filesystem::permissions(s.project() / "secrets", std::filesystem::perms(0600));
        s.write("dist/sub dir/it's.txt", "x");
        s.write("dist/left.log", "out");
        s.write("dist/.git/config", "x");
        std::filesystem::create_directories(ssh.folder() / "www");
        s.write("../extra", "x");
        std::filesystem::rename(s.project() / "../extra", ssh.folder() / "www/extra");
        s.write(
            "buddy.yml",
            "- pipeline: p\n  variables:\n    - {key: KEY, type: SSH_KEY, encrypted: true}\n  actions:\n    - "
            "{action: Sync, type: RSYNC, authentication_mode: ENV_KEY, env_key: KEY, host: 127.0.0.1, port: " +
                ssh.port() + ", login: " + me() + ", local_path: dist, remote_path: '" +
                (ssh.folder() / "www").string() +
                "', recursive: true, compress: true, delete_extra_files: true, deployment_excludes: ['*.log']}\n");
        const said run = s.latchkey({"run", "--secret-file", "secrets"});
        CAPTURE(s.latchkey({"logs", "1"}).out);
        CHECK_EQ(run.code, 0);
        CHECK_EQ(read_file(ssh.folder() / "www/sub dir/it's.txt"), "x");
        CHECK_FALSE(std::filesystem::exists(ssh.folder() / "www/left.log"));
        CHECK_FALSE(std::filesystem::exists(ssh.folder() / "www/.git"));
        CHECK_FALSE(std::filesystem::exists(ssh.folder() / "www/extra"));
    }

    TEST_CASE("FTP: files arrive, and a wrong password is said without it") {
        const server ftp("runner/native/servers/ftp_server.py");
        const session s;
        s.write("dist/a.txt", "a\n");
        const auto send = [&](const std::string& password) {
            s.write(
                "buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: Send, type: FTP, host: 127.0.0.1, port: " + ftp.port() +
                    ", login: ana, password: '" + password + "', local_path: dist, remote_path: /www/new}\n");
            return s.latchkey({"run"}).code;
        };
        CHECK_EQ(send("pass word"), 0);
        CAPTURE(s.latchkey({"logs", "1"}).out);
        CHECK_EQ(read_file(ftp.folder() / "files/www/new/a.txt"), "a\n");
        CHECK_EQ(send("wrong word"), 1);
        const std::string log = s.latchkey({"logs", "2"}).out;
        CHECK(has(log, "can't send a.txt: "));
        CHECK_FALSE(has(log, "wrong word"));
    }
}
