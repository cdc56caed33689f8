// SPDX-License-Identifier: Apache-2.0
//
// Conditions on changes and the variables that tell of them, over real commits and work trees, with the real program.
#include "tests/runner/cli/repository.hpp"
#include "tests/support/golden.hpp"

#include <filesystem>

using latchkey::test::commit_all;
using latchkey::test::git;
using latchkey::test::has;
using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::session;

namespace {

constexpr auto by_path = R"yml(- pipeline: p
  actions:
    - action: Docs
      type: BUILD
      trigger_conditions:
        - {trigger_condition: ON_CHANGE_AT_PATH, trigger_condition_paths: [docs/]}
      execute_commands: [echo docs >> done]
    - action: Any
      type: BUILD
      trigger_condition: ON_CHANGE
      execute_commands: [echo any >> done]
    - action: Build
      type: BUILD
      execute_commands: ['echo all >> done', 'test ! -e broken']
)yml";

// A repository with one commit. What the actions leave is ignored.
void make_repository(const session& s, const std::string& file) {
    git(s, "init -q -b main");
    s.write(".gitignore", "done\nenv\n");
    s.write("buddy.yml", file);
    s.write("docs/a.md", "1\n");
    s.write("src/a.c", "1\n");
    commit_all(s, "first");
}

// What the actions of one run did.
std::string done_by(const session& s, const said& run) {
    CAPTURE(run.out);
    CHECK_EQ(run.code, 0);
    std::string done = std::filesystem::exists(s.project() / "done") ? read_file(s.project() / "done") : "";
    std::filesystem::remove(s.project() / "done");
    return done;
}

}  // namespace

TEST_SUITE("cli.changes") {
    TEST_CASE("actions run where their paths changed since the last success, in commits and in the work tree") {
        const session s;
        make_repository(s, by_path);
        const said first = s.latchkey({"run"});
        CHECK_EQ(done_by(s, first), "docs\nany\nall\n");
        CHECK(has(first, "everything counts as changed: no run of this pipeline has succeeded yet"));

        const said none = s.latchkey({"run"});
        CHECK_EQ(done_by(s, none), "all\n");
        CHECK(has(none, "Docs  skipped: nothing was changed in `docs/`"));
        CHECK(has(none, "Any  skipped: nothing was changed"));
        CHECK_FALSE(has(none, "everything"));

        s.write("src/a.c", "2\n");
        commit_all(s, "code");
        CHECK(has(s.latchkey({"plan"}), "skipped: nothing was changed in `docs/`"));
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "any\nall\n");

        s.write("docs/a.md", "2\n");  // not committed
        CHECK_FALSE(has(s.latchkey({"plan"}), "skipped"));
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "docs\nany\nall\n");
        git(s, "checkout -q docs");  // and taken back: what was built has it, what is here has not
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "docs\nany\nall\n");
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "all\n");

        s.write("docs/new \"name\"\n.md", "x");  // new to git
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "docs\nany\nall\n");
    }

    TEST_CASE("a failure is no base: what changed before it is still to be built") {
        const session s;
        make_repository(s, by_path);
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        s.write("docs/a.md", "2\n");
        s.write("broken", "");
        commit_all(s, "breaks");
        CHECK_EQ(s.latchkey({"run"}).code, 1);
        git(s, "rm -q broken");
        commit_all(s, "mends");
        std::filesystem::remove(s.project() / "done");
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "docs\nany\nall\n");
    }

    TEST_CASE("a retry decides as the run did, whatever has succeeded since") {
        const session s;
        make_repository(s, by_path);
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        s.write("docs/a.md", "2\n");
        commit_all(s, "docs");
        s.write("broken", "");
        CHECK_EQ(s.latchkey({"run"}).code, 1);
        std::filesystem::remove(s.project() / "broken");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        std::filesystem::remove(s.project() / "done");
        // #3 is the base of what comes, not of #2.
        CHECK_EQ(done_by(s, s.latchkey({"retry", "2", "--all"})), "docs\nany\nall\n");
    }

    TEST_CASE("a pipeline whose condition is not met is skipped, and its success before stays the base") {
        const session s;
        make_repository(
            s,
            "- pipeline: p\n  trigger_conditions:\n    - {trigger_condition: ON_CHANGE_AT_PATH, "
            "trigger_condition_paths: ['src/**']}\n  actions:\n    - {action: A, type: BUILD, execute_commands: "
            "[echo ran > done]}\n");
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "ran\n");
        s.write("docs/a.md", "2\n");
        commit_all(s, "docs");
        const said skipped = s.latchkey({"run"});
        CHECK_EQ(skipped.code, 0);
        CHECK(has(skipped, "p #2 was skipped: nothing was changed in `src/**`"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "done"));
        CHECK(has(s.latchkey({"plan"}), "nothing would run: nothing was changed in `src/**`"));
        git(s, "mv src/a.c src/b.c");
        commit_all(s, "moved");
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "ran\n");
    }

    TEST_CASE("a commit that is gone: everything counts as changed, and the run says why") {
        const session s;
        make_repository(s, by_path);
        s.write("src/a.c", "2\n");
        commit_all(s, "second");
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "docs\nany\nall\n");
        git(s, "reset -q --hard HEAD^");
        git(s, "reflog expire --expire=now --all");
        git(s, "prune --expire=now");
        git(s, "gc -q --prune=now");
        const said run = s.latchkey({"run"});
        CHECK_EQ(done_by(s, run), "docs\nany\nall\n");
        CHECK(has(run, "everything counts as changed: the commit of the last success, p #1"));
        CHECK(has(run, "is not in this repository any more"));
    }

    TEST_CASE("no commit at all, and no repository: everything counts as changed") {
        const session s;
        s.write("buddy.yml", by_path);
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "docs\nany\nall\n");
        const said again = s.latchkey({"run"});
        CHECK_EQ(done_by(s, again), "docs\nany\nall\n");
        CHECK(has(again, "everything counts as changed: there is no commit here to compare"));
        git(s, "init -q -b main");
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "docs\nany\nall\n");
    }

    TEST_CASE("the base is the last success of the same ref where git_changeset_base says so") {
        const session s;
        make_repository(s, "- pipeline: p\n  git_changeset_base: LATEST_RUN_MATCHING_REF\n" +
                               std::string(by_path).substr(std::string("- pipeline: p\n").size()));
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        git(s, "checkout -q -b topic");
        s.write("docs/a.md", "2\n");
        commit_all(s, "docs");
        std::filesystem::remove(s.project() / "done");
        const said first = s.latchkey({"run"});
        CHECK_EQ(done_by(s, first), "docs\nany\nall\n");
        CHECK(has(first, "no run of this pipeline has succeeded for this ref yet"));
        git(s, "checkout -q main");
        CHECK_EQ(done_by(s, s.latchkey({"run"})), "all\n");  // main is where main was built
    }

    TEST_CASE("of a pull request, what changed since it parted from the branch that it is for") {
        const session s;
        make_repository(s, "- pipeline: p\n  change_set_base: PULL_REQUEST\n" +
                               std::string(by_path).substr(std::string("- pipeline: p\n").size()));
        git(s, "checkout -q -b topic");
        s.write("src/a.c", "2\n");
        commit_all(s, "code");
        git(s, "checkout -q main");
        s.write("docs/a.md", "2\n");
        commit_all(s, "docs of others");
        git(s, "checkout -q topic");
        for (int i = 0; i < 2; ++i)  // a success changes nothing
            CHECK_EQ(done_by(s, s.latchkey({"run", "--var", "BUDDY_RUN_PR_BASE_BRANCH=main"})), "any\nall\n");
        const said unknown = s.latchkey({"run"});
        CHECK_EQ(done_by(s, unknown), "docs\nany\nall\n");
        CHECK(has(unknown, "the branch that the pull request is for can't be told"));
    }

    TEST_CASE("variables tell what changed, who committed, and from where, under both names") {
        const session s;
        make_repository(s, R"yml(- pipeline: p
  actions:
    - action: A
      type: BUILD
      # reads BUDDY_RUN_CHANGELOG
      execute_commands: ['env > env']
)yml");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        const std::string before = git(s, "rev-parse HEAD");
        CHECK(read_file(s.project() / "env").find("\nBUDDY_EXECUTION_PREVIOUS_REVISION=\n") != std::string::npos);
        git(s, "mv docs/a.md docs/b.md");
        s.write("src/a.c", "2\n");
        const std::string now = commit_all(s, "Second: $(touch pwned) \"quoted\"");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        const std::string env = "\n" + read_file(s.project() / "env");
        CAPTURE(env);
        const auto is = [&env](const std::string& line) { return env.find("\n" + line) != std::string::npos; };
        for (const std::string kind : {"RUN", "EXECUTION"}) {
            CHECK(is("BUDDY_" + kind + "_CHANGELOG_ADDED=docs/b.md\n"));
            CHECK(is("BUDDY_" + kind + "_CHANGELOG_CHANGED=src/a.c\n"));
            CHECK(is("BUDDY_" + kind + "_CHANGELOG_DELETED=docs/a.md\n"));
            CHECK(is("BUDDY_" + kind + "_CHANGELOG=[" + now.substr(0, 7) +
                     "] Second: $(touch pwned) \"quoted\" | Ana | 20"));
        }
        CHECK(is("BUDDY_RUN_PRE_COMMIT=" + before + "\n"));
        CHECK(is("BUDDY_EXECUTION_PREVIOUS_REVISION=" + before + "\n"));
        CHECK(is("BUDDY_EXECUTION_PREVIOUS_REVISION_SUBJECT=first\n"));
        CHECK(is("BUDDY_EXECUTION_REVISION_SUBJECT=Second: $(touch pwned) \"quoted\"\n"));
        CHECK(is("BUDDY_RUN_COMMIT_MESSAGE=Second: "));
        CHECK(is("BUDDY_EXECUTION_REVISION_COMMITTER_NAME=Ana\n"));
        CHECK(is("BUDDY_EXECUTION_REVISION_COMMITTER_EMAIL=ana@acme.test\n"));
        CHECK_FALSE(std::filesystem::exists(s.project() / "pwned"));
    }

    TEST_CASE("ten thousand changed files: the lists are cut, and the action starts") {
        const session s;
        make_repository(s,
                        "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['printf %s "
                        "\"$BUDDY_RUN_CHANGELOG_ADDED\" > env']}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        REQUIRE_EQ(s.program({"/bin/sh", "-c", "mkdir many && cd many && seq 100000 110000 | xargs touch"}).code, 0);
        commit_all(s, "many");
        const said run = s.latchkey({"run"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        const std::string list = read_file(s.project() / "env");
        CHECK(list.starts_with("many/100000,many/100001,"));
        CHECK_LE(list.size(), 32U * 1024);
        CHECK_EQ(list.substr(list.rfind('/')).size(), 7);  // whole names
    }

    TEST_CASE("a pipeline that another one runs has its own last success") {
        const session s;
        make_repository(s, R"yml(- pipeline: outer
  actions:
    - {action: Inner, type: RUN_NEXT_PIPELINE, project: shop, pipeline: inner, wait: true}
- pipeline: inner
  actions:
    - {action: Docs, type: BUILD, trigger_condition: ON_CHANGE, execute_commands: [echo inner >> done]}
)yml");
        CHECK_EQ(done_by(s, s.latchkey({"run", "outer"})), "inner\n");
        CHECK_EQ(done_by(s, s.latchkey({"run", "outer"})), "");
        s.write("docs/a.md", "2\n");
        commit_all(s, "docs");
        CHECK_EQ(done_by(s, s.latchkey({"run", "outer"})), "inner\n");
    }

    TEST_CASE("looking for changes starts nothing that the repository configures") {
        const session s;
        make_repository(s,
                        "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, trigger_condition: "
                        "ON_CHANGE, execute_commands: ['echo $BUDDY_RUN_CHANGELOG']}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        s.write(".gitattributes", "* filter=x diff=x\n");
        s.write("docs/a.md", "2\n");
        commit_all(s, "more");
        REQUIRE_EQ(
            s.program(
                 {"/bin/sh", "-c",
                  "for k in core.fsmonitor filter.x.clean filter.x.smudge filter.x.process diff.x.textconv "
                  "diff.external core.pager gpg.program core.sshCommand core.alternateRefsCommand; do git config "
                  "$k \"sh -c 'touch pwned; cat'\"; done && git config filter.x.required true && git config "
                  "log.showSignature true && git config remote.o.url 'ext::sh -c \"touch pwned\"' && git config "
                  "remote.o.promisor true && git config extensions.partialClone o && git config "
                  "protocol.ext.allow always && touch -d '1 hour ago' docs/a.md src/a.c"})
                .code,
            0);
        std::filesystem::remove(s.project() / "pwned");
        const said run = s.latchkey({"run"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        // And where the commit to compare with is not there, it would be fetched.
        git(s,
            "-c core.fsmonitor= -c filter.x.required=false -c filter.x.clean= -c filter.x.process= "
            "checkout -q --orphan fresh");
        std::filesystem::remove(s.project() / "pwned");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK_FALSE(std::filesystem::exists(s.project() / "pwned"));
    }
}
