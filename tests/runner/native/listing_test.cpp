// SPDX-License-Identifier: Apache-2.0
#include "runner/native/listing.hpp"

#include "runner/native/new_file.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

using latchkey::native::is_safe_name;
using latchkey::native::new_file;
using latchkey::native::read_listing;
using latchkey::native::remote_kind;

TEST_SUITE("native.listing") {
    TEST_CASE("a listing: each name has the kind of its own line, whatever blanks and arrows the names hold") {
        const auto all =
            read_listing("a b\nb\nx -> y\nlink\n.\n..\nunknown\n",
                         "drwxr-xr-x 2 r r 1 Nov 25 04:00 a b\n-rw-r--r-- 1 r r 1 Nov 25 04:00 b\r\n"
                         "-rw-r--r-- 1 r r 1 Nov 25 04:00 x -> y\nlrwxrwxrwx 1 r r 1 Nov 25 04:00 link -> b\n");
        REQUIRE_EQ(all.size(), 5);
        CHECK_EQ(all[0].name, "a b");
        CHECK(all[0].kind == remote_kind::folder);
        CHECK(all[1].kind == remote_kind::file);
        CHECK(all[2].kind == remote_kind::file);
        CHECK(all[3].kind == remote_kind::other);
        CHECK_EQ(all[4].name, "unknown");
        CHECK(all[4].kind == remote_kind::file);
    }

    TEST_CASE("a name that leads out of a folder, or to what git obeys, is no safe name") {
        for (const char* name : {"", ".", "..", "a/b", "/a", ".git", ".GIT", ".git.", ".git ", "bell\a", "line\n"})
            CHECK_FALSE(is_safe_name(name));
        for (const char* name : {"a", "..a", ".gitignore", "a b", "-f", "\xc3\xb6"}) CHECK(is_safe_name(name));
        CHECK_FALSE(is_safe_name(std::string(256, 'a')));
    }

    TEST_CASE(
        "a new file appears when it is kept, replaces only if it may, and leaves nothing where it is not kept") {
        const latchkey::test::temp_dir folder;
        {
            auto left = new_file::create(folder.path(), "sub/a.txt");
            REQUIRE(left.has_value());
            CHECK(left->write("half"));
            CHECK_FALSE(std::filesystem::exists(folder.path() / "sub/a.txt"));
        }
        CHECK(std::filesystem::is_empty(folder.path() / "sub"));
        for (const std::string text : {"one", "two"}) {
            auto made = new_file::create(folder.path(), "sub/a.txt");
            REQUIRE(made.has_value());
            CHECK(made->write(text));
            const auto kept = made->keep(false);
            REQUIRE(kept.has_value());
            CHECK((*kept == new_file::outcome::kept) == (text == "one"));
        }
        CHECK_EQ(latchkey::test::read_file(folder.path() / "sub/a.txt"), "one");
        auto again = new_file::create(folder.path(), "sub/a.txt");
        REQUIRE(again.has_value());
        CHECK(again->write("three"));
        CHECK(again->keep(true).has_value());
        CHECK_EQ(latchkey::test::read_file(folder.path() / "sub/a.txt"), "three");
        CHECK_FALSE(new_file::create(folder.path(), "sub/../../b").has_value());
        CHECK_FALSE(new_file::create(folder.path(), "sub/a.txt/b").has_value());
    }
}
