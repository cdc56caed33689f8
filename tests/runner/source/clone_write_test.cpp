// SPDX-License-Identifier: Apache-2.0
//
// Commits that are made in a clone and pushed to real repositories.
#include "tests/runner/source/clone_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using source::file_change;
using what = source::file_change::what;

namespace {

file_change change(what does, const std::string& path, const std::string& content = "new\n") {
    file_change c;
    c.does = does;
    c.path = path;
    c.content = does == what::remove ? "" : content;
    c.message = "say " + path;
    c.author_name = "Ben B";
    c.author_email = "ben@acme.test";
    c.at = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
    return c;
}

struct write_world : local_world {
    result<std::string> write(const file_change& change) const {
        auto done = c.write(there.string(), {}, change, local());
        if (!done) return done.error();
        return std::move(done->commit);
    }
    std::string head(const std::string& branch = "main") const { return at("rev-parse refs/heads/" + branch); }
};

}  // namespace

TEST_SUITE("source.clone_write") {
    TEST_CASE(
        "a file is added, changed and removed: one commit each, in the author's name, on top of what is there") {
        const write_world w;
        const std::string before = w.head();
        const auto added = w.write(change(what::add, "docs/a, b.txt"));
        REQUIRE_MESSAGE(added.has_value(), added.error().what);
        CHECK_EQ(w.head(), *added);
        CHECK_EQ(w.at("show 'main:docs/a, b.txt'"), "new");
        CHECK_EQ(w.at("log -1 --format='%an %ae %cn %ce %at %P %B' main"),
                 "Ben B ben@acme.test Ben B ben@acme.test 1700000000 " + before + " say docs/a, b.txt");
        CHECK_EQ(w.at("diff --stat --name-only " + before + " main"), "docs/a, b.txt");
        const auto changed = w.write(change(what::replace, "docs/a, b.txt", std::string("\0\r\n$Id$ \xff", 9)));
        REQUIRE_MESSAGE(changed.has_value(), changed.error().what);
        CHECK_EQ(w.at("cat-file -s 'main:docs/a, b.txt'"), "9");
        // As it is already: nothing is committed.
        CHECK_EQ(text(w.write(change(what::replace, "docs/a, b.txt", std::string("\0\r\n$Id$ \xff", 9)))), *changed);
        const auto removed = w.write(change(what::remove, "docs/a, b.txt"));
        REQUIRE_MESSAGE(removed.has_value(), removed.error().what);
        CHECK_EQ(w.at("diff --stat " + before + " main"), "");
        CHECK_EQ(w.at("rev-list --count main"), "5");
        // Of another branch, which is the only one that moves; and what may be executed stays so.
        file_change other = change(what::replace, "a.txt");
        other.branch = "refs/heads/feature/x";
        REQUIRE(w.write(other).has_value());
        CHECK_EQ(w.at("show feature/x:a.txt"), "new");
        CHECK_EQ(w.head(), *removed);
        for (const std::string word : {"feature/none", "refs/tags/v1", "--all", "main:x", "a..b", "@{-1}"}) {
            other.branch = word;
            CHECK(w.write(other).has_error());
        }
        CHECK(text(w.c.commit_of("main")) == *removed);
    }

    TEST_CASE(
        "who is to know of a commit before it is pushed is told, and can prevent it; of none there is nothing to "
        "know") {
        const write_world w;
        const std::string before = w.head();
        std::vector<std::string> told;
        bool agrees = false;
        const source::push_notice notice = [&](const std::string& commit) -> result<void> {
            told.push_back(commit);
            CHECK_EQ(w.head(), before);
            if (!agrees) return failure(errc::store, "no");
            return {};
        };
        const auto write = [&](const file_change& change) {
            return w.c.write(w.there.string(), {}, change, local(), notice);
        };
        const auto prevented = write(change(what::add, "b.txt"));
        CHECK(code(prevented) == errc::store);
        CHECK_EQ(prevented.error().what, "no");
        CHECK_EQ(told.size(), 1);
        CHECK_EQ(w.head(), before);
        agrees = true;
        const auto made = write(change(what::add, "b.txt"));
        REQUIRE_MESSAGE(made.has_value(), made.error().what);
        CHECK(made->made);
        REQUIRE_EQ(told.size(), 2);
        CHECK_EQ(told.back(), made->commit);
        CHECK_EQ(w.head(), made->commit);
        const auto same = write(change(what::replace, "b.txt"));
        REQUIRE_MESSAGE(same.has_value(), same.error().what);
        CHECK_FALSE(same->made);
        CHECK_EQ(same->commit, made->commit);
        CHECK_EQ(told.size(), 2);
    }

    TEST_CASE("what somebody else has changed is not written over") {
        const write_world w;
        CHECK(code(w.write(change(what::add, "a.txt"))) == errc::conflict);
        CHECK(code(w.write(change(what::replace, "none.txt"))) == errc::not_found);
        CHECK(code(w.write(change(what::remove, "none.txt"))) == errc::not_found);
        file_change seen = change(what::replace, "a.txt");
        seen.base = w.head();
        REQUIRE(w.write(change(what::add, "b.txt")).has_value());
        const auto fine = w.write(seen);  // another file has changed since
        REQUIRE_MESSAGE(fine.has_value(), fine.error().what);
        seen.content = "again\n";
        const auto late = w.write(seen);
        CHECK(code(late) == errc::conflict);
        CHECK_EQ(late.error().what, "\"a.txt\" has changed since: look at it again");
        seen.base = "0123456789012345678901234567890123456789";
        CHECK(code(w.write(seen)) == errc::not_found);
        CHECK_EQ(w.at("show main:a.txt"), "new");
    }

    TEST_CASE("servers that push at the same time lose nothing") {
        const write_world w;
        std::vector<std::jthread> writers;
        std::atomic<int> done = 0;
        for (int i = 0; i < 4; ++i)
            writers.emplace_back([&w, &done, i] {
                const source::project_clone mine(w.folder.path() / ("data" + std::to_string(i)), 5, "web");
                for (int n = 0; n < 3;) {
                    const auto name = "f" + std::to_string(i) + std::to_string(n);
                    const auto wrote = mine.write(w.there.string(), {}, change(what::add, name), local());
                    if (wrote) ++done;
                    // Whoever has lost too often is told so, and has written nothing.
                    if (!wrote && wrote.error().code != errc::conflict) return;
                    if (wrote) ++n;
                }
            });
        writers.clear();
        CHECK_EQ(done.load(), 12);
        CHECK_EQ(w.at("rev-list --count main"), "14");
        CHECK_EQ(w.at("ls-tree --name-only main | grep -c ^f"), "13");  // and `folder`
    }

    TEST_CASE("no path leads out, into git's own files, through a link, or over what is no file") {
        const write_world w;
        const std::string first = w.head();
        shell(w.folder.path(),
              "git clone -q there.git work && cd work && git update-index --add --cacheinfo 160000," + first +
                  ",sub && git commit -qm sub && git push -q");
        const std::string before = w.head();
        for (const std::string path : {"",
                                       "/x",
                                       "x/",
                                       "../x",
                                       "x/../y",
                                       "./x",
                                       "x//y",
                                       ".git/config",
                                       "x/.git",
                                       ".GIT/hooks/post-receive",
                                       "git~1/x",
                                       ".git ",
                                       ".git.",
                                       "x\\y",
                                       "c:x",
                                       "a\nb",
                                       ".g\xe2\x80\x8dit/x",
                                       "\xef\xbb\xbf.git/x",
                                       "\xff",
                                       "a\xc3",
                                       "\xc0\xaf",
                                       "\xe0\x80\xaf",
                                       "\xed\xa0\x80",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xe4"}) {
            CAPTURE(path);
            for (const what does : {what::add, what::replace, what::remove})
                CHECK(code(w.write(change(does, path))) == errc::usage);
        }
        CHECK(code(w.write(change(what::add, std::string("a\0b", 3)))) == errc::usage);
        CHECK(code(w.write(change(what::add, std::string(2'000, 'a')))) == errc::usage);
        for (const std::string path : {"folder/x", "link/x", "a.txt/x", "sub/x"})
            CHECK(code(w.write(change(what::add, path))) == errc::refused);
        for (const std::string path : {"link", "folder", "sub", ".buddy"})
            for (const what does : {what::add, what::replace, what::remove})
                CHECK(code(w.write(change(does, path))) == errc::refused);
        CHECK_EQ(w.head(), before);
        // Only looks odd.
        for (const std::string path :
             {"-x", "*", "a b", ".gitignore", "\xc3\xa4", "\xf0\x9f\x94\x91", "\xef\xbf\xbd"})
            CHECK_MESSAGE(w.write(change(what::add, path)).has_value(), path);
        auto bad = change(what::add, "y");
        bad.message = "";
        CHECK(code(w.write(bad)) == errc::usage);
        bad.message = "-F /etc/passwd\n\nSigned-off-by: x";
        bad.author_name = "<>\n";
        const auto odd = w.write(bad);
        REQUIRE_MESSAGE(odd.has_value(), odd.error().what);
        CHECK_EQ(w.at("log -1 --format='%an %s' main"), "latchkey -F /etc/passwd");
    }

    TEST_CASE("no hook runs on this machine, and a repository that has files checked out is not written to") {
        const write_world w;
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        const fs::path ran = w.folder.path() / "ran";
        for (const fs::path& repository : {w.there, w.c.path()}) {
            fs::create_directories(repository / "hooks");
            for (const std::string hook : {"pre-receive", "update", "post-receive", "post-update", "pre-push",
                                           "reference-transaction", "pre-commit", "commit-msg", "post-commit",
                                           "proc-receive", "push-to-checkout", "post-index-change"}) {
                write_file(repository / "hooks" / hook, "#!/bin/sh\necho " + hook + " >>" + ran.string() + "\n");
                fs::permissions(repository / "hooks" / hook, fs::perms(0755));
            }
        }
        w.at("config core.fsmonitor 'touch " + ran.string() + "'");
        w.at("config core.hooksPath " + (w.there / "hooks").string());
        for (const what does : {what::add, what::replace, what::remove}) {
            const auto done = w.write(change(does, "x.txt", does == what::add ? "a" : "b"));
            CHECK_MESSAGE(done.has_value(), done.error().what);
        }
        CHECK_FALSE(fs::exists(ran));
        shell(w.folder.path(),
              "git clone -q there.git other && cd other && git config receive.denyCurrentBranch "
              "updateInstead");
        const source::project_clone c(w.data, 6, "other");
        const auto there = (w.folder.path() / "other").string();
        const auto refused = c.write(there, {}, change(what::add, "z.txt"), local());
        CHECK(code(refused) == errc::refused);
        CHECK_FALSE(fs::exists(w.folder.path() / "other/z.txt"));
        CHECK(code(w.c.write(w.there.string(), {}, change(what::add, "q"))) == errc::refused);  // not allowed here
    }

    TEST_CASE("the first commit of a repository that has none") {
        test::temp_dir folder;
        shell(folder.path(), "git init -q --bare -b trunk there.git");
        const source::project_clone c(folder.path() / "data", 5, "web");
        const auto there = (folder.path() / "there.git").string();
        CHECK(code(c.write(there, {}, change(what::replace, "a"), local())) == errc::not_found);
        auto first = change(what::add, "a");
        first.branch = "trunk";
        const auto done = c.write(there, {}, first, local());
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        CHECK_EQ(shell(folder.path() / "there.git", "git rev-list --count trunk"), "1");
        REQUIRE(c.write(there, {}, change(what::add, "b"), local()).has_value());
        CHECK_EQ(shell(folder.path() / "there.git", "git rev-list --count trunk"), "2");
    }

    TEST_CASE("over HTTP with a password, which is in no process list, environment, file or error") {
        const test::server git("runner/native/servers/git_server.py");
        fill(git.folder() / "repos/there.git");
        shell(git.folder() / "repos/there.git", "git config http.receivepack true");
        test::temp_dir data;
        const source::project_clone c(data.path(), 1, "web");
        const std::string url = "http://127.0.0.1:" + git.port() + "/there.git";
        const auto done = c.write(url, login("ana", "pass word 0123"), change(what::add, "x.txt"));
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        CHECK_EQ(shell(git.folder() / "repos/there.git", "git show main:x.txt"), "new");
        const std::string processes = read_file(git.folder() / "processes");
        REQUIRE(has(processes, "push"));
        for (const std::string secret : {"pass word 0123", "pass%20word", "YW5hOnBhc3Mgd29yZCAwMTIz"}) {
            CHECK_FALSE(has(processes, secret));
            CHECK_FALSE(has(read_file(git.folder() / "environments"), secret));
            CHECK_EQ(shell(data.path(), "grep -rlF '" + secret + "' . || true"), "");
        }
        shell(git.folder() / "repos/there.git", "git config http.receivepack false");
        CHECK(code(c.write(url, login("ana", "pass word 0123"), change(what::add, "y.txt"))) == errc::denied);
    }
}
