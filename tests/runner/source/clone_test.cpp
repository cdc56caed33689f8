// SPDX-License-Identifier: Apache-2.0
//
// Clones of real repositories: from a folder.
#include "runner/source/clone.hpp"

#include "runner/source/changes.hpp"
#include "runner/source/filesystem.hpp"
#include "tests/runner/source/clone_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <unistd.h>

using namespace latchkey;
using namespace latchkey::test;
using source::project_clone;

TEST_SUITE("source.clone") {
    TEST_CASE("from a folder: branches, tags, the default branch and commits are those that are there") {
        const local_world w;
        const auto done = w.c.fetch(w.there.string(), {}, local());
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        CHECK_EQ(text(w.c.default_branch()), "main");
        for (const char* name : {"refs/heads/main", "main", "HEAD", ":default", "", "v2", "refs/tags/v3"})
            CHECK_EQ(text(w.c.commit_of(name)), w.at("rev-parse main"));
        CHECK_EQ(text(w.c.commit_of("feature/x")), w.at("rev-parse v1"));
        CHECK_EQ(text(w.c.commit_of(w.at("rev-parse v1"))), w.at("rev-parse v1"));
        CHECK_EQ(text(w.c.commit_of(w.at("rev-parse --short=8 v1"))), w.at("rev-parse v1"));
        CHECK_EQ(text(w.c.commit_of(w.at("rev-parse v3"))), w.at("rev-parse main"));  // the tag's own number
        const auto refs = w.c.refs();
        REQUIRE(refs.has_value());
        std::string all;
        for (const auto& r : *refs) all += r.name + " " + (r.commit == w.at("rev-parse v1") ? "1" : "2") + "\n";
        CHECK_EQ(all, "refs/heads/feature/x 1\nrefs/heads/main 2\nrefs/tags/v1 1\nrefs/tags/v2 2\nrefs/tags/v3 2\n");
        for (const char* name : {"nothing", "refs/heads/nothing", "refs/tags/tree", "main~1", "refs/heads/main~1",
                                 "refs/heads/main:a.txt", "-h", "--all", "refs/latchkey/pull/7/head", "@{-1}",
                                 "0123456789012345678901234567890123456789", "a..b", "refs/heads/../../x"})
            CHECK(code(w.c.commit_of(name)) == errc::not_found);
    }

    TEST_CASE("what went there goes here, a moved default branch is followed, and old commits can still be read") {
        const local_world w;
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        const std::string old = w.at("rev-parse main");
        w.at(
            "update-ref refs/heads/main v1 && git branch -D feature/x -q && git update-ref refs/heads/feature v1 && "
            "git tag -d v2 v3 >/dev/null && git branch next v1 && git symbolic-ref HEAD refs/heads/next");
        const auto again = w.c.fetch(w.there.string(), {}, local());
        REQUIRE_MESSAGE(again.has_value(), again.error().what);
        CHECK_EQ(text(w.c.default_branch()), "next");
        CHECK_EQ(text(w.c.commit_of("feature")), w.at("rev-parse v1"));
        CHECK(code(w.c.commit_of("feature/x")) == errc::not_found);
        CHECK(code(w.c.commit_of("v2")) == errc::not_found);
        // No branch leads to it: nobody can start a run of it, but one that is there can be tried again.
        CHECK(code(w.c.commit_of(old)) == errc::not_found);
        CHECK_EQ(text(w.c.file_at(old, "a.txt")), "two\n");
    }

    TEST_CASE("the head of a pull request: fetched when asked for, and never the project's own commit") {
        const local_world w;
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        CHECK(code(w.c.commit_of("refs/pull/7/head")) == errc::not_found);
        auto o = local();
        o.also = {"refs/pull/7/head"};
        REQUIRE(w.c.fetch(w.there.string(), {}, o).has_value());
        const std::string fork = w.at("rev-parse refs/pull/7/head");
        CHECK_EQ(text(w.c.commit_of("refs/pull/7/head")), fork);
        CHECK(code(w.c.commit_of(fork)) == errc::not_found);
        CHECK(code(w.c.commit_of(fork.substr(0, 10))) == errc::not_found);
        o.also = {"refs/pull/8/head"};
        CHECK(code(w.c.fetch(w.there.string(), {}, o)) == errc::not_found);
        for (const char* name :
             {"refs/heads/main", "--upload-pack=id", "refs/pull/../heads/x", "refs/pull/*:refs/heads/*"}) {
            o.also = {name};
            CHECK(code(w.c.fetch(w.there.string(), {}, o)) == errc::usage);
        }
    }

    TEST_CASE("a name of several: said, and each can be told by its whole name") {
        const local_world w;
        const std::string short_id = w.at("rev-parse --short=9 v1");
        w.at("update-ref refs/heads/v1 main && git update-ref refs/heads/" + short_id +
             " main && git update-ref refs/heads/" + w.at("rev-parse v1") + " main");
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        CHECK(code(w.c.commit_of("v1")) == errc::conflict);
        CHECK(code(w.c.commit_of(short_id)) == errc::conflict);
        CHECK_EQ(text(w.c.commit_of("refs/tags/v1")), w.at("rev-parse v1"));
        CHECK_EQ(text(w.c.commit_of("refs/heads/v1")), w.at("rev-parse main"));
        // Forty figures are a commit's, whatever somebody names a branch.
        CHECK_EQ(text(w.c.commit_of(w.at("rev-parse refs/tags/v1"))), w.at("rev-parse refs/tags/v1"));
    }

    TEST_CASE("files of a commit: bounded, no link followed, exact bytes") {
        const local_world w;
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        const std::string v1 = w.at("rev-parse v1");
        CHECK_EQ(text(w.c.file_at(v1, "a.txt")), "one\n");
        CHECK_EQ(text(w.c.file_at(v1, ".buddy/p.yml")), "pipeline: p\n");
        CHECK(code(w.c.file_at(v1, "a.txt", 3)) == errc::refused);
        CHECK(code(w.c.file_at(v1, "link")) == errc::refused);
        CHECK(code(w.c.file_at(v1, ".buddy")) == errc::refused);
        for (const char* path :
             {"folder/p.yml", "nothing", "*", "../a.txt", ".buddy/../a.txt", "--help", ":(top)a.txt"})
            CHECK(w.c.file_at(v1, path).has_error());
        for (const char* commit : {"main", "HEAD", "--help", "", "v1"})
            CHECK(code(w.c.file_at(commit, "a.txt")) == errc::not_found);
        const auto yml = [](std::string_view p) { return p.ends_with(".yml"); };
        const auto files = w.c.files_at(v1, ".buddy", yml);
        REQUIRE(files.has_value());
        CHECK(files->whole);
        REQUIRE_EQ(files->files.size(), 2);
        CHECK(files->files[0] == std::pair<std::string, std::string>(".buddy/actions/x/action.yml", "x\n"));
        CHECK_EQ(files->files[1].first, ".buddy/p.yml");
        CHECK_EQ(w.c.files_at(v1, "", [](auto) { return true; })->files.size(), 3);
        CHECK(w.c.files_at(v1, "folder", yml)->files.empty());
        CHECK(w.c.files_at(v1, "nothing", yml)->files.empty());
        source::file_limits few;
        few.files = 1;
        CHECK_FALSE(w.c.files_at(v1, ".buddy", yml, few)->whole);
        few = {};
        few.each = 3;
        CHECK_FALSE(w.c.files_at(v1, ".buddy", yml, few)->whole);
    }

    TEST_CASE("it is a repository for a pipeline's filesystem and for changes") {
        const local_world w;
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        auto files = source::filesystem::take(w.data, 3, w.c.path());
        REQUIRE(files.has_value());
        std::vector<std::string> notes;
        const auto done = files->check_out(w.at("rev-parse v1"), false, notes);
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        CHECK_EQ(read_file(files->path() / "a.txt"), "one\n");
        REQUIRE(files->check_out(w.at("rev-parse main"), false, notes).has_value());
        CHECK_EQ(read_file(files->path() / "a.txt"), "two\n");
        CHECK(notes.empty());
        const auto changes =
            source::changes_since({w.c.path(), w.at("rev-parse main"), w.at("rev-parse v1"), false, false});
        REQUIRE(changes.has_value());
        CHECK_EQ(changes->files.size(), 1);
        CHECK(changes->files.contains("a.txt"));
    }

    TEST_CASE("what was killed half-way is made anew, and its locks are no obstacle") {
        const local_world w;
        fs::create_directories(w.data / "repositories/5.new/objects");
        test::write_file(w.data / "repositories/5.new/HEAD", "nonsense");
        fs::create_directories(w.data / "repositories/5/web/objects");  // without a HEAD it is none
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        CHECK_EQ(text(w.c.commit_of("main")), w.at("rev-parse main"));
        CHECK_FALSE(fs::exists(w.data / "repositories/5.new"));
        for (const char* left :
             {"packed-refs.lock", "HEAD.lock", "refs/heads/main.lock", "objects/pack/tmp_pack_x"}) {
            fs::create_directories((w.c.path() / left).parent_path());
            test::write_file(w.c.path() / left, "");
        }
        w.at("update-ref refs/heads/main v1 && git symbolic-ref HEAD refs/heads/feature/x");
        const auto again = w.c.fetch(w.there.string(), {}, local());
        REQUIRE_MESSAGE(again.has_value(), again.error().what);
        CHECK_EQ(text(w.c.commit_of("main")), w.at("rev-parse v1"));
        CHECK_EQ(text(w.c.default_branch()), "feature/x");
        CHECK_FALSE(fs::exists(w.c.path() / "objects/pack/tmp_pack_x"));
        REQUIRE(w.c.remove().has_value());
        CHECK_FALSE(fs::exists(w.c.path()));
        CHECK(w.c.default_branch().has_error());
    }

    TEST_CASE("many fetches at once: each waits for the one before, and all are good") {
        const local_world w;
        std::vector<std::string> errors(6);
        {
            std::vector<std::jthread> all;
            for (std::string& error : errors)
                all.emplace_back([&w, &error] {
                    if (const auto done = project_clone(w.data, 5, "web").fetch(w.there.string(), {}, local()); !done)
                        error = done.error().what;
                });
        }
        for (const std::string& error : errors) CHECK_EQ(error, "");
        CHECK_EQ(text(w.c.commit_of("main")), w.at("rev-parse main"));
    }

    TEST_CASE("fewer commits where asked, all of them later, and what is whole stays whole") {
        const local_world w;
        auto o = local();
        o.depth = 1;
        REQUIRE(w.c.fetch(w.there.string(), {}, o).has_value());
        const auto count = [&] { return shell(w.c.path(), "git rev-list --count main"); };
        CHECK_EQ(count(), "1");
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        CHECK_EQ(count(), "2");
        REQUIRE(w.c.fetch(w.there.string(), {}, o).has_value());
        CHECK_EQ(count(), "2");
    }

    TEST_CASE("a renamed project: its clone goes along, and is found by the old name, too") {
        const local_world w;
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        const std::string old = w.at("rev-parse main");
        w.at("update-ref refs/heads/main v1");
        const project_clone renamed(w.data, 5, "shop");
        REQUIRE(renamed.fetch(w.there.string(), {}, local()).has_value());
        CHECK_EQ(renamed.path().filename(), "shop");
        CHECK_EQ(text(renamed.file_at(old, "a.txt")), "two\n");
        CHECK_EQ(text(w.c.file_at(old, "a.txt")), "two\n");
        const project_clone again(w.data, 5, "web");
        REQUIRE(again.fetch(w.there.string(), {}, local()).has_value());
        CHECK_EQ(text(again.commit_of("main")), w.at("rev-parse v1"));
        for (const char* name : {"..", "../x", ".", "", "-x", "a/b"})
            CHECK_EQ(project_clone(w.data, 5, name).path().filename(), "repository");
    }

    TEST_CASE("a commit of a ref: only what that ref leads to") {
        const local_world w;
        auto o = local();
        o.also = {"refs/pull/7/head"};
        REQUIRE(w.c.fetch(w.there.string(), {}, o).has_value());
        const std::string first = w.at("rev-parse v1");
        const std::string second = w.at("rev-parse main");
        const std::string fork = w.at("rev-parse refs/pull/7/head");
        CHECK_EQ(text(w.c.commit_in("refs/heads/main", first)), first);
        CHECK_EQ(text(w.c.commit_in("refs/heads/main", second.substr(0, 12))), second);
        CHECK_EQ(text(w.c.commit_in("refs/pull/7/head", fork.substr(0, 12))), fork);
        CHECK_EQ(text(w.c.commit_in("refs/tags/v3", w.at("rev-parse v2"))), second);
        CHECK(code(w.c.commit_in("refs/heads/feature/x", second)) == errc::not_found);
        CHECK(code(w.c.commit_in("refs/heads/main", fork)) == errc::not_found);
        for (const char* id : {"main", "HEAD", "", "v1", "--help", "abc"})
            CHECK(code(w.c.commit_in("refs/heads/main", id)) == errc::not_found);
        const auto paths = w.c.paths_at(first, ".buddy");
        REQUIRE(paths.has_value());
        CHECK(*paths == std::vector<std::string>{".buddy/actions/x/action.yml", ".buddy/p.yml"});
        CHECK(code(w.c.paths_at(first, "", 2)) == errc::refused);
        CHECK(w.c.paths_at(first, "folder")->empty());
    }

    TEST_CASE("submodules: fetched from where they are, relative and nested, and checked out at their commits") {
        const local_world w;
        test::temp_dir work;
        shell(w.folder.path(), "git init -q -b main --bare lib.git && git init -q -b main --bare deep.git");
        shell(
            work.path(),
            "git init -q -b main deep && cd deep && echo deep >d && git add . && git commit -qm d && git push -q '" +
                (w.folder.path() / "deep.git").string() + "' main");
        const std::string allowed = "git -c protocol.file.allow=always submodule --quiet add ";
        shell(work.path(), "git clone -q '" + (w.folder.path() / "lib.git").string() +
                               "' lib 2>/dev/null; cd lib && git checkout -q -b main && echo lib >l && " + allowed +
                               "../deep.git inner && git add . && git commit -qm l && git push -q origin main");
        shell(work.path(), "git clone -q '" + w.there.string() + "' top && cd top && " + allowed +
                               "../lib.git libs/lib && git commit -qm sub && git push -q origin main");
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        const std::string commit = w.at("rev-parse main");
        const auto done = w.c.fetch_submodules(w.there.string(), commit, {}, local());
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        auto files = source::filesystem::take(w.data, 3, w.c.path());
        REQUIRE(files.has_value());
        std::vector<std::string> notes;
        const auto out = files->check_out(commit, false, notes);
        REQUIRE_MESSAGE(out.has_value(), out.error().what);
        CHECK(notes.empty());
        CHECK_EQ(read_file(files->path() / "libs/lib/l"), "lib\n");
        CHECK_EQ(read_file(files->path() / "libs/lib/inner/d"), "deep\n");
        // Once they are there nobody is asked again.
        fs::rename(w.folder.path() / "lib.git", w.folder.path() / "gone.git");
        CHECK(w.c.fetch_submodules(w.there.string(), commit, {}, local()).has_value());
        CHECK(code(w.c.fetch_submodules(w.there.string(), commit, {})) == errc::refused);
    }

    TEST_CASE(
        "submodules with an address that a file must not name: refused, and nothing is started or made elsewhere") {
        const local_world w;
        for (const std::string url :
             {"ext::touch x", "-u", "file:///etc", "http://127.0.0.1:1/x", "/etc", "--upload-pack=id"}) {
            CAPTURE(url);
            test::temp_dir work;
            shell(work.path(),
                  "git clone -q '" + w.there.string() +
                      "' . && printf '[submodule \"x\"]\\n\\tpath = sub\\n\\turl = " + url +
                      "\\n' >.gitmodules && git update-index --add --cacheinfo 160000,$(git rev-parse v1),sub && git "
                      "add .gitmodules && git commit -qm x && git push -qf origin HEAD:main");
            REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
            const std::string commit = w.at("rev-parse main");
            const std::string https = "https://git.acme.test/a/b.git";
            CHECK(w.c.fetch_submodules(https, commit, {}, local()).has_error());
            CHECK(w.c.fetch_submodules(https, commit, {}).has_error());
        }
        CHECK_EQ(source::module_folder("/d/1/web", "..").string(), "/d/1/web.modules/at%..");
        CHECK_EQ(source::module_folder("/d/1/web", "../../x").string(), "/d/1/web.modules/at%..%..%x");
    }

    TEST_CASE("an empty repository: fetched, and it has no branch") {
        const local_world w;
        shell(w.folder.path(), "git init -q --bare empty.git");
        const project_clone c(w.data, 6, "x");
        const auto done = c.fetch((w.folder.path() / "empty.git").string(), {}, local());
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        CHECK(code(c.default_branch()) == errc::not_found);
        CHECK(code(c.commit_of("HEAD")) == errc::not_found);
        CHECK(c.refs()->empty());
    }

    TEST_CASE("too large: stopped while it comes, and nothing is left in its place") {
        const local_world w;
        test::temp_dir big;
        shell(big.path(),
              "git init -q -b main . && head -c 3000000 /dev/urandom >big && git add . && git commit -qm big && "
              "git push -q '" +
                  w.there.string() + "' main:big");
        auto o = local();
        o.most_bytes = 1'000'000;
        const auto done = w.c.fetch(w.there.string(), {}, o);
        REQUIRE(done.has_error());
        CAPTURE(done.error().what);
        CHECK(code(done) == errc::refused);
        CHECK(has(done.error().what, "larger than it may be"));
        CHECK_FALSE(fs::exists(w.c.path()));
        CHECK_EQ(w.c.fetch(w.there.string(), {}, local()).has_value(), true);
        CHECK(code(w.c.fetch(w.there.string(), {}, o)) == errc::refused);
    }

    TEST_CASE("many packs become one, and commits that no branch leads to stay") {
        const local_world w;
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        const std::string old = w.at("rev-parse main");
        test::temp_dir work;
        shell(work.path(), "git clone -q '" + w.there.string() + "' . && git reset -q --hard v1");
        for (int i = 0; i < 42; ++i) {
            shell(work.path(), "echo " + std::to_string(i) +
                                   " >b && git add b && git commit -qm x && git push -qf origin HEAD:main");
            REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        }
        CHECK_LT(std::stoi(shell(w.c.path(), "ls objects/pack/*.pack | wc -l")), 10);
        CHECK_EQ(text(w.c.file_at(old, "a.txt")), "two\n");
    }

    TEST_CASE("a folder is read only where the server allows it, and only a repository") {
        const local_world w;
        CHECK(code(w.c.fetch(w.there.string(), {})) == errc::refused);
        CHECK(code(w.c.fetch("file://" + w.there.string(), {})) == errc::refused);
        CHECK(code(w.c.fetch("/etc", {}, local())) == errc::not_found);
    }

    TEST_CASE("nothing that the repository there, or this machine's user, configures is started") {
        const local_world w;
        const fs::path evil = w.folder.path() / "evil.sh";
        test::write_file(evil, "#!/bin/sh\ntouch " + (w.folder.path() / "started").string() + "\n");
        fs::permissions(evil, fs::perms::owner_all);
        for (const char* key : {"uploadpack.packObjectsHook", "core.fsmonitor", "core.sshCommand", "core.askPass"})
            w.at(std::string("config ") + key + " '" + evil.string() + "'");
        fs::create_directories(w.folder.path() / "home");
        test::write_file(w.folder.path() / "home/.gitconfig",
                         "[core]\n\thooksPath = " + w.folder.path().string() + "\n\tfsmonitor = " + evil.string() +
                             "\n[uploadpack]\n\tpackObjectsHook = " + evil.string() +
                             "\n[url \"/nowhere\"]\n\tinsteadOf = file://\n");
        fs::copy_file(evil, w.folder.path() / "reference-transaction");
        const std::string home = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "/";
        ::setenv("HOME", (w.folder.path() / "home").c_str(), 1);
        const auto done = w.c.fetch(w.there.string(), {}, local());
        const auto commit = w.c.commit_of("main");
        ::setenv("HOME", home.c_str(), 1);
        REQUIRE_MESSAGE(done.has_value(), done.error().what);
        CHECK(commit.has_value());
        CHECK_FALSE(fs::exists(w.folder.path() / "started"));
    }

    TEST_CASE(
        "a message of twenty megabytes keeps nobody from reading the others, and none ends within a character") {
        const local_world w;
        const std::string first = w.at("rev-parse main");
        shell(w.folder.path(),
              "git clone -q there.git work && cd work && (printf 'large '; head -c 20000000 /dev/zero | tr '\\0' x) "
              ">../message && git commit -q --allow-empty -F ../message && git commit -q --allow-empty -m "
              "'\xc3\xa4\xc3\xa4\xc3\xa4' && git push -q origin main");
        REQUIRE(w.c.fetch(w.there.string(), {}, local()).has_value());
        const std::string head = w.at("rev-parse main");
        const auto all = w.c.history_of(head, 0, 10);
        REQUIRE_MESSAGE(all.has_value(), all.error().what);
        REQUIRE_EQ(all->size(), 4);
        CHECK_EQ(all->at(0).message, "\xc3\xa4\xc3\xa4\xc3\xa4");
        CHECK(all->at(1).message.starts_with("large xxx"));
        CHECK(all->at(1).message.size() <= 1'000);
        CHECK_EQ(all->at(1).parents, std::vector<std::string>{first});
        CHECK_EQ(all->at(1).author_name, "Ana");
        CHECK_EQ(all->at(2).id, first);
        CHECK_EQ(all->at(2).message, "second");
        CHECK_EQ(w.c.history_of(head, 0, 1, 3).value().front().message, "\xc3\xa4");
        CHECK(text(w.c.subject_of(all->at(1).id)).starts_with("large xxx"));
    }
}
