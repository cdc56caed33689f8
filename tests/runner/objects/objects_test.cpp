// SPDX-License-Identifier: Apache-2.0
//
// One suite for every kind of object store: a folder, and a bucket on a real server.
#include "runner/objects/local_objects.hpp"
#include "tests/runner/objects/s3_world.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace latchkey;

namespace {

struct store_kind {
    const char* name;
    std::function<std::unique_ptr<objects::object_store>(const std::filesystem::path&, const std::string&)> make;
};

const store_kind kinds[] = {
    {"local", [](const std::filesystem::path& folder,
                 const std::string& name) { return objects::open_local_objects(folder / name).value(); }},
    {"s3", [](const std::filesystem::path&, const std::string& name) { return test::s3_bucket(name); }},
};

// Runs `body` for each kind, on a store of its own.
void on_each(const std::string& name,
             const std::function<void(objects::object_store&, const test::temp_dir&)>& body) {
    for (const store_kind& kind : kinds) {
        const test::temp_dir folder;
        CAPTURE(kind.name);
        const auto store = kind.make(folder / "objects", name);
        body(*store, folder);
    }
}

std::vector<std::string> keys_of(const std::vector<objects::object_store::object>& all) {
    std::vector<std::string> keys;
    for (const auto& one : all) keys.push_back(one.key);
    return keys;
}

using keys = std::vector<std::string>;

}  // namespace

TEST_SUITE("objects.store") {
    TEST_CASE("what was put is got, whole and in parts, and put anew") {
        on_each("parts", [](objects::object_store& o, const test::temp_dir& folder) {
            test::write_file(folder / "log", "0123456789");
            CHECK_EQ(o.put("logs/1/1/0.log", folder / "log").value(), 10);
            CHECK_EQ(o.get("logs/1/1/0.log", 0, 100).value(), "0123456789");
            CHECK_EQ(o.get("logs/1/1/0.log", 0, 10).value(), "0123456789");
            CHECK_EQ(o.get("logs/1/1/0.log", 0, 4).value(), "0123");
            CHECK_EQ(o.get("logs/1/1/0.log", 4, 3).value(), "456");
            CHECK_EQ(o.get("logs/1/1/0.log", 9, 3).value(), "9");
            CHECK_EQ(o.get("logs/1/1/0.log", 10, 3).value(), "");
            CHECK_EQ(o.get("logs/1/1/0.log", 1000, 3).value(), "");
            CHECK_EQ(o.get("logs/1/1/0.log", 2, 0).value(), "");
            test::write_file(folder / "log", "abc");
            CHECK_EQ(o.put("logs/1/1/0.log", folder / "log").value(), 3);
            CHECK_EQ(o.get("logs/1/1/0.log", 0, 100).value(), "abc");
        });
    }

    TEST_CASE("an empty file, and one of many blocks with every byte") {
        on_each("sizes", [](objects::object_store& o, const test::temp_dir& folder) {
            test::write_file(folder / "empty", "");
            CHECK_EQ(o.put("e", folder / "empty").value(), 0);
            CHECK_EQ(o.get("e", 0, 10).value(), "");
            std::string large;
            for (int i = 0; large.size() < 3'000'000; ++i) large += static_cast<char>(i * 31 + i / 256);
            test::write_file(folder / "large", large);
            CHECK_EQ(o.put("l", folder / "large").value(), large.size());
            CHECK(o.get("l", 0, large.size() + 5).value() == large);
            CHECK(o.get("l", 1'234'567, 1'000'000).value() == large.substr(1'234'567, 1'000'000));
        });
    }

    TEST_CASE("what is not there: reading says so, removing doesn't mind") {
        on_each("absent", [](objects::object_store& o, const test::temp_dir& folder) {
            CHECK(o.get("logs/9/1/0.log", 0, 1).error().code == errc::not_found);
            CHECK(o.remove("logs/9/1/0.log").has_value());
            CHECK(o.put("x", folder / "no such file").error().code == errc::not_found);
            CHECK(o.get("x", 0, 1).error().code == errc::not_found);
            test::write_file(folder / "log", "1");
            REQUIRE(o.put("logs/9/1/0.log", folder / "log").has_value());
            REQUIRE(o.put("logs/9/1/1.log", folder / "log").has_value());
            CHECK(o.remove("logs/9/1/0.log").has_value());
            CHECK(o.get("logs/9/1/0.log", 0, 1).error().code == errc::not_found);
            CHECK_EQ(o.get("logs/9/1/1.log", 0, 1).value(), "1");
        });
    }

    TEST_CASE("lists: by what keys begin with, in the order of bytes, a part at a time") {
        on_each("lists", [](objects::object_store& o, const test::temp_dir& folder) {
            CHECK(o.list("", "", 10).value().empty());
            test::write_file(folder / "log", "12345");
            for (const char* key : {"logs/2/1/0.log", "logs/10/1/0.log", "logs/1/2/0.log", "logs/1/1/10.log",
                                    "logs/1/1/2.log", "logsheet", "caches/1/a-b_C.d"})
                REQUIRE(o.put(key, folder / "log").has_value());
            CHECK_EQ(keys_of(o.list("", "", 100).value()),
                     keys{"caches/1/a-b_C.d", "logs/1/1/10.log", "logs/1/1/2.log", "logs/1/2/0.log",
                          "logs/10/1/0.log", "logs/2/1/0.log", "logsheet"});
            CHECK_EQ(o.list("", "", 1).value().front().size, 5);
            CHECK_EQ(keys_of(o.list("logs/1/", "", 100).value()),
                     keys{"logs/1/1/10.log", "logs/1/1/2.log", "logs/1/2/0.log"});
            CHECK_EQ(keys_of(o.list("logs/1", "", 2).value()), keys{"logs/1/1/10.log", "logs/1/1/2.log"});
            CHECK_EQ(keys_of(o.list("logs/1", "logs/1/1/2.log", 100).value()),
                     keys{"logs/1/2/0.log", "logs/10/1/0.log"});
            CHECK(o.list("logs/1/1/2.log", "logs/1/1/2.log", 100).value().empty());
            CHECK(o.list("other/", "", 100).value().empty());
        });
    }

    TEST_CASE("keys that would lead elsewhere are none") {
        on_each("keys", [](objects::object_store& o, const test::temp_dir& folder) {
            test::write_file(folder / "log", "1");
            for (const char* key : {"", "/", "a/", "/a", "a//b", "..", "a/../b", "a/.b", ".making/x", "a b", "ä",
                                    "a?b", "a%2fb", "a\nb"}) {
                CAPTURE(key);
                CHECK(o.put(key, folder / "log").error().code == errc::usage);
                CHECK(o.get(key, 0, 1).error().code == errc::usage);
                CHECK(o.remove(key).error().code == errc::usage);
            }
            CHECK(o.list("../", "", 10).error().code == errc::usage);
            CHECK(o.list("a", "..", 10).error().code == errc::usage);
        });
    }

    TEST_CASE("a link is no file to be put") {
        on_each("links", [](objects::object_store& o, const test::temp_dir& folder) {
            test::write_file(folder / "secret", "1");
            std::filesystem::create_symlink(folder / "secret", folder / "link");
            CHECK(o.put("x", folder / "link").has_error());
            CHECK(o.put("x", folder.path()).has_error());
            CHECK(o.get("x", 0, 1).error().code == errc::not_found);
        });
    }

    TEST_CASE("a folder's objects and what is above them are nobody else's") {
        const test::temp_dir folder;
        const auto o = objects::open_local_objects(folder / "a" / "b").value();
        test::write_file(folder / "log", "1");
        REQUIRE(o->put("logs/1", folder / "log").has_value());
        namespace fs = std::filesystem;
        CHECK(fs::status(folder / "a" / "b").permissions() == fs::perms::owner_all);
        CHECK(fs::status(folder / "a" / "b" / "logs").permissions() == fs::perms::owner_all);
        CHECK(fs::status(folder / "a" / "b" / "logs" / "1").permissions() ==
              (fs::perms::owner_read | fs::perms::owner_write));
        CHECK(fs::is_empty(folder / "a" / "b" / ".making"));
        CHECK_EQ(o->place(), "file:" + (folder / "a" / "b").string());
    }
}
