// SPDX-License-Identifier: Apache-2.0
//
// What a user does, with the real program: run, denied, why, grant, retry, revoke, audit.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"

#include <doctest/doctest.h>

using latchkey::test::said;
using latchkey::test::session;

namespace {

const std::string token = "ghp_planted0secret1value2";
const std::string token_in_base64 = "Z2hwX3BsYW50ZWQwc2VjcmV0MXZhbHVl";  // of all but its last characters

const char* const deploy_file = R"(- pipeline: deploy
  actions:
    - action: Build
      type: BUILD
      execute_commands:
        - echo once >> built.txt
        - 'echo "token here: ${GITHUB_TOKEN:-no}, the user''s: ${SECRET_OF_THE_USER:-no}"'
    - action: Publish
      type: GIT_HUB_CLI
      integration: releases
      execute_commands:
        - 'echo "published with $GITHUB_TOKEN and $RELEASES_TOKEN"'
        - printf %s "$GITHUB_TOKEN" | base64
        - printf %s "$GITHUB_TOKEN" | od -An -tx1 | tr -d ' \n'
)";

bool has(const said& s, const std::string& text) {
    return s.out.find(text) != std::string::npos;
}

void add_releases(const session& s) {
    const said added =
        s.latchkey({"integration", "add", "Releases", "--type", "GIT_HUB", "--field", "token=-"}, token + "\n");
    CAPTURE(added.out);
    REQUIRE_EQ(added.code, 0);
    CHECK_FALSE(has(added, token));
}

}  // namespace

TEST_SUITE("cli.story") {
    TEST_CASE("denied, granted, retried, revoked, proven: the whole story") {
        const session s;
        s.write("buddy.yml", deploy_file);
        add_releases(s);

        const said denied = s.latchkey({"run", "deploy"});
        CHECK_EQ(denied.code, 4);
        CHECK_GOLDEN("runner/cli/golden/denied.txt", denied.out);
        CHECK_FALSE(std::filesystem::exists(s.project() / "built.txt"));

        const said why = s.latchkey({"why", "deploy", "releases"});
        CHECK_EQ(why.code, 0);
        CHECK_GOLDEN("runner/cli/golden/why_denied.txt", why.out);

        // The file changes after the run: the retry runs what the run had.
        s.write("buddy.yml", std::string(deploy_file) +
                                 "    - action: Never\n      type: BUILD\n      execute_commands: [touch never]\n");
        const said retried = s.latchkey({"retry", "1", "--grant"});
        CAPTURE(retried.out);
        CHECK_EQ(retried.code, 0);
        CHECK(has(retried, "attempt 2"));
        CHECK_EQ(latchkey::test::read_file(s.project() / "built.txt"), "once\n");
        CHECK_FALSE(std::filesystem::exists(s.project() / "never"));
        s.write("buddy.yml", deploy_file);

        const said logs = s.latchkey({"logs", "1"});
        CHECK(has(logs, "token here: no, the user's: no"));
        CHECK(has(logs, "published with *** and ***"));
        CHECK_FALSE(has(logs, token));
        CHECK_FALSE(has(logs, token_in_base64));

        const said again = s.latchkey({"retry", "1"});
        CHECK_EQ(again.code, 0);
        CHECK_EQ(latchkey::test::read_file(s.project() / "built.txt"),
                 "once\n");  // nothing that succeeded runs again

        CHECK_EQ(s.latchkey({"revoke", "releases", "--pipeline", "deploy"}).code, 0);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 4);
        CHECK(has(s.latchkey({"audit", "verify"}), "none touched"));
        CHECK(s.files_with(token).empty());
        CHECK(s.files_with("Z2hwX3BsYW50ZWQwc2VjcmV0MXZhbHVl").empty());
        CHECK(s.files_with("6768705f706c616e746564").empty());
        CHECK_FALSE(has(s.latchkey({"audit", "export"}), token));
        CHECK_FALSE(has(s.latchkey({"integration", "show", "releases"}), token));
        CHECK_FALSE(has(s.latchkey({"integration", "list", "--json"}), token));
    }

    TEST_CASE("asked on the terminal: yes grants and retries, and the run turns green") {
        const session s;
        s.write("buddy.yml", deploy_file);
        add_releases(s);
        const said no = s.on_terminal({"run"}, {{"retry? [y/N]", "n\n"}});
        CHECK_EQ(no.code, 4);
        CHECK(has(no, "Grant \"deploy\" permission to use releases and retry? [y/N]"));
        const said yes = s.on_terminal({"run"}, {{"retry? [y/N]", "y\n"}});
        CAPTURE(yes.out);
        CHECK_EQ(yes.code, 0);
        CHECK(has(yes, "succeeded"));
        CHECK_EQ(latchkey::test::read_file(s.project() / "built.txt"), "once\n");
    }

    TEST_CASE("a secret is typed unseen: nothing of it is echoed or kept in the clear") {
        const session s;
        const said added =
            s.on_terminal({"integration", "add", "Releases", "--type", "GIT_HUB"}, {{"): ", token + "\n"}});
        CAPTURE(added.out);
        CHECK_EQ(added.code, 0);
        CHECK_FALSE(has(added, token));
        CHECK(s.files_with(token).empty());
    }

    TEST_CASE("refused: a secret on the command line") {
        const session s;
        const said refused =
            s.latchkey({"integration", "add", "Releases", "--type", "GIT_HUB", "--field", "token=" + token});
        CHECK_EQ(refused.code, 2);
        CHECK(has(refused, "a secret is not taken from the command line"));
        CHECK_FALSE(has(refused, token));
        CHECK(has(s.latchkey({"integration", "list"}), "no integrations yet"));
    }

    TEST_CASE("a recreated or copied pipeline inherits nothing: it is another pipeline") {
        const session s;
        s.write("buddy.yml", deploy_file);
        add_releases(s);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 4);
        CHECK_EQ(s.latchkey({"grant", "releases", "--pipeline", "deploy"}).code, 0);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 0);
        // A copy of the file, a twin in another case, and the same name after it was gone.
        s.write("copy.yml", deploy_file);
        CHECK_EQ(s.latchkey({"run", "deploy", "-f", "copy.yml"}).code, 4);
        std::string twin = deploy_file;
        twin.replace(twin.find("deploy"), 6, "Deploy");
        s.write("buddy.yml", twin);
        CHECK_EQ(s.latchkey({"run", "Deploy"}).code, 4);
        s.write("buddy.yml", deploy_file);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 4);
    }

    TEST_CASE("a permission for one run, one ref, some time: it holds there only") {
        const session s;
        s.write("buddy.yml", deploy_file);
        add_releases(s);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 4);
        CHECK_EQ(s.latchkey({"retry", "1", "--grant", "--once"}).code, 0);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 4);
        CHECK_EQ(
            s.latchkey({"grant", "releases", "--pipeline", "deploy", "--ref", "refs/heads/main", "--expires", "2h"})
                .code,
            0);
        // A ref is what is checked out, not what somebody says.
        CHECK_EQ(s.latchkey({"run", "deploy", "--ref", "refs/heads/main"}).code, 2);
        for (const std::string command : {"init -q -b other", "add .", "commit -q -m x", "tag main"})
            REQUIRE_EQ(s.program({"/bin/sh", "-c", "git -c user.name=t -c user.email=t@t " + command}).code, 0);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 4);
        CHECK_EQ(s.latchkey({"run", "deploy", "--ref", "refs/tags/main"}).code, 4);
        CHECK(has(s.latchkey({"run", "deploy", "--ref", "refs/heads/main"}), "there is no refs/heads/main"));
        REQUIRE_EQ(s.program({"/bin/sh", "-c", "git branch -q main"}).code, 0);
        CHECK_EQ(s.latchkey({"run", "deploy", "--ref", "refs/heads/main"}).code, 0);
        REQUIRE_EQ(
            s.program({"/bin/sh", "-c", "git -c user.name=t -c user.email=t@t commit -q --allow-empty -m y"}).code,
            0);
        CHECK(has(s.latchkey({"run", "deploy", "--ref", "refs/heads/main"}), "and what is checked out is at"));
        CHECK_EQ(s.latchkey({"retry", "1", "--grant", "--ref", "main"}).code, 2);
    }

    TEST_CASE("another pipeline: a name that was gone, whichever file was looked at meanwhile") {
        const session s;
        s.write("buddy.yml", deploy_file);
        add_releases(s);
        REQUIRE_EQ(s.latchkey({"grant", "releases", "--pipeline", "deploy"}).code, 0);
        // Only looked at, it is not gone.
        s.write("buddy.yml",
                "- pipeline: other\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        CHECK_EQ(s.latchkey({"plan", "other"}).code, 0);
        CHECK_EQ(s.latchkey({"run", "--dry-run", "other"}).code, 0);
        s.write("buddy.yml", deploy_file);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 0);
        // Gone with its file, while another file's pipeline runs.
        std::filesystem::remove(s.project() / "buddy.yml");
        std::filesystem::create_directory(s.project() / ".buddy");
        s.write(".buddy/x.yml",
                "- pipeline: x\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        CHECK_EQ(s.latchkey({"run", "x"}).code, 0);
        s.write("buddy.yml", deploy_file);
        CHECK_EQ(s.latchkey({"run", "deploy"}).code, 4);
        CHECK(has(s.latchkey({"audit", "export"}), "pipeline_retired"));
        CHECK_EQ(s.latchkey({"audit", "verify"}).code, 0);
    }

    TEST_CASE("levels: who has no Manage can't edit or set permissions, and an owner can always remove") {
        const session s;
        s.write("buddy.yml", deploy_file);
        add_releases(s);
        REQUIRE_EQ(s.latchkey({"grant", "releases", "--pipeline", "deploy"}).code, 0);
        CHECK_EQ(s.latchkey({"integration", "edit", "releases", "--admins", "delete-only", "--others", "deny"}).code,
                 0);
        const said edit = s.latchkey({"integration", "edit", "releases", "--all-pipelines"});
        CHECK_EQ(edit.code, 4);
        CHECK(has(edit, "you can't edit releases: that needs Manage on it, and you have None (Delete-only)"));
        const said grant = s.latchkey({"grant", "releases", "--pipeline", "deploy"});
        CHECK_EQ(grant.code, 4);
        CHECK(has(grant, "you can't let \"deploy\" use releases: your level on it is too low to grant it"));
        CHECK_EQ(s.latchkey({"revoke", "releases", "--pipeline", "deploy"}).code, 4);
        CHECK(has(s.latchkey({"audit", "export"}), "level_too_low"));
        CHECK(has(s.latchkey({"audit", "export"}), "\"admins\":\"None (Delete-only)\""));
        CHECK_EQ(s.latchkey({"integration", "rm", "releases", "--yes"}).code, 0);
    }

    TEST_CASE("a run that fails says where, keeps its log, and is retried from there") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: test\n  actions:\n"
                "    - {action: First, type: BUILD, execute_commands: [echo 1 >> first.txt]}\n"
                "    - {action: Second, type: BUILD, execute_commands: [echo trouble, test -e mended]}\n"
                "    - {action: Third, type: BUILD, execute_commands: [touch third.txt]}\n");
        const said failed = s.latchkey({"run"});
        CHECK_EQ(failed.code, 1);
        CHECK(has(failed, "    trouble\n"));
        CHECK(has(failed, "the action \"Second\" failed"));
        CHECK(has(failed, "latchkey retry 1"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "third.txt"));
        s.write("mended", "");
        CHECK_EQ(s.latchkey({"retry", "1"}).code, 0);
        CHECK_EQ(latchkey::test::read_file(s.project() / "first.txt"), "1\n");
        CHECK_EQ(s.latchkey({"retry", "1", "--all"}).code, 0);
        CHECK_EQ(latchkey::test::read_file(s.project() / "first.txt"), "1\n1\n");
        CHECK_EQ(s.latchkey({"retry", "1", "--from", "Nowhere"}).code, 2);
        CHECK(has(s.latchkey({"runs"}), "attempt 3"));
    }

    TEST_CASE("secret variables come from a file that only its owner can read") {
        const session s;
        s.write("buddy.yml",
                "- pipeline: seal\n  variables:\n    - key: PASSWORD\n      value: secure!QUJDRA==.RUZHSA==\n"
                "  actions:\n    - {action: Use, type: BUILD, execute_commands: ['echo \"it is $PASSWORD\"']}\n");
        const said missing = s.latchkey({"run"});
        CHECK_EQ(missing.code, 3);
        CHECK(has(missing, "--secret-file"));
        s.write("secrets.env", "PASSWORD=a planted password\n");
        std::filesystem::permissions(s.project() / "secrets.env", std::filesystem::perms(0644));
        CHECK(has(s.latchkey({"run", "--secret-file", "secrets.env"}), "chmod 600"));
        std::filesystem::permissions(s.project() / "secrets.env", std::filesystem::perms(0600));
        const said run = s.latchkey({"run", "--secret-file", "secrets.env", "-o"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "it is ***"));
        CHECK_FALSE(has(run, "a planted password"));
        CHECK(s.files_with("a planted password").empty());
    }
}
