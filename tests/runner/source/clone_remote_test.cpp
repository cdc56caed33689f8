// SPDX-License-Identifier: Apache-2.0
//
// Clones of real repositories: over HTTP from git's own http-backend, and over SSH from a real sshd.
#include "runner/source/clone.hpp"
#include "tests/runner/source/clone_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <pwd.h>
#include <unistd.h>

using namespace latchkey;
using namespace latchkey::test;
using source::project_clone;

namespace {

struct http_world {
    http_world() { fill(git.folder() / "repos/there.git"); }
    std::string url(const std::string& path = "/there.git") const { return "http://127.0.0.1:" + git.port() + path; }
    test::server git{"runner/native/servers/git_server.py"};
    test::temp_dir data;
    project_clone c{data.path(), 1, "web"};
};

}  // namespace

TEST_SUITE("source.clone_remote") {
    TEST_CASE("over HTTP with a password: fetched, and it is in no process list, environment, file or error") {
        const http_world w;
        const auto done = w.c.fetch(w.url(), login("ana", "pass word 0123"));
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        CHECK_EQ(text(w.c.default_branch()), "main");
        // In the address it is taken out of it.
        const auto written = w.c.fetch("http://ana:pass%20word%200123@127.0.0.1:" + w.git.port() + "/there.git", {});
        REQUIRE_MESSAGE(written.has_value(), written.error().what);
        const std::string processes = read_file(w.git.folder() / "processes");
        REQUIRE(has(processes, "there.git"));
        REQUIRE(has(read_file(w.git.folder() / "environments"), "GIT_ALLOW_PROTOCOL=http"));
        for (const std::string secret : {"pass word 0123", "pass%20word", "YW5hOnBhc3Mgd29yZCAwMTIz"}) {
            CHECK_FALSE(has(processes, secret));
            CHECK_FALSE(has(read_file(w.git.folder() / "environments"), secret));
            CHECK_EQ(shell(w.data.path(), "grep -rlF '" + secret + "' . || true"), "");
        }
    }

    TEST_CASE("over HTTP: a wrong login, none, and a repository that is not there are told apart") {
        const http_world w;
        const auto wrong = w.c.fetch(w.url(), login("ana", "wrong word 99"));
        CHECK(code(wrong) == errc::denied);
        CHECK_FALSE(has(wrong.error().what, "wrong word 99"));
        CHECK(code(w.c.fetch(w.url(), {})) == errc::denied);
        CHECK(code(w.c.fetch(w.url("/other.git"), login("ana", "pass word 0123"))) == errc::not_found);
        CHECK_FALSE(fs::exists(w.c.path()));
        CHECK(code(w.c.fetch("http://127.0.0.1:1/x.git", {})) == errc::engine);
        const auto plain = w.c.fetch("http://git.acme.test/x.git", login("ana", "pass word 0123"));
        CHECK(code(plain) == errc::refused);
        CHECK_EQ(plain.error().what, "a password does not go to git.acme.test without TLS: write https:// there");
    }

    TEST_CASE("over HTTP: a redirect to another host is not shown the login") {
        const http_world w;
        CHECK(code(w.c.fetch(w.url("/moved/there.git"), login("ana", "pass word 0123"))) == errc::denied);
        REQUIRE(has(read_file(w.git.folder() / "logins"), "localhost:" + w.git.port() + " None"));
        CHECK_FALSE(has(read_file(w.git.folder() / "logins"), "localhost:" + w.git.port() + " Basic"));
    }

    TEST_CASE("over HTTP: cut off or hanging, it fails, what was there stays, and the next time is good") {
        const http_world w;
        CHECK(code(w.c.fetch(w.url("/cut/there.git"), login("ana", "pass word 0123"))) == errc::engine);
        CHECK_FALSE(fs::exists(w.c.path()));
        source::fetch_options o;
        o.limit = std::chrono::milliseconds(300);
        const auto hanging = w.c.fetch(w.url("/hang/there.git"), login("ana", "pass word 0123"), o);
        CHECK(code(hanging) == errc::engine);
        CHECK(has(hanging.error().what, "takes longer than it may"));
        REQUIRE(w.c.fetch(w.url(), login("ana", "pass word 0123")).has_value());
        shell(w.git.folder() / "repos/there.git", "git update-ref refs/heads/main refs/pull/7/head");
        CHECK(w.c.fetch(w.url("/cut/there.git"), login("ana", "pass word 0123")).has_error());
        CHECK_EQ(text(w.c.file_at(*w.c.commit_of("main"), "a.txt")), "two\n");
        REQUIRE(w.c.fetch(w.url(), login("ana", "pass word 0123")).has_value());
        CHECK_EQ(text(w.c.file_at(*w.c.commit_of("main"), "a.txt")), "fork\n");
    }

    TEST_CASE("over SSH with a key: learned or given keys of the host, and no other") {
        const test::server ssh("runner/native/servers/sshd.sh");
        test::temp_dir data;
        shell(data.path(), "git init -q --bare there.git");
        fill(data.path() / "there.git");
        const std::string url = "ssh://" + std::string(::getpwuid(::geteuid())->pw_name) +
                                "@127.0.0.1:" + ssh.port() + (data.path() / "there.git").string();
        const auto with_key = [&](const std::string& hosts) {
            source::git_login l;
            l.key = vault::secret(read_file(ssh.folder() / "key"));
            l.host_keys = hosts;
            return l;
        };
        const project_clone c(data.path(), 1, "web");
        const auto done = c.fetch(url, with_key(""));
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        CHECK_EQ(text(c.default_branch()), "main");
        CHECK(has(read_file(data.path() / "repositories/known_hosts"), "127.0.0.1"));
        const std::string host_key = read_file(ssh.folder() / "host.pub");
        CHECK(c.fetch(url, with_key(host_key)).has_value());
        CHECK(c.fetch(url, with_key("[127.0.0.1]:" + ssh.port() + " " + host_key)).has_value());
        const std::string other = read_file(ssh.folder() / "key.pub");
        CHECK(code(c.fetch(url, with_key(other))) == errc::refused);
        CHECK(code(c.fetch(url, {})) == errc::denied);
        auto broken = with_key(host_key);
        broken.key = vault::secret("no key");
        CHECK(code(c.fetch(url, broken)) == errc::denied);
        CHECK(code(c.fetch(url + "x", with_key(host_key))) == errc::not_found);
        // Learned once, another is refused.
        test::write_file(data.path() / "repositories/known_hosts", "[127.0.0.1]:" + ssh.port() + " " + other);
        CHECK(code(c.fetch(url, with_key(""))) == errc::refused);
        const std::string middle = read_file(ssh.folder() / "key").substr(100, 40);
        CHECK_EQ(shell(data.path(), "grep -rlF '" + middle + "' . || true"), "");
    }
}
