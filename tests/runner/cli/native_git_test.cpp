// SPDX-License-Identifier: Apache-2.0
//
// PUSH with the real program, to a git server on this machine that asks for a password.
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

// A project with one commit on the branch main, and a server to push it to.
class world {
public:
    world() {
        shell("git init -q -b main . && git config user.name Ana && git config user.email ana@acme.test");
        s.write(".gitignore", "ignored\n");
        s.write("kept.txt", "one\n");
        s.write("gone.txt", "x\n");
        s.write("secrets", "PASSWORD=pass word 0123\n");
        std::filesystem::permissions(s.project() / "secrets", std::filesystem::perms(0600));
        shell("echo secrets >>.git/info/exclude; git add . && git commit -q -m first");
    }

    std::string shell(const std::string& commands) const {
        const said done = s.program({"/bin/sh", "-c", commands});
        CAPTURE(commands);
        CHECK_MESSAGE(done.code == 0, done.out);
        return done.out;
    }

    // What the server's repository says.
    std::string there(const std::string& arguments) const {
        return shell("git -C '" + (git.folder() / "repos/there.git").string() + "' " + arguments);
    }

    // A run of PUSH with these keys besides the usual login.
    said push(const std::string& keys, const std::string& url = "there.git") const {
        return push_to("http://127.0.0.1:" + git.port() + "/" + url, keys);
    }
    said push_to(const std::string& url, const std::string& keys) const {
        s.write(
            "buddy.yml",
            "- pipeline: p\n  variables:\n    - {key: PASSWORD, encrypted: true}\n  actions:\n    - action: Push\n"
            "      type: PUSH\n      push_url: " +
                url + "\n      git_auth_mode: HTTP\n      login: ana\n      password: $PASSWORD\n" + keys);
        return s.latchkey({"run", "--secret-file", "secrets"});
    }
    std::string log(const std::string& run) const { return s.latchkey({"logs", run}).out; }

    session s;
    server git{"runner/native/servers/git_server.py"};
};

}  // namespace

TEST_SUITE("cli.native_git") {
    TEST_CASE("PUSH: HEAD to the branch of its name, with tags, and nothing of what only lies there") {
        const world w;
        w.shell("git tag v1 && git tag -a -m two v2");
        w.s.write("new.txt", "new\n");
        const said run = w.push("      push_tags: true\n      tag: deployed\n");
        CAPTURE(w.log("1"));
        CHECK_EQ(run.code, 0);
        CHECK_EQ(w.there("for-each-ref --format='%(refname) %(objecttype)'"),
                 "refs/heads/main commit\nrefs/tags/deployed commit\nrefs/tags/v1 commit\nrefs/tags/v2 tag\n");
        CHECK_EQ(w.there("rev-parse main"), w.shell("git rev-parse HEAD"));
        CHECK_EQ(w.there("ls-tree --name-only main"), ".gitignore\ngone.txt\nkept.txt\n");
    }

    TEST_CASE(
        "PUSH: the password is in no process list, log, file of ours or of the workspace, nor in what git keeps") {
        const world w;
        const said run = w.push("      target_branch: release\n");
        CAPTURE(w.log("1"));
        CHECK_EQ(run.code, 0);
        CHECK_EQ(w.there("rev-parse release"), w.shell("git rev-parse HEAD"));
        const std::string processes = read_file(w.git.folder() / "processes");
        REQUIRE(has(processes, "push"));
        CHECK(has(processes, "127.0.0.1:" + w.git.port() + "/there.git"));
        for (const std::string secret : {"pass word 0123", "pass%20word", "YW5hOnBhc3Mgd29yZCAwMTIz"}) {
            CHECK_FALSE(has(processes, secret));
            CHECK_FALSE(has(w.log("1"), secret));
            CHECK(w.s.files_with(secret).empty());
        }
        CHECK_EQ(w.shell("grep -rl 'pass word 0123' . --exclude=secrets || true"), "");
        // In an address it would be in git's arguments, and is taken out of it.
        CHECK_EQ(w.push_to("http://ana:pass%20word%200123@127.0.0.1:" + w.git.port() + "/there.git", "").code, 0);
        CHECK_FALSE(has(read_file(w.git.folder() / "processes"), "pass%20word"));
        CHECK_FALSE(has(w.log("2"), "pass%20word"));
    }

    TEST_CASE("PUSH with a comment: what has changed as one commit on top, and the user's index and branch stay") {
        const world w;
        w.s.write("kept.txt", "two\n");
        w.s.write("sub/new.txt", "new\n");
        w.s.write("ignored", "x\n");
        w.s.write("staged.txt", "x\n");
        w.shell("rm gone.txt && git add staged.txt");
        const std::string before = w.shell("git rev-parse HEAD && git status --porcelain -- . ':!buddy.yml'");
        const said run = w.push("      comment: 'run $BUDDY_RUN_ID: it''s built'\n");
        CAPTURE(w.log("1"));
        CHECK_EQ(run.code, 0);
        CHECK_EQ(w.there("log --format='%an <%ae> %s' main"),
                 "Ana <ana@acme.test> run 1: it's built\nAna <ana@acme.test> first\n");
        CHECK_EQ(w.there("diff --no-renames --name-status main~ main"),
                 "A\tbuddy.yml\nD\tgone.txt\nM\tkept.txt\nA\tstaged.txt\nA\tsub/new.txt\n");
        CHECK_EQ(w.shell("git rev-parse HEAD && git status --porcelain -- . ':!buddy.yml'"), before);
        CHECK_EQ(w.shell("git count-objects -v | grep prune-packable; git fsck --unreachable --no-reflogs "
                         "2>/dev/null | grep -c commit || true"),
                 "prune-packable: 0\n0\n");
        CHECK_EQ(w.shell("ls .git | grep -c latchkey || true"), "0\n");
        // isolated: without what actions made.
        CHECK_EQ(w.push("      comment: again\n      isolated: true\n").code, 0);
        CHECK_EQ(w.there("rev-parse main"), w.shell("git rev-parse HEAD"));
    }

    TEST_CASE("PUSH with use_custom_gitignore: deployment_excludes instead of .gitignore") {
        const world w;
        w.s.write("ignored", "x\n");
        w.s.write("dist/app.js", "x\n");
        w.s.write("dist/app.js.map", "x\n");
        w.s.write("tmp/x", "x\n");
        const said run = w.push(
            "      comment: built\n      use_custom_gitignore: true\n      deployment_excludes: ['*.map', /tmp/, "
            "secrets]\n");
        CAPTURE(w.log("1"));
        CHECK_EQ(run.code, 0);
        CHECK_EQ(w.there("ls-tree -r --name-only main"),
                 ".gitignore\nbuddy.yml\ndist/app.js\ngone.txt\nignored\nkept.txt\n");
    }

    TEST_CASE("PUSH: history is overwritten as usual there, and not with without_force") {
        const world w;
        REQUIRE_EQ(w.push("").code, 0);
        w.shell("git commit -q --amend -m other");
        CHECK_EQ(w.push("      without_force: true\n").code, 1);
        CHECK(has(w.log("2"), "rejected"));
        CHECK_EQ(w.push("").code, 0);
        CHECK_EQ(w.there("rev-parse main"), w.shell("git rev-parse HEAD"));
    }

    TEST_CASE("PUSH: nothing that the repository configures is started, and no address of it is rewritten") {
        const world w;
        w.s.write("evil.sh", "#!/bin/sh\necho started >>\"$0.ran\"\ncat\n");
        w.s.write(".gitattributes", "*.txt filter=evil\n");
        const std::string evil = (w.s.project() / "evil.sh").string();
        w.shell("chmod +x evil.sh; git config filter.evil.clean '" + evil + "'; git config core.fsmonitor '" + evil +
                "'; git config credential.helper '!" + evil + "'; git config core.askPass '" + evil +
                "'; git config url.http://127.0.0.1:1/.insteadOf http://; git config core.sshCommand '" + evil +
                "'; mkdir -p hooks; for h in pre-push pre-commit post-index-change reference-transaction; do cp "
                "evil.sh hooks/$h; "
                "done; git config core.hooksPath hooks; cp evil.sh .git/hooks/pre-push");
        w.s.write("kept.txt", "two\n");
        w.s.write("sub.md", "new\n");
        const said run = w.push("      comment: built\n      push_tags: true\n");
        CAPTURE(w.log("1"));
        CHECK_EQ(run.code, 0);
        CHECK_EQ(w.shell("find . -name '*.ran'"), "");
        // Without its filter a file must not be committed.
        CHECK(has(w.log("1"), "1 file is pushed as before"));
        CHECK_EQ(w.there("show main:kept.txt"), "one\n");
        CHECK_EQ(w.there("show main:sub.md"), "new\n");
    }

    TEST_CASE("PUSH: a wrong password fails without it, and another host is not shown the right one") {
        const world w;
        w.s.write("secrets", "PASSWORD=wrong word 99\n");
        CHECK_EQ(w.push("").code, 1);
        CHECK(has(w.log("1"), "Authentication failed"));
        CHECK_FALSE(has(w.log("1"), "wrong word 99"));
        w.s.write("secrets", "PASSWORD=pass word 0123\n");
        CHECK_EQ(w.push("", "moved/there.git").code, 1);
        CAPTURE(w.log("2"));
        CHECK_FALSE(has(read_file(w.git.folder() / "logins"), "localhost:" + w.git.port() + " Basic"));
        CHECK_EQ(w.push_to("http://git.acme.test/x.git", "").code, 1);
        CHECK(has(w.log("3"), "a password does not go to git.acme.test without TLS"));
    }

    TEST_CASE("PUSH: what can't be pushed to, or as, is said before anything is sent") {
        const world w;
        auto refused = [&, run = 0](const std::string& url, const std::string& keys) mutable {
            CHECK_EQ(w.push_to(url, keys).code, 1);
            return w.log(std::to_string(++run));
        };
        CHECK(has(refused("'ext::sh -c id'", ""), "no address that git can push to"));
        CHECK(has(refused("--receive-pack=id", ""), "no address that git can push to"));
        CHECK(has(refused("/srv/git/x.git", ""), "write https://host/path or git@host:path"));
        CHECK(has(refused("file:///srv/git/x.git", ""), "https and ssh are known"));
        const std::string there = "http://127.0.0.1:" + w.git.port() + "/there.git";
        CHECK(has(refused(there, "      target_branch: 'a..b'\n"), "target_branch is no branch's name"));
        CHECK(has(refused(there, "      tag: 'a b'\n"), "`tag` is no tag's name"));
        CHECK(has(refused(there, "      custom_options: --receive-pack=id\n"),
                  "custom_options has \"--receive-pack=id\""));
        CHECK(has(refused("git@127.0.0.1:x.git", "      targets: [live]\n"), "the target live is not in this file"));
        w.shell("rm -rf .git");
        CHECK(has(refused(there, ""), "the workspace is no git repository"));
    }

    TEST_CASE(
        "PUSH to project_repository: the project's own origin, by the action's login and not by the address's") {
        const world w;
        w.shell("git remote add origin http://ana:pass%20word%200123@127.0.0.1:" + w.git.port() + "/there.git");
        const auto run = [&](const std::string& login) {
            w.s.write("buddy.yml",
                      "- pipeline: p\n  variables:\n    - {key: PASSWORD, encrypted: true}\n  actions:\n    - "
                      "action: Push\n"
                      "      type: PUSH\n      targets: [project_repository]\n" +
                          login);
            return w.s.latchkey({"run", "--secret-file", "secrets"}).code;
        };
        CHECK_EQ(run(""), 1);
        CHECK(has(w.log("1"), "could not read Username"));
        CHECK_EQ(run("      login: ana\n      password: $PASSWORD\n"), 0);
        CAPTURE(w.log("2"));
        CHECK_EQ(w.there("rev-parse main"), w.shell("git rev-parse HEAD"));
    }

    TEST_CASE("PUSH over SSH: with the key of a variable") {
        const world w;
        const server ssh("runner/native/servers/sshd.sh");
        const std::string me = ::getpwuid(::geteuid())->pw_name;
        w.shell("git init -q --bare '" + (ssh.folder() / "there.git").string() + "'");
        w.s.write("secrets", "KEY<<END\n" + read_file(ssh.folder() / "key") + "END\n");
        w.s.write("buddy.yml",
                  "- pipeline: p\n  variables:\n    - {key: KEY, type: SSH_KEY, encrypted: true}\n  actions:\n    - "
                  "action: Push\n"
                  "      type: PUSH\n      targets:\n        - target: there\n          repository: ssh://" +
                      me + "@127.0.0.1:" + ssh.port() + (ssh.folder() / "there.git").string() +
                      "\n          auth: {method: SSH_KEY, key: KEY}\n");
        const said run = w.s.latchkey({"run", "--secret-file", "secrets"});
        CAPTURE(w.log("1"));
        CHECK_EQ(run.code, 0);
        CHECK_EQ(w.shell("git -C '" + (ssh.folder() / "there.git").string() + "' rev-parse main"),
                 w.shell("git rev-parse HEAD"));
    }

    TEST_CASE("PUSH of a checkout: the run's commit and what builds changed, wherever the work tree is by now") {
        const world w;
        const std::string first = w.shell("git rev-parse HEAD");
        const auto push = [&](const std::string& keys) {
            w.s.write(
                "buddy.yml",
                "- pipeline: p\n  variables:\n    - {key: PASSWORD, encrypted: true}\n  actions:\n    - {action: "
                "Build, type: BUILD, execute_commands: ['echo built > made.txt', 'rm gone.txt', 'test -e ready']}\n"
                "    - action: Push\n      type: PUSH\n      push_url: http://127.0.0.1:" +
                    w.git.port() +
                    "/there.git\n      git_auth_mode: HTTP\n      login: ana\n      password: $PASSWORD\n" + keys);
            return w.s.latchkey({"run", "--checkout", "--secret-file", "secrets"}).code;
        };
        CHECK_EQ(push("      comment: built\n"), 1);
        // By the retry the work tree is on another branch, at another commit, and holds other changes.
        w.shell(
            "git checkout -q -b other && echo two > kept.txt && git commit -q -a -m second && echo three > kept.txt");
        latchkey::test::write_file(w.s.data() / "latchkey/filesystems/1/shop/ready", "");
        const said again = w.s.latchkey({"retry", "1", "--secret-file", "secrets"});
        CAPTURE(again.out);
        CAPTURE(w.log("1"));
        CHECK_EQ(again.code, 0);
        CHECK_EQ(w.there("for-each-ref --format='%(refname)'"), "refs/heads/main\n");
        CHECK_EQ(w.there("rev-parse main~"), first);
        CHECK_EQ(w.there("diff --no-renames --name-status main~ main"), "D\tgone.txt\nA\tmade.txt\nA\tready\n");
        CHECK_EQ(w.shell("git status --porcelain -- kept.txt"), " M kept.txt\n");
        CHECK_EQ(w.shell("ls .git | grep -c latchkey-push || true"), "0\n");
    }

    TEST_CASE("PUSH logs in with the integration of the server that it pushes to, and with no other's") {
        const world w;
        w.s.write("token", "pass word 0123");
        std::filesystem::permissions(w.s.project() / "token", std::filesystem::perms(0600));
        w.shell("echo token >>.git/info/exclude");
        for (const auto& [name, host] : {std::pair("mine", "127.0.0.1"), std::pair("other", "git.acme.test")})
            REQUIRE_EQ(w.s.latchkey({"integration", "add", name, "--type", "GIT_HUB_ENTERPRISE", "--field",
                                     "token=@token", "--field", std::string("host_url=") + host})
                           .code,
                       0);
        const auto push = [&](const std::string& integration) {
            w.s.write("buddy.yml", "- pipeline: p\n  actions:\n    - {action: Push, type: PUSH, integration: " +
                                       integration + ", push_url: 'http://127.0.0.1:" + w.git.port() +
                                       "/there.git', target_branch: by_" + integration + "}\n");
            return w.s.latchkey({"run"}).code;
        };
        CHECK_EQ(push("mine"), 4);
        CHECK_EQ(w.s.latchkey({"retry", "1", "--grant"}).code, 0);
        CAPTURE(w.log("1"));
        CHECK_EQ(w.there("for-each-ref --format='%(refname)'"), "refs/heads/by_mine\n");
        CHECK_FALSE(has(read_file(w.git.folder() / "processes"), "pass word 0123"));
        REQUIRE_EQ(w.s.latchkey({"grant", "other", "--pipeline", "p"}).code, 0);
        const auto logins = [&] { return read_file(w.git.folder() / "logins").size(); };
        const std::size_t before = logins();
        CHECK_EQ(push("other"), 1);
        CHECK_FALSE(has(read_file(w.git.folder() / "logins").substr(before), "Basic"));
        CHECK_EQ(w.there("for-each-ref --format='%(refname)'"), "refs/heads/by_mine\n");
    }
}
