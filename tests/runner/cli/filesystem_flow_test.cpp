// SPDX-License-Identifier: Apache-2.0
//
// A pipeline's own files: what is checked out, what is kept, who may have them, and how they are looked at, with the
// real program and real git.
#include "tests/runner/cli/repository.hpp"
#include "tests/support/golden.hpp"

#include <csignal>
#include <filesystem>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using latchkey::test::commit_all;
using latchkey::test::git;
using latchkey::test::has;
using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::session;
namespace fs = std::filesystem;

namespace {

std::string pipeline(const std::string& commands, const std::string& more = "") {
    return "- pipeline: p\n" + more + "  actions:\n    - action: Work\n      type: BUILD\n      execute_commands:\n" +
           commands;
}

void make_repository(const session& s, const std::string& file) {
    git(s, "init -q -b main");
    s.write("buddy.yml", file);
    s.write("src/a.c", "1\n");
    commit_all(s, "first");
}

fs::path own_files(const session& s) {
    return s.data() / "latchkey/filesystems/1/shop";
}

}  // namespace

TEST_SUITE("cli.filesystem") {
    TEST_CASE("a checkout is the commit and nothing else: changes stay outside, and what a build leaves is kept") {
        const session s;
        make_repository(s, pipeline("        - cat src/a.c >> built\n        - ls -A > list\n        - echo broken > "
                                    "src/a.c\n        - rm -f b.txt\n"));
        s.write("src/a.c", "not committed\n");
        s.write("untracked", "");
        const said first = s.latchkey({"run", "--checkout"});
        CAPTURE(first.out);
        CHECK_EQ(first.code, 0);
        CHECK_EQ(read_file(own_files(s) / "built"), "1\n");
        CHECK_EQ(read_file(own_files(s) / "list"), "buddy.yml\nbuilt\nlist\nsrc\n");
        CHECK_EQ(read_file(s.project() / "src/a.c"), "not committed\n");
        CHECK_FALSE(fs::exists(s.project() / "built"));

        s.write("src/a.c", "2\n");
        s.write("b.txt", "b\n");
        commit_all(s, "second");
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 0);
        CHECK_EQ(read_file(own_files(s) / "built"), "1\n2\n");
        git(s, "rm -q b.txt untracked");
        git(s, "mv src/a.c src/c.c");
        s.write("buddy.yml", pipeline("        - ls src b.txt > list 2>&1 || true\n"));
        commit_all(s, "third");
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 0);
        const std::string list = read_file(own_files(s) / "list");
        CHECK(list.find("c.c") != std::string::npos);
        CHECK(list.find("a.c") == std::string::npos);
        CHECK(list.find("No such file") != std::string::npos);
    }

    TEST_CASE("what an action put in the way of a file, or led out with a link, is replaced, and nothing outside") {
        const session s;
        s.write("outside/a.c", "mine\n");
        make_repository(s, pipeline("        - rm -rf src && ln -s \"$OUT\" src\n        - mkdir -p later/x && touch "
                                    "later/x/y\n"));
        git(s, "rm -q -r --cached outside");
        commit_all(s, "without");
        const std::string outside = (s.project() / "outside").string();
        CHECK_EQ(s.latchkey({"run", "--checkout", "--backend", "host", "--var", "OUT=" + outside}).code, 0);
        REQUIRE(fs::is_symlink(own_files(s) / "src"));
        s.write("later", "a file now\n");
        git(s, "add later buddy.yml src");
        git(s, "commit -q -m later");
        s.write("buddy.yml", pipeline("        - cat later src/a.c\n"));
        const said run = s.latchkey({"run", "--checkout", "--output"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "buddy.yml is taken as it is here, which is not what is committed"));
        CHECK(has(run, "a file now\n1\n"));
        CHECK_EQ(read_file(s.project() / "outside/a.c"), "mine\n");
    }

    TEST_CASE("always_from_scratch empties it, read-only folders too, and without --checkout removes nothing") {
        const session s;
        make_repository(s, pipeline("        - ls > list\n        - mkdir -p deep/er && touch deep/er/x && chmod 500 "
                                    "deep/er deep\n",
                                    "  always_from_scratch: true\n"));
        for (int i = 0; i < 2; ++i) {
            CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 0);
            CHECK_EQ(read_file(own_files(s) / "list"), "buddy.yml\nlist\nsrc\n");
        }
        s.write("mine", "");
        const said run = s.latchkey({"run"});
        CHECK_EQ(run.code, 0);
        CHECK(has(run, "always_from_scratch: the run works in your work tree, where nothing is removed"));
        CHECK(fs::exists(s.project() / "mine"));
    }

    TEST_CASE("auto_clear_cache empties the pipeline's caches before each run") {
        const session s;
        const auto file = [](const std::string& more) {
            return pipeline(
                "        - ls /var/cache/things > list 2>&1 || true\n        - mkdir -p /var/cache/things && touch "
                "/var/cache/things/x\n      cached_dirs: [/var/cache/things]\n",
                more);
        };
        s.write("buddy.yml", file(""));
        const fs::path kept = s.data() / "latchkey/caches/1/old";
        CHECK_EQ(s.latchkey({"plan"}).code, 0);
        latchkey::test::write_file(kept, "");
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: A, type: BUILD, execute_commands: ['true']}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK(fs::exists(kept));
        s.write("buddy.yml",
                "- pipeline: p\n  auto_clear_cache: true\n  actions:\n    - {action: A, type: BUILD, "
                "execute_commands: ['true']}\n");
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK_FALSE(fs::exists(kept));
    }

    TEST_CASE("two runs of one pipeline never share it: the second says so and waits, and Ctrl-C ends its wait") {
        const session s;
        make_repository(s, pipeline("        - touch began\n        - while ! test -e go; do sleep 0.05; done\n"));
        said first;
        std::thread background([&] { first = s.latchkey({"run", "--checkout"}); });
        while (!fs::exists(own_files(s) / "began")) {
        }
        const std::string line = "another run works in this pipeline's files: waiting until it has ended";
        const auto given_up = s.start({"run", "--checkout"});
        std::string printed;
        char piece[256];
        for (ssize_t n = 1; n > 0 && printed.find(line) == std::string::npos;)
            if (n = ::read(given_up.output, piece, sizeof piece); n > 0)
                printed.append(piece, static_cast<std::size_t>(n));
        CHECK(printed.find(line) != std::string::npos);
        CHECK_EQ(::kill(given_up.pid, SIGINT), 0);
        int status = 0;
        CHECK_EQ(::waitpid(given_up.pid, &status, 0), given_up.pid);
        ::close(given_up.output);
        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), SIGINT);
        CHECK_FALSE(has(s.latchkey({"runs"}), "#2"));  // it never was a run
        bool waited = false;
        const said second = s.watch({"run", "--checkout"}, [&](const std::string& each) {
            if (each.find(line) == std::string::npos) return;
            waited = true;
            CHECK(fs::exists(own_files(s) / "began"));
            latchkey::test::write_file(own_files(s) / "go", "");
        });
        background.join();
        CHECK(waited);
        CHECK_EQ(first.code, 0);
        CAPTURE(second.out);
        CHECK_EQ(second.code, 0);
    }

    TEST_CASE("a retry has the same files at the same commit, whatever is checked out here by now") {
        const session s;
        make_repository(s, pipeline("        - cat src/a.c >> seen\n        - test -e ready\n"));
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 1);
        s.write("src/a.c", "2\n");
        s.write("buddy.yml", pipeline("        - 'false'\n"));
        const std::string second = commit_all(s, "second");
        s.write("src/a.c", "dirty\n");
        latchkey::test::write_file(own_files(s) / "ready", "");
        const said again = s.latchkey({"retry", "1"});
        CAPTURE(again.out);
        CHECK_EQ(again.code, 0);
        CHECK_EQ(read_file(own_files(s) / "seen"), "1\n1\n");
        // Its commit is gone: said, and nothing is run.
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 1);
        git(s, "reset -q --hard HEAD^");
        git(s, "reflog expire --expire=now --all");
        git(s, "gc -q --prune=now");
        const said gone = s.latchkey({"retry", "2"});
        CAPTURE(gone.out);
        CHECK_EQ(gone.code, 2);
        CHECK(has(gone, "the commit " + second.substr(0, 10) + " is not in"));
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 0);  // and the next checkout does not need it
    }

    TEST_CASE("COPY_FILES in a checkout: within it, and never from another pipeline's, which has files of its own") {
        const session s;
        make_repository(
            s,
            "- pipeline: p\n  actions:\n    - {action: Here, type: COPY_FILES, source_path: src, target_path: "
            "out}\n    - {action: There, type: COPY_FILES, source_pipeline: q, source_path: src, target_path: "
            "more}\n");
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 1);
        CHECK_EQ(read_file(own_files(s) / "out/a.c"), "1\n");
        CHECK(has(s.latchkey({"logs", "1"}), "source_pipeline names the pipeline q, whose files are its own"));
        CHECK_FALSE(fs::exists(own_files(s) / "more"));
    }

    TEST_CASE("submodules at the commit's commits where they are here, else a warning") {
        const session s;
        const std::string elsewhere = (s.data() / "sub").string();
        REQUIRE_EQ(s.program({"/bin/sh", "-c",
                              "mkdir -p " + elsewhere + " && cd " + elsewhere +
                                  " && git init -q -b main && echo one > f && git add f && git -c user.name=t -c "
                                  "user.email=t@t commit -q -m one"})
                       .code,
                   0);
        make_repository(s, pipeline("        - cat lib/sub/f > seen || echo none > seen\n"));
        git(s, "-c protocol.file.allow=always submodule --quiet add " + elsewhere + " lib/sub");
        commit_all(s, "with a submodule");
        s.write("lib/sub/f", "dirty\n");
        const said run = s.latchkey({"run", "--checkout"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        CHECK_EQ(read_file(own_files(s) / "seen"), "one\n");
        git(s, "submodule --quiet deinit -f lib/sub");
        fs::remove_all(s.data() / "latchkey/filesystems");
        const said without = s.latchkey({"run", "--checkout"});
        CHECK(has(without, "the submodule lib/sub is not there"));
        CHECK_EQ(read_file(own_files(s) / "seen"), "none\n");
    }

    TEST_CASE("a checkout starts nothing that the repository configures") {
        const session s;
        make_repository(s, pipeline("        - cat src/a.c\n"));
        s.write(".gitattributes", "* filter=x diff=x\n");
        commit_all(s, "attributes");
        REQUIRE_EQ(
            s.program(
                 {"/bin/sh", "-c",
                  "for k in core.fsmonitor filter.x.clean filter.x.smudge filter.x.process core.sshCommand "
                  "core.gitProxy; do git config $k \"sh -c 'touch $PWD/pwned; cat'\"; done; git config "
                  "filter.x.required true; for h in post-checkout reference-transaction post-index-change; do "
                  "printf '#!/bin/sh\\ntouch '$PWD'/pwned\\n' > .git/hooks/$h; chmod +x .git/hooks/$h; done; rm -f "
                  "pwned"})
                .code,
            0);
        const said run = s.latchkey({"run", "--checkout", "--output"});
        CAPTURE(run.out);
        CHECK_EQ(run.code, 0);
        CHECK_FALSE(fs::exists(s.project() / "pwned"));
    }

    TEST_CASE("without a commit there is nothing to check out, and that is said") {
        const session s;
        s.write("buddy.yml", pipeline("        - 'true'\n"));
        const said run = s.latchkey({"run", "--checkout"});
        CHECK_EQ(run.code, 2);
        CHECK(has(run, "there is no commit here"));
    }

    TEST_CASE("conditions on changes look at commits only, since the last success") {
        const session s;
        make_repository(s, pipeline("        - echo ran >> done\n      trigger_condition: ON_CHANGE\n"));
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 0);
        s.write("src/a.c", "not committed\n");
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 0);
        CHECK_EQ(read_file(own_files(s) / "done"), "ran\n");
        commit_all(s, "second");
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 0);
        CHECK_EQ(read_file(own_files(s) / "done"), "ran\nran\n");
    }

    TEST_CASE("files: listed, printed, written and packed") {
        const session s;
        make_repository(s, pipeline("        - mkdir -p dist/js && printf 'a\\000b' > dist/app && touch dist/js/x && "
                                    "ln -s /etc/passwd dist/link\n"));
        CHECK_EQ(s.latchkey({"run", "--checkout", "--backend", "host"}).code, 0);
        CHECK_EQ(s.latchkey({"files", "1"}).out, "193 B  buddy.yml\n–      dist/\n–      src/\n");
        CHECK_EQ(s.latchkey({"files", "1", "dist"}).out, "3 B  app\n–    js/\n–    link → /etc/passwd\n");
        CHECK_EQ(s.latchkey({"files", "1", "/dist/./app"}).out, std::string("a\0b", 3));
        CHECK_EQ(s.latchkey({"files", "1", "dist/app", "-o", "out"}).code, 0);
        CHECK_EQ(read_file(s.project() / "out"), std::string("a\0b", 3));
        CHECK_EQ(s.latchkey({"files", "1", "src/a.c", "-o", "out"}).code, 5);  // it is there
        CHECK_EQ(read_file(s.project() / "out"), std::string("a\0b", 3));
        CHECK_EQ(s.latchkey({"files", "1", "dist", "--tar", "-o", "dist.tar"}).code, 0);
        CHECK_EQ(s.program({"/bin/tar", "tf", "dist.tar"}).out, "./\n./app\n./js/\n./js/x\n./link\n");
        CHECK(has(s.latchkey({"files", "1", "dist", "-o", "y"}), "is a folder: say --tar"));
        CHECK_EQ(s.latchkey({"run", "--checkout"}).code, 1);  // mkdir -p goes well, ln does not
        CHECK(has(s.latchkey({"files", "1"}), "p #2 has used these files since"));
        CHECK_EQ(s.latchkey({"run"}).code, 0);
        CHECK(has(s.latchkey({"files", "3"}), "only a run with --checkout has files of its own"));
    }

    TEST_CASE("files: no path leads out, by dots, by links, or through what is no file") {
        const session s;
        make_repository(s,
                        pipeline("        - ln -s /etc out && ln -s ../../.. up && ln -s src in && mkfifo pipe\n"));
        CHECK_EQ(s.latchkey({"run", "--checkout", "--backend", "host"}).code, 0);
        for (const char* path :
             {"..", "../shop/buddy.yml", "src/../../1/shop", "../../latchkey.db", "out/passwd", "out",
              "up/latchkey.db", "in/a.c", "/../..", "pipe", "src/a.c/..", "/etc/passwd", "buddy.yml/x", "nowhere"}) {
            CAPTURE(path);
            const said s1 = s.latchkey({"files", "1", path});
            CAPTURE(s1.out);
            CHECK_EQ(s1.code, 2);
            CHECK_FALSE(has(s1, "root:"));
            CHECK_EQ(s.latchkey({"files", "1", path, "--tar", "-o", "x"}).code, 2);
            CHECK_FALSE(fs::exists(s.project() / "x"));
        }
        CHECK(has(s.latchkey({"files", "1", "out/passwd"}), "out is a link, and links are not followed"));
        // The folder itself is a link by now.
        fs::rename(own_files(s), own_files(s).string() + ".old");
        fs::create_directory_symlink("/etc", own_files(s));
        CHECK_EQ(s.latchkey({"files", "1", "passwd"}).code, 2);
        CHECK_EQ(s.latchkey({"run", "--checkout", "--backend", "host"}).code, 0);  // and is a folder again
        CHECK_FALSE(fs::is_symlink(own_files(s)));
    }
}
