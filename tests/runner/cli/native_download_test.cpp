// SPDX-License-Identifier: Apache-2.0
//
// Downloads with the real program, from real servers on this machine, one of which lies about names.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <pwd.h>
#include <unistd.h>

using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::server;
using latchkey::test::session;
using latchkey::test::write_file;

namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string log_of(const session& s, const std::string& run) {
    return s.latchkey({"logs", run}).out;
}

said download_ftp(const session& s, const server& ftp, const std::string& keys,
                  const std::string& type = "DOWNLOAD_FTP", const std::string& host = "127.0.0.1",
                  const std::string& variables = "") {
    s.write("buddy.yml", "- pipeline: p\n" + variables + "  actions:\n    - action: Get\n      type: " + type +
                             "\n      host: " + host + "\n      port: " + ftp.port() +
                             "\n      login: ana\n      password: pass word\n" + keys);
    return s.latchkey({"run"});
}

// What is below a folder, one path a line.
std::string tree(const fs::path& folder) {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (!entry.is_directory()) all.push_back(entry.path().lexically_relative(folder).string());
    std::ranges::sort(all);
    std::string text;
    for (const std::string& one : all) text += one + "\n";
    return text;
}

}  // namespace

TEST_SUITE("cli.native_download") {
    TEST_CASE("DOWNLOAD_SSH: a folder with all below it, names with blanks, and no links") {
        const server ssh("runner/native/servers/sshd.sh");
        const session s;
        const fs::path there = ssh.folder() / "www";
        write_file(there / "b", "b");
        write_file(there / "a b", "a b");
        write_file(there / "sub dir/x#1?.txt", std::string(300'000, 'x'));
        write_file(there / "sub dir/left.log", "out");
        write_file(there / ".git/hooks/pre-push", "evil");
        fs::create_directory(there / "empty");
        fs::create_symlink("/etc/passwd", there / "passwd");
        fs::create_symlink(there, there / "sub dir/round");
        s.write("secrets", "KEY<<END\n" + read_file(ssh.folder() / "key") + "END\n");
        fs::permissions(s.project() / "secrets", fs::perms(0600));
        const auto get = [&](const std::string& keys) {
            s.write(
                "buddy.yml",
                "- pipeline: p\n  variables:\n    - {key: KEY, type: SSH_KEY, encrypted: true}\n  actions:\n    - "
                "action: "
                "Get\n      type: DOWNLOAD_SSH\n      authentication_mode: ENV_KEY\n      env_key: KEY\n      host: "
                "127.0.0.1\n      port: " +
                    ssh.port() + "\n      login: " + ::getpwuid(::geteuid())->pw_name +
                    "\n      source_path: " + keys);
            return s.latchkey({"run", "--secret-file", "secrets"}).code;
        };
        CHECK_EQ(get(there.string() +
                     "\n      destination_path: /in\n      recursive: true\n      download_excludes: ['*.log']\n"),
                 0);
        CAPTURE(log_of(s, "1"));
        CHECK_EQ(tree(s.project() / "in"), "a b\nb\nsub dir/x#1?.txt\n");
        CHECK_EQ(read_file(s.project() / "in/a b"), "a b");
        CHECK_EQ(read_file(s.project() / "in/sub dir/x#1?.txt").size(), 300'000);
        CHECK(has(log_of(s, "1"), "passwd: a link, passed over"));
        // Not below it, and one file.
        CHECK_EQ(get(there.string() + "/\n      destination_path: flat\n"), 0);
        CHECK_EQ(tree(s.project() / "flat"), "a b\nb\n");
        CHECK_EQ(get("'" + (there / "sub dir/left.log").string() + "'\n      destination_path: one\n"), 0);
        CHECK_EQ(tree(s.project() / "one"), "left.log\n");
        CHECK_EQ(get((ssh.folder() / "nothing").string() + "\n      destination_path: one\n"), 1);
        CHECK(has(log_of(s, "4"), "can't download nothing"));
        CHECK_EQ(tree(s.project() / "one"), "left.log\n");
    }

    TEST_CASE(
        "DOWNLOAD_FTP: what is there already stays unless overwrite is set, and a failure leaves no half of a file") {
        const server ftp("runner/native/servers/ftp_server.py");
        const session s;
        write_file(ftp.folder() / "files/site/a.txt", "new a\n");
        write_file(ftp.folder() / "files/site/deep/b.txt", "new b\n");
        s.write("in/a.txt", "old a\n");
        const std::string keys = "      source_path: /site\n      destination_path: in\n      recursive: true\n";
        CHECK_EQ(download_ftp(s, ftp, keys).code, 0);
        CAPTURE(log_of(s, "1"));
        CHECK_EQ(read_file(s.project() / "in/a.txt"), "old a\n");
        CHECK_EQ(read_file(s.project() / "in/deep/b.txt"), "new b\n");
        CHECK(has(log_of(s, "1"), "a.txt: is there already, kept as it is"));
        CHECK_EQ(download_ftp(s, ftp, keys + "      overwrite: true\n").code, 0);
        CHECK_EQ(read_file(s.project() / "in/a.txt"), "new a\n");
        // A folder in a file's place.
        fs::remove(s.project() / "in/a.txt");
        fs::create_directory(s.project() / "in/a.txt");
        CHECK_EQ(download_ftp(s, ftp, keys + "      overwrite: true\n").code, 1);
        CHECK_EQ(tree(s.project() / "in"), "deep/b.txt\n");
        CHECK_EQ(download_ftp(s, ftp, "      source_path: /site\n      destination_path: ../out\n").code, 1);
        CHECK(has(log_of(s, "4"), "\"../out\" is not in the workspace"));
    }

    TEST_CASE("DOWNLOAD_FTP: names that a hostile server sends lead nowhere") {
        const server ftp("runner/native/servers/hostile_ftp.py");
        write_file(ftp.folder() / "content", "evil\n");
        const auto get = [&](const std::string& name, const std::string& type = "-rw-r--r--") {
            const session s;
            s.write("keep", "x");
            fs::create_directory_symlink("/tmp", s.project() / "in_link");
            fs::create_directories(s.project() / "in");
            fs::create_directory_symlink(s.project() / "..", s.project() / "in/up");
            write_file(ftp.folder() / "listing", "-rw-r--r--   1 ana ana 5 Nov 25 04:00 good.txt\n" + type +
                                                     "   1 ana ana 5 Nov 25 04:00 " + name + "\n");
            const said run =
                download_ftp(s, ftp,
                             "      source_path: /site\n      destination_path: in\n      recursive: true\n"
                             "      overwrite: true\n");
            const std::string log = log_of(s, "1");
            CAPTURE(name);
            CAPTURE(log);
            CHECK_FALSE(fs::exists(s.project() / "evil"));
            CHECK_FALSE(fs::exists(s.project() / "../evil"));
            CHECK_FALSE(fs::exists("/tmp/latchkey-evil"));
            CHECK_FALSE(fs::exists(s.project() / "in/.git"));
            for (const auto& entry : fs::directory_iterator(s.project() / "in"))
                CHECK_FALSE(has(entry.path().filename().string(), ".latchkey"));
            return std::pair(run.code, log);
        };
        CHECK_EQ(get("fine").first, 0);
        for (const std::string name : {"../evil", "../../evil", "/tmp/latchkey-evil", "a/../../evil", "bell\x07"}) {
            const auto [code, log] = get(name);
            CHECK_EQ(code, 1);
            CHECK(has(log, "which has no place in the workspace"));
        }
        CHECK(has(get(".git").second, ".git: passed over"));
        CHECK(has(get(".GIT").second, ".GIT: passed over"));
        // A link of the workspace in a folder's place, into which the server would go on.
        CHECK(has(get("up", "drwxr-xr-x").second, "is a link, or no folder"));
    }

    TEST_CASE("DOWNLOAD_FTPS: no login to a server whose certificate nobody vouches for") {
        const server ftp("runner/native/servers/ftps_server.sh");
        const session s;
        write_file(ftp.folder() / "files/a.txt", "a\n");
        const std::string keys = "      source_path: /a.txt\n      destination_path: in\n";
        CHECK_EQ(download_ftp(s, ftp, keys, "DOWNLOAD_FTPS").code, 1);
        CHECK(has(log_of(s, "1"), "certificate"));
        CHECK_FALSE(has(read_file(ftp.folder() / "system"), "Login successful"));
        CHECK_FALSE(fs::exists(s.project() / "in/a.txt"));
    }

    TEST_CASE("FTPS: files there and back over TLS, with a certificate that we trust") {
        const server ftp("runner/native/servers/ftps_server.sh");
        const session s;
        const std::string trust =
            "  variables:\n    - {key: SSL_CERT_FILE, value: '" + (ftp.folder() / "certificate").string() + "'}\n";
        s.write("dist/a.txt", std::string(300'000, 'a'));
        s.write("dist/sub dir/b.txt", "b\n");
        CHECK_EQ(
            download_ftp(s, ftp, "      local_path: dist\n      remote_path: /www/new\n", "FTPS", "127.0.0.1", trust)
                .code,
            0);
        CAPTURE(log_of(s, "1"));
        CHECK_EQ(read_file(ftp.folder() / "files/www/new/a.txt").size(), 300'000);
        CHECK_EQ(read_file(ftp.folder() / "files/www/new/sub dir/b.txt"), "b\n");
        CHECK_EQ(
            download_ftp(s, ftp, "      source_path: /www/new\n      destination_path: back\n      recursive: true\n",
                         "DOWNLOAD_FTPS", "127.0.0.1", trust)
                .code,
            0);
        CAPTURE(log_of(s, "2"));
        CHECK_EQ(tree(s.project() / "back"), "a.txt\nsub dir/b.txt\n");
        CHECK_EQ(read_file(s.project() / "back/a.txt").size(), 300'000);
        // Both connections were encrypted, each time.
        CHECK(has(read_file(ftp.folder() / "tls.log"), "data connection accepted"));
        CHECK_FALSE(has(read_file(ftp.folder() / "tls.log"), "unprotected"));
    }

    TEST_CASE("DOWNLOAD_SSH: names that a server makes up lead nowhere, and a list without an end has one here") {
        const server ssh("runner/native/servers/hostile_sftp.sh");
        write_file(ssh.folder() / "content", "evil\n");
        const auto get = [&](const std::string& name, const std::string& type = "-rw-r--r--") {
            const session s;
            fs::create_directories(s.project() / "in");
            fs::create_directory_symlink(s.project() / "..", s.project() / "in/up");
            s.write("secrets", "KEY<<END\n" + read_file(ssh.folder() / "key") + "END\n");
            fs::permissions(s.project() / "secrets", fs::perms(0600));
            const auto line = [](const std::string& named, const std::string& kind) {
                return named + "\\t" + kind + "    1 0 0 5 Nov 25 04:00 " + named + "\n";
            };
            write_file(ssh.folder() / "listing", line("good.txt", "-rw-r--r--") + line(name, type));
            s.write(
                "buddy.yml",
                "- pipeline: p\n  variables:\n    - {key: KEY, type: SSH_KEY, encrypted: true}\n  actions:\n    - "
                "{action: Get, type: DOWNLOAD_SSH, authentication_mode: ENV_KEY, env_key: KEY, host: 127.0.0.1, "
                "port: " +
                    ssh.port() + ", login: " + ::getpwuid(::geteuid())->pw_name +
                    ", source_path: /site/, destination_path: in, recursive: true, overwrite: true}\n");
            const said run = s.latchkey({"run", "--secret-file", "secrets"});
            const std::string log = log_of(s, "1");
            CAPTURE(name);
            CAPTURE(log);
            CHECK_FALSE(fs::exists(s.project() / "evil"));
            CHECK_FALSE(fs::exists(s.project() / "../evil"));
            CHECK_FALSE(fs::exists("/tmp/latchkey-evil"));
            CHECK_FALSE(fs::exists(s.project() / "in/.git"));
            CHECK_EQ(log.find('\x07'), std::string::npos);
            return std::pair(run.code, log);
        };
        CHECK_EQ(get("fine").first, 0);
        for (const std::string name :
             {"../evil", "../../evil", "/tmp/latchkey-evil", "a/../../evil", "bell\\x07", "back\\\\..\\\\evil/"}) {
            const auto [code, log] = get(name);
            CAPTURE(name);
            CAPTURE(log);
            CHECK_EQ(code, 1);
            CHECK(has(log, "which has no place in the workspace"));
        }
        // A line end in a name makes two names of it, of which neither is a path.
        CHECK_FALSE(fs::exists("/tmp/latchkey-evil"));
        get("a\\n/tmp/latchkey-evil");
        CHECK(has(get(".git").second, ".git: passed over"));
        CHECK(has(get(".GIT").second, ".GIT: passed over"));
        CHECK(has(get("up", "drwxr-xr-x").second, "is a link, or no folder"));
        // In each folder the same folder again.
        const auto [deep, how] = get("round", "drwxr-xr-x");
        CHECK_EQ(deep, 1);
        CHECK(has(how, "nested too deeply"));
        write_file(ssh.folder() / "endless", "");
        const auto [code, log] = get("fine");
        CHECK_EQ(code, 1);
        CHECK(has(log, "can't list /site/"));
    }

    TEST_CASE("SFTP: a path without a slash at its beginning is below the login's own folder, there and back") {
        const server ssh("runner/native/servers/sshd.sh");
        const session s;
        s.write("dist/a.txt", "a\n");
        s.write("secrets", "KEY<<END\n" + read_file(ssh.folder() / "key") + "END\n");
        fs::permissions(s.project() / "secrets", fs::perms(0600));
        const std::string login = "authentication_mode: ENV_KEY, env_key: KEY, host: 127.0.0.1, port: " + ssh.port() +
                                  ", login: " + ::getpwuid(::geteuid())->pw_name;
        s.write("buddy.yml",
                "- pipeline: p\n  variables:\n    - {key: KEY, type: SSH_KEY, encrypted: true}\n  actions:\n    - "
                "{action: Send, type: SFTP, local_path: dist, remote_path: www/new, " +
                    login +
                    "}\n    - {action: Get, type: DOWNLOAD_SSH, source_path: www/new, destination_path: back, " +
                    login + "}\n");
        const said run = s.latchkey({"run", "--secret-file", "secrets"});
        CAPTURE(log_of(s, "1"));
        CHECK_EQ(run.code, 0);
        CHECK_EQ(read_file(ssh.folder() / "home/www/new/a.txt"), "a\n");
        CHECK_EQ(read_file(s.project() / "back/a.txt"), "a\n");
    }

    TEST_CASE("DOWNLOAD: by the protocol of its target") {
        const server ftp("runner/native/servers/ftp_server.py");
        const session s;
        write_file(ftp.folder() / "files/a.txt", "a\n");
        const auto get = [&](const std::string& type) {
            s.write(
                "buddy.yml",
                "- pipeline: p\n  actions:\n    - action: Get\n      type: DOWNLOAD\n      source_path: a.txt\n      "
                "destination_path: in\n      targets:\n        - {target: there, type: " +
                    type + ", host: 127.0.0.1, port: " + ftp.port() +
                    ", auth: {method: PASSWORD, username: ana, password: pass word}}\n");
            return s.latchkey({"run"}).code;
        };
        CHECK_EQ(get("FTP"), 0);
        CAPTURE(log_of(s, "1"));
        CHECK_EQ(read_file(s.project() / "in/a.txt"), "a\n");
        CHECK_EQ(get("EC2"), 1);
        CHECK(has(log_of(s, "2"), "can't be downloaded from a target of the type EC2"));
    }
}
