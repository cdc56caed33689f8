// SPDX-License-Identifier: Apache-2.0
//
// WEB_DAV, COPY_FILES, CLEAR_CACHE and SPLIT_TESTS with the real program.
#include "tests/runner/cli/session.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/server.hpp"

#include <doctest/doctest.h>

using latchkey::test::read_file;
using latchkey::test::said;
using latchkey::test::server;
using latchkey::test::session;

namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

said run_one(const session& s, const std::string& type, const std::string& keys, const std::string& after = "") {
    s.write("buddy.yml", "- pipeline: p\n  actions:\n    - action: A\n      type: " + type + "\n" + keys + after);
    return s.latchkey({"run", "--backend", "host"});
}

std::string log_of(const session& s, const std::string& run) {
    return s.latchkey({"logs", run}).out;
}

}  // namespace

TEST_SUITE("cli.native_folders") {
    TEST_CASE("WEB_DAV: folders are made, files arrive, excludes stay, and a wrong password is said without it") {
        const server dav("runner/native/servers/web_dav.sh");
        const session s;
        s.write("dist/index.html", "hello\n");
        s.write("dist/sub dir/a&b #1.txt", std::string(2'000'000, 'x'));
        s.write("dist/left.log", "out\n");
        fs::create_symlink("/etc/passwd", s.project() / "dist/passwd");
        const auto send = [&](const std::string& password) {
            return run_one(
                       s, "WEB_DAV",
                       "      web_dav_url: http://127.0.0.1:" + dav.port() +
                           "\n      login: ana\n      password: " + password +
                           "\n      local_path: dist\n      remote_path: /www/new site\n      deployment_excludes: "
                           "['*.log']\n")
                .code;
        };
        CHECK_EQ(send("pass word 0123"), 0);
        CAPTURE(log_of(s, "1"));
        CHECK_EQ(read_file(dav.folder() / "files/www/new site/index.html"), "hello\n");
        CHECK_EQ(read_file(dav.folder() / "files/www/new site/sub dir/a&b #1.txt").size(), 2'000'000);
        CHECK_FALSE(fs::exists(dav.folder() / "files/www/new site/left.log"));
        CHECK_FALSE(fs::exists(dav.folder() / "files/www/new site/passwd"));
        s.write("dist/index.html", "again\n");
        CHECK_EQ(send("pass word 0123"), 0);
        CHECK_EQ(read_file(dav.folder() / "files/www/new site/index.html"), "again\n");
        CHECK_EQ(send("wrong word 99"), 1);
        CHECK(has(log_of(s, "3"), "the server refuses the login"));
        CHECK_FALSE(has(log_of(s, "3"), "wrong word 99"));
    }

    TEST_CASE("COPY_FILES: to another folder with modes, without hidden files, excludes and links") {
        const session s;
        s.write("site/run.sh", "#!/bin/sh\n");
        s.write("site/sub/a.txt", "a\n");
        s.write("site/sub/a.log", "out\n");
        s.write("site/.env", "hidden\n");
        fs::permissions(s.project() / "site/run.sh", fs::perms(0755));
        fs::create_symlink("/etc/passwd", s.project() / "site/passwd");
        const std::string keys =
            "      source_path: /site\n      target_path: out/there\n      deployment_excludes: ['*.log']\n";
        CHECK_EQ(run_one(s, "COPY_FILES", keys).code, 0);
        CAPTURE(log_of(s, "1"));
        CHECK(has(log_of(s, "1"), "2 files copied"));
        CHECK_EQ(fs::status(s.project() / "out/there/run.sh").permissions(), fs::perms(0755));
        CHECK_EQ(read_file(s.project() / "out/there/sub/a.txt"), "a\n");
        CHECK_FALSE(fs::exists(s.project() / "out/there/.env"));
        CHECK_FALSE(fs::exists(s.project() / "out/there/passwd"));
        CHECK_EQ(run_one(s, "COPY_FILES", keys + "      copy_hidden_files: true\n      source_project: shop\n").code,
                 0);
        CHECK_EQ(read_file(s.project() / "out/there/.env"), "hidden\n");
    }

    TEST_CASE("COPY_FILES: into itself, through a link, and of another project") {
        const session s;
        s.write("a.txt", "a\n");
        s.write("sub/b.txt", "b\n");
        CHECK_EQ(run_one(s, "COPY_FILES", "      source_path: /\n      target_path: /\n").code, 0);
        CHECK(has(log_of(s, "1"), "nothing to copy"));
        for (int round = 0; round < 2; ++round)
            CHECK_EQ(run_one(s, "COPY_FILES", "      source_path: /\n      target_path: copy\n").code, 0);
        CHECK_EQ(read_file(s.project() / "copy/sub/b.txt"), "b\n");
        CHECK_FALSE(fs::exists(s.project() / "copy/copy"));
        fs::create_directory(s.project() / "out");
        fs::create_directory_symlink(s.project() / "..", s.project() / "out/sub");
        CHECK_EQ(run_one(s, "COPY_FILES", "      source_path: /\n      target_path: out\n").code, 1);
        CHECK(has(log_of(s, "4"), "\"sub\" on its way is a link, or no folder"));
        CHECK_FALSE(fs::exists(s.project() / "../b.txt"));
        CHECK_EQ(run_one(s, "COPY_FILES", "      source_path: ../..\n      target_path: out\n").code, 1);
        CHECK_EQ(run_one(s, "COPY_FILES", "      source_project_name: bank\n      source_path: /\n").code, 1);
        CHECK(has(log_of(s, "6"), "names the project bank"));
    }

    TEST_CASE("CLEAR_CACHE: what cached_dirs kept is gone, and nothing else") {
        const session s;
        s.write("mine", "x");
        s.write("buddy.yml",
                "- pipeline: p\n  actions:\n    - {action: B, type: BUILD, cached_dirs: [/var/cache/mine], "
                "execute_commands: "
                "['true']}\n");
        REQUIRE_EQ(s.latchkey({"run", "--backend", "host"}).code, 0);
        fs::path cache;
        for (const auto& entry : fs::recursive_directory_iterator(s.data() / "latchkey/caches"))
            if (entry.path().filename() == "var%cache%mine") cache = entry.path();
        REQUIRE_FALSE(cache.empty());
        fs::create_directory_symlink(s.project(), cache / "link");
        CHECK_EQ(run_one(s, "CLEAR_CACHE", "      cache_types: [DOCKER, FILE_SYSTEM, SERVICES]\n").code, 0);
        CHECK(fs::exists(cache));
        CHECK_EQ(run_one(s, "CLEAR_CACHE", "      cache_types: [ADDITIONAL]\n").code, 0);
        CAPTURE(log_of(s, "3"));
        CHECK(has(log_of(s, "3"), "1 folder of cached_dirs removed"));
        CHECK_FALSE(fs::exists(cache));
        CHECK(fs::exists(s.project() / "mine"));
        CHECK_EQ(run_one(s, "CLEAR_CACHE", "      cache_types: [ALL]\n").code, 1);
    }

    TEST_CASE("SPLIT_TESTS: groups by number and by size, as variables of the actions after it") {
        const session s;
        for (const std::string name : {"a.js", "b.js", "sub/c.js", "d.ts", "e.css"}) s.write("tests/" + name, "x");
        s.write("tests/a.js", std::string(1000, 'x'));
        const std::string use =
            "    - {action: B, type: BUILD, execute_commands: ['echo \"[$BUDDY_SPLIT_1] [$BUDDY_SPLIT_2]\"']}\n";
        auto groups = [&, run = 0](const std::string& keys) mutable {
            CHECK_EQ(run_one(s, "SPLIT_TESTS", keys, use).code, 0);
            const std::string log = log_of(s, std::to_string(++run));
            const std::size_t at = log.find('[');
            return log.substr(at, log.find('\n', at) - at);
        };
        CHECK_EQ(groups("      source_path: '/tests/**/*.{js,ts}'\n      groups_count: 2\n"),
                 "[tests/a.js tests/b.js] [tests/d.ts tests/sub/c.js]");
        CHECK_EQ(
            groups(
                "      source_path: '/tests/**/*.{js,ts}'\n      groups_count: 2\n      files_order: BY_FILE_SIZE\n"),
            "[tests/a.js] [tests/b.js tests/d.ts tests/sub/c.js]");
        CHECK_EQ(groups("      source_path: 'tests/*.js'\n      groups_count: 2\n"), "[tests/a.js] [tests/b.js]");
        CHECK_EQ(groups("      source_path: /tests/sub\n      groups_count: 2\n"), "[tests/sub/c.js] []");
        s.write("list", "tests/b.js\ntests/a.js\n");
        CHECK_EQ(groups("      source_path: list\n      groups_count: 2\n"), "[tests/a.js] [tests/b.js]");
        CHECK_EQ(run_one(s, "SPLIT_TESTS", "      source_path: tests\n      groups_count: 1\n").code, 1);
        CHECK_EQ(run_one(s, "SPLIT_TESTS", "      source_path: '*.none'\n      groups_count: 2\n").code, 1);
        CHECK(has(log_of(s, "7"), "source_path names no files"));
        s.write("tests/a b.js", "x");
        CHECK_EQ(run_one(s, "SPLIT_TESTS", "      source_path: 'tests/*.js'\n      groups_count: 2\n").code, 1);
        CHECK(has(log_of(s, "8"), "holds a blank"));
    }
}
